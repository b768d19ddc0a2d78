"""Our syntax trees in the shape of the oracle's JSON, and both shapes made comparable."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

from hogapi.hog import ast
from hogapi.hog.errors import line_and_column

# Fields that only we have, because the oracle parses them and then forgets them.
_OURS_ONLY = {"hidden", "filter_expr of WindowFunction"}
_WITHOUT_POSITION = {"NamedArgument"}


def dump(node: ast.Node, source: str) -> dict[str, Any]:
    """``node`` as nested dicts."""

    def convert(value: Any) -> Any:
        if isinstance(value, ast.Node):
            return convert_node(value)
        if isinstance(value, (list, tuple)):
            return [convert(item) for item in value]
        if isinstance(value, dict):
            return {key: convert(item) for key, item in value.items()}
        return _constant(value)

    def convert_node(value: ast.Node) -> dict[str, Any]:
        name = type(value).__name__
        result: dict[str, Any] = {"node": name}
        for field in fields(value):
            content = getattr(value, field.name)
            if field.name in ("start", "end"):
                continue
            # Absent, null, false and empty mean the same to the oracle; a constant's value is told by its type.
            empty = content in (None, False, []) and not isinstance(value, ast.Constant)
            if empty or field.name in _OURS_ONLY or f"{field.name} of {name}" in _OURS_ONLY:
                continue
            result[field.name] = convert(content)
        if value.start >= 0 and name not in _WITHOUT_POSITION:
            result["start"] = [*line_and_column(source, value.start), value.start]
            result["end"] = value.end
        return result

    return convert_node(node)


def _constant(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return str(value)
    return value


def normalise(value: Any, shift: int = 0) -> Any:
    """The oracle's JSON without what carries no information: nulls, falses, empty lists, lines of ends.

    ``shift`` is the length of a prefix that only the oracle sees (``F'`` in front of template text).

    Lines and columns of ends are dropped because the oracle computes them wrongly behind tokens that span lines and
    at the end of the text; offsets of ends are exact.
    """
    if isinstance(value, list):
        return [normalise(item, shift) for item in value]
    if not isinstance(value, dict):
        return value
    result: dict[str, Any] = {}
    is_constant = value.get("node") == "Constant"
    for key, content in value.items():
        if key == "value_type" or (content in (None, False, []) and not (is_constant and key == "value")):
            continue
        if key == "start":
            column = max(0, content["column"] - (shift if content["line"] == 1 else 0))
            result[key] = [content["line"], column, max(0, content["offset"] - shift)]
        elif key == "end":
            result[key] = max(0, content["offset"] - shift)
        else:
            result[key] = normalise(content, shift)
    return result
