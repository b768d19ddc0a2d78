"""Hog -> JavaScript, for the inputs, filters and mappings of site functions (spec hog_language.md 10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hogapi.hog import ast
from hogapi.hog.compiler import refuse_hyphens
from hogapi.hog.errors import HogCompileError
from hogapi.hog.javascript_helpers import emit
from hogapi.hog.javascript_names import constant, text
from hogapi.hog.javascript_statements import Statements
from hogapi.hog.parser import parse_expression, parse_program, parse_template
from hogapi.hog.templates import MAX_NESTING

__all__ = ["Transpiled", "emit", "transpile_expression", "transpile_program", "transpile_template"]


@dataclass(frozen=True)
class Transpiled:
    """JavaScript and the names of the helpers that it calls; ``emit(stl)`` is their source.

    The code reads globals through ``__getGlobal(name)``, which its surroundings define.
    """

    code: str
    stl: frozenset[str]

    def stored(self) -> dict[str, Any]:
        """The form in which it is kept beside an input or in filters: ``{lang, code, stl}``."""
        return {"lang": "ts", "code": self.code, "stl": sorted(self.stl)}


def transpile_expression(expr: ast.Expr | str) -> Transpiled:
    """Return one expression as JavaScript. Raises HogSyntaxError (for text) and HogCompileError."""
    if isinstance(expr, str):
        return _locating(expr, lambda: transpile_expression(parse_expression(expr)))
    return _written(expr, lambda writer: writer.expr(expr))


def transpile_program(program: ast.Program | str) -> Transpiled:
    """Return a program as the statements of a function's body. Raises HogSyntaxError (for text) and HogCompileError."""
    if isinstance(program, str):
        return _locating(program, lambda: transpile_program(parse_program(program)))
    return _written(program, lambda writer: writer.block(program, 0))


def transpile_template(value: Any) -> Transpiled:
    """Return the value of a template (see ``templates``) as one expression.

    Raises HogSyntaxError and HogCompileError.
    """
    stl: set[str] = set()
    return Transpiled(_template(value, stl, 0), frozenset(stl))


def _template(value: Any, stl: set[str], level: int) -> str:
    if level > MAX_NESTING:
        raise HogCompileError(f"This is nested too deeply; at most {MAX_NESTING} levels are allowed")
    if isinstance(value, dict):
        parts = [f"[{text(str(key))}]: {_template(part, stl, level + 1)}" for key, part in value.items()]
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, list):
        return f"[{', '.join([_template(part, stl, level + 1) for part in value])}]"
    if not isinstance(value, str):
        return constant(value)
    transpiled = _locating(value, lambda: _text(value))
    stl |= transpiled.stl
    return transpiled.code


def _text(template: str) -> Transpiled:
    tree = parse_template(template)
    refuse_hyphens(tree)
    return transpile_expression(tree)


def _written(tree: ast.Node, write: Callable[[Statements], str]) -> Transpiled:
    writer = Statements()
    try:
        return Transpiled(write(writer), frozenset(writer.used))
    except RecursionError:
        raise HogCompileError("This is nested too deeply", start=tree.start, end=tree.end) from None


def _locating(source: str, transpile: Callable[[], Transpiled]) -> Transpiled:
    try:
        return transpile()
    except HogCompileError as error:
        error.locate(source)
        raise
