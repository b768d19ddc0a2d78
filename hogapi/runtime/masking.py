"""Masking: of events that hash to the same text within a time, only some run the function (hog_functions.md 2.8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hogapi.api.errors import InvalidInput
from hogapi.hog.errors import HogError
from hogapi.runtime import shapes
from hogapi.runtime.source import compile_text

_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "ttl": lambda value, attr: shapes.integer(value, attr, least=60, most=86400),
    "threshold": lambda value, attr: None if value is None else shapes.integer(value, attr),
    "hash": shapes.text,
}


def validate(masking: Any, *, attr: str = "masking") -> dict[str, Any] | None:
    """Return ``{ttl (seconds), threshold, hash, bytecode}`` with the hash compiled, or None. Raises InvalidInput."""
    if masking is None:
        return None
    data = shapes.pick(shapes.mapping(masking, attr), attr, _CHECKS, required=("ttl", "hash"))
    shapes.storable(data, attr)
    try:
        bytecode, _ = compile_text(data["hash"])
    except HogError as error:
        raise InvalidInput(f"Invalid template: {error.message}", attr=shapes.path(attr, "hash")) from None
    return {**data, "bytecode": bytecode}
