"""Syntax trees -> bytecode ``["_H", 1, ...]`` (spec hog_language.md 2, 3).

The emission equals that of the published compiler token for token, except where its output is broken: a missing
``else`` yields null, typed catches land where they should, ``for`` heads keep the stack even (spec 7.3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hogapi.hog import ast
from hogapi.hog.compiler_functions import NAMES
from hogapi.hog.compiler_statements import Statements
from hogapi.hog.errors import HogCompileError
from hogapi.hog.opcodes import HEADER, VERSION
from hogapi.hog.parser import parse_expression, parse_program
from hogapi.hog.visitor import walk


class UnknownFunctions(HogCompileError):
    """Calls of functions that neither the program, nor the standard library, nor the host defines."""

    def __init__(self, calls: Sequence[tuple[str, ast.Node]]) -> None:
        names = dict.fromkeys(name for name, _ in calls)
        first = calls[0][1]
        problems = ", ".join(f"Hog function `{name}` is not implemented" for name in names)
        super().__init__(problems, start=first.start, end=first.end)


def compile_program(
    program: ast.Program | str,
    *,
    supported_functions: frozenset[str] = frozenset(),
    refuse_unknown: bool = False,
) -> list[Any]:
    """Compile a program, given as a tree or as text.

    ``supported_functions`` are the names that the host offers beside the standard library. A call of any other
    name compiles, as it may be known where the program runs, unless ``refuse_unknown``.

    Raises HogSyntaxError (for text) and HogCompileError, of which UnknownFunctions is one; it has line and column if
    text was given.
    """
    if isinstance(program, str):
        return _locating(
            program,
            lambda: compile_program(
                parse_program(program), supported_functions=supported_functions, refuse_unknown=refuse_unknown
            ),
        )
    return _compile(lambda emitter: emitter.block(program), program, supported_functions, refuse_unknown)


def compile_expression(
    expr: ast.Expr | str,
    *,
    supported_functions: frozenset[str] = frozenset(),
    refuse_unknown: bool = False,
) -> list[Any]:
    """Compile one expression; its value is the result of the bytecode. Keywords and errors: ``compile_program``."""
    if isinstance(expr, str):
        return _locating(
            expr,
            lambda: compile_expression(
                parse_expression(expr), supported_functions=supported_functions, refuse_unknown=refuse_unknown
            ),
        )
    return _compile(lambda emitter: emitter.expr(expr), expr, supported_functions, refuse_unknown)


def refuse_hyphens(tree: ast.Node) -> None:
    """Raise HogCompileError for ``a.b-c``, which is meant as a name and means a subtraction (hog_functions.md 2.3).

    Only a dotted name, a minus without spaces and a single bare name count; ``a.b - c`` and ``a.b-c.d`` are allowed.
    """
    for node in walk(tree):
        if not isinstance(node, ast.ArithmeticOperation) or node.op != "-":
            continue
        left, right = node.left, node.right
        if (
            isinstance(left, ast.Field)
            and isinstance(right, ast.Field)
            and len(left.chain) >= 2
            and len(right.chain) == 1
            and right.start - left.end == 1
        ):
            owner = ".".join(str(part) for part in left.chain[:-1])
            raise HogCompileError(
                "Hyphens are not supported in identifiers and are interpreted as subtraction. "
                f"Use bracket notation: {owner}['{left.chain[-1]}-{right.chain[0]}']",
                start=node.start,
                end=node.end,
            )


def _compile(
    write: Callable[[Statements], None], tree: ast.Node, functions: frozenset[str], refuse_unknown: bool
) -> list[Any]:
    emitter = Statements(NAMES | functions)
    emitter.emit(HEADER, VERSION)
    try:
        write(emitter)
    except RecursionError:
        # Parsed trees are shallow enough; one built by code, or a caller's nearly full stack, may not be.
        raise HogCompileError("This is nested too deeply", start=tree.start, end=tree.end) from None
    if refuse_unknown and emitter.unknown_functions:
        raise UnknownFunctions(emitter.unknown_functions)
    return emitter.code


def _locating(source: str, compile_: Callable[[], list[Any]]) -> list[Any]:
    try:
        return compile_()
    except HogCompileError as error:
        error.locate(source)
        raise
