"""Templates: values whose strings hold ``{expressions}`` (spec hog_language.md 1.5, 8; hog_functions.md 2.5).

A template is any JSON value. Its strings are templates, its lists and dicts are rendered part by part with their keys
untouched, and everything else stands for itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hogapi.hog import ast
from hogapi.hog.compiler import compile_expression, refuse_hyphens
from hogapi.hog.errors import HogCompileError, HogVMError
from hogapi.hog.opcodes import HEADER, LEGACY_HEADER
from hogapi.hog.parser import parse_template
from hogapi.hog.visitor import walk
from hogapi.hog.vm import Limits, execute

MAX_NESTING = 128
"""Levels of lists and dicts in a template."""


def compile_template(value: Any) -> Any:
    """Return ``value`` with the bytecode of each string in place of the string.

    Raises HogSyntaxError and HogCompileError (with line and column within the string), also for hyphens in names and
    for nesting beyond ``MAX_NESTING``.
    """
    return _map_leaves(value, _compile_text)


def template_input_references(value: Any) -> set[str]:
    """Return the names X that the strings of ``value`` refer to as ``inputs.X`` or ``inputs['X']``.

    Raises HogSyntaxError.
    """
    return {name for text in _texts(value) for name in _references(parse_template(text))}


def render(
    compiled: Any,
    globals: Mapping[str, Any],
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    limits: Limits | None = None,
) -> Any:
    """Return the value of a compiled template.

    All strings of one template share the seconds of ``limits``. Raises HogVMError where one of them fails, and
    HogVerificationError for malformed bytecode.
    """
    remaining = limits or Limits()

    def run(bytecode: list[Any]) -> Any:
        nonlocal remaining
        execution = execute(bytecode, globals, functions=functions, limits=remaining)
        if execution.error is not None:
            raise execution.error
        if not execution.finished:
            raise HogVMError(f"A template can not wait for {execution.async_function}()")
        remaining = dataclasses.replace(remaining, seconds=max(0.0, remaining.seconds - execution.seconds))
        return execution.result

    return _map_leaves(compiled, run, is_leaf=_is_bytecode)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_bytecode(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and value[0] in (HEADER, LEGACY_HEADER)


def _map_leaves(
    value: Any, change: Callable[[Any], Any], *, is_leaf: Callable[[Any], bool] = _is_text, level: int = 0
) -> Any:
    if level > MAX_NESTING:
        raise HogCompileError(f"This is nested too deeply; at most {MAX_NESTING} levels are allowed")
    if is_leaf(value):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _map_leaves(part, change, is_leaf=is_leaf, level=level + 1) for key, part in value.items()}
    if isinstance(value, list):
        return [_map_leaves(part, change, is_leaf=is_leaf, level=level + 1) for part in value]
    return value


def _compile_text(text: str) -> list[Any]:
    try:
        tree = parse_template(text)
        refuse_hyphens(tree)
        return compile_expression(tree)
    except HogCompileError as error:
        error.locate(text)
        raise


def _texts(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, str):
            yield current
        elif isinstance(current, Mapping):
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)


def _references(tree: ast.Expr) -> Iterator[str]:
    for node in walk(tree):
        if isinstance(node, ast.Field) and len(node.chain) > 1 and node.chain[0] == "inputs":
            yield str(node.chain[1])
        elif (
            isinstance(node, ast.ArrayAccess)
            and isinstance(node.array, ast.Field)
            and node.array.chain == ["inputs"]
            and isinstance(node.property, ast.Constant)
            and isinstance(node.property.value, str)
        ):
            yield node.property.value
