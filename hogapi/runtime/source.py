"""From Hog text to bytecode, with the checks that saving makes (hog_functions.md 2.3)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hogapi.api.errors import InvalidInput
from hogapi.hog.compiler import compile_program, refuse_hyphens
from hogapi.hog.errors import HogCompileError, HogError, HogSyntaxError
from hogapi.hog.parser import parse_program
from hogapi.hog.templates import compile_template, template_input_references

MAX_SOURCE_BYTES = 100 * 1024
JAVASCRIPT_TYPES = frozenset({"site_destination", "site_app"})
# Functions from one template share their texts; longer ones are compiled anew, as they would fill the memory.
_LONGEST_REMEMBERED = 4096
_ASYNC_FUNCTIONS = {"destination": frozenset({"fetch", "postHogCapture"})}


class _HyphenInName(Exception):
    """Carries the sentence that is the whole answer, unlike those of other errors."""


def compile_hog(source: str, *, type: str | None) -> list[Any]:
    """Return the bytecode of the program of a function of this type. Raises InvalidInput with attr ``hog``."""
    if len(source.encode("utf-8", "replace")) > MAX_SOURCE_BYTES:
        raise InvalidInput(
            "HOG code exceeds maximum size of 100KB. Please simplify your code or contact support if you need this "
            "limit increased.",
            attr="hog",
        )
    compile_ = _compile_once if len(source) <= _LONGEST_REMEMBERED else _compile_program
    try:
        return compile_(source, _ASYNC_FUNCTIONS.get(type or "", frozenset()))
    except _HyphenInName as error:
        raise InvalidInput(str(error), attr="hog") from None
    except (HogSyntaxError, HogCompileError) as error:
        if isinstance(error, HogCompileError) and error.line is None:
            error.locate(source)
        raise InvalidInput(f"Hog code has errors. {_explained(error)}", attr="hog", extra=_position(error)) from None
    except HogError as error:
        raise InvalidInput(f"Hog code has errors. {error.message}", attr="hog") from None


def _compile_program(source: str, supported_functions: frozenset[str]) -> list[Any]:
    program = parse_program(source)
    try:
        refuse_hyphens(program)
    except HogCompileError as error:
        raise _HyphenInName(error.message) from None
    return compile_program(program, supported_functions=supported_functions)


_compile_once = lru_cache(maxsize=256)(_compile_program)


def compile_text(template: str) -> tuple[list[Any], frozenset[str]]:
    """Return the bytecode of a template text and the names of the inputs that it refers to. Raises HogError.

    Callers share the bytecode and must not change it.
    """
    return (_compile_text_once if len(template) <= _LONGEST_REMEMBERED else _compile_text)(template)


def _compile_text(template: str) -> tuple[list[Any], frozenset[str]]:
    bytecode = compile_template(template)
    references = template_input_references(template) if "inputs" in template else ()
    return bytecode, frozenset(references)


_compile_text_once = lru_cache(maxsize=1024)(_compile_text)


def _explained(error: HogSyntaxError | HogCompileError) -> str:
    place = "" if error.line is None else f"Line {error.line}, column {error.column}: "
    return place + error.message


def _position(error: HogSyntaxError | HogCompileError) -> dict[str, Any]:
    expected = getattr(error, "expected", None)
    return {"line": error.line, "column": error.column, **({"expected": expected} if expected else {})}
