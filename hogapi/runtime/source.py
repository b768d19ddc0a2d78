"""From the Hog text of a function or a template to bytecode, with the checks that saving makes (hog_functions.md 2.3)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hogapi.api.errors import InvalidInput
from hogapi.hog import ast
from hogapi.hog.compiler import compile_expression, compile_program
from hogapi.hog.errors import HogCompileError, HogError, HogSyntaxError
from hogapi.hog.parser import parse_program, parse_template
from hogapi.hog.visitor import walk

MAX_SOURCE_BYTES = 100 * 1024
JAVASCRIPT_TYPES = frozenset({"site_destination", "site_app"})
_ASYNC_FUNCTIONS = {"destination": frozenset({"fetch", "postHogCapture"})}


class HyphenError(HogError):
    """A name was written with a hyphen, which reads as a subtraction."""


def compile_hog(source: str, *, type: str | None) -> list[Any]:
    """Return the bytecode of the program of a function of this type. Raises InvalidInput with attr ``hog``."""
    if len(source.encode("utf-8", "replace")) > MAX_SOURCE_BYTES:
        raise InvalidInput(
            "HOG code exceeds maximum size of 100KB. Please simplify your code or contact support if you need this "
            "limit increased.",
            attr="hog",
        )
    try:
        return _compile_program(source, _ASYNC_FUNCTIONS.get(type or "", frozenset()))
    except HyphenError as error:
        raise InvalidInput(error.message, attr="hog") from None
    except (HogSyntaxError, HogCompileError) as error:
        if isinstance(error, HogCompileError):
            error.locate(source)
        expected = getattr(error, "expected", None)
        extra = {"line": error.line, "column": error.column, **({"expected": expected} if expected else {})}
        place = f" Line {error.line}, column {error.column}:" if error.line is not None else ""
        raise InvalidInput(f"Hog code has errors.{place} {error.message}", attr="hog", extra=extra) from None
    except HogError as error:
        raise InvalidInput(f"Hog code has errors. {error.message}", attr="hog") from None


@lru_cache(maxsize=256)
def _compile_program(source: str, supported_functions: frozenset[str]) -> list[Any]:
    program = parse_program(source)
    _refuse_hyphens(program, source)
    return compile_program(program, supported_functions=supported_functions)


@lru_cache(maxsize=2048)
def compile_text(template: str) -> tuple[list[Any], frozenset[str]]:
    """Return the bytecode of a template text and the names of the inputs that it refers to. Raises HogError.

    Callers share the bytecode and must not change it.
    """
    tree = parse_template(template)
    _refuse_hyphens(tree, template)
    references = frozenset(
        str(node.chain[1])
        for node in walk(tree)
        if isinstance(node, ast.Field) and len(node.chain) > 1 and node.chain[0] == "inputs"
    )
    return compile_expression(tree), references


def _refuse_hyphens(tree: ast.Node, source: str) -> None:
    for node in walk(tree):
        if (
            isinstance(node, ast.ArithmeticOperation)
            and node.op == "-"
            and isinstance(node.left, ast.Field)
            and isinstance(node.right, ast.Field)
            and len(node.left.chain) >= 2
            and len(node.right.chain) == 1
            and source[node.left.end : node.right.start] == "-"
        ):
            owner = ".".join(str(part) for part in node.left.chain[:-1])
            name = f"{node.left.chain[-1]}-{node.right.chain[0]}"
            raise HyphenError(
                "Hyphens are not supported in identifiers and are interpreted as subtraction. "
                f"Use bracket notation: {owner}['{name}']"
            )
