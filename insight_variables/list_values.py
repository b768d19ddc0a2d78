"""How the values of `List` variables are stored and shown: always as text (insights.md 2.4)."""

from typing import Any

from hogapi.api import json
from hogapi.api.errors import InvalidInput


def to_store(values: Any) -> list[str]:
    """Return the values of a List variable as they are stored: text, without nulls; anything but an array is [].

    Raises `InvalidInput` for a value that is an object or an array.
    """
    if not isinstance(values, list):
        return []
    stored = []
    for index, value in enumerate(values):
        if isinstance(value, dict | list):
            kind = "an object" if isinstance(value, dict) else "an array"
            raise InvalidInput(
                f"List variable values must be strings or numbers (got {kind} at index {index}). "
                "Pass each choice as plain text.",
                attr="values",
            )
        if value is not None:
            stored.append(_scalar_text(value))
    return stored


def default_to_store(value: Any) -> str:
    """Return the default of a List variable as it is stored: text, empty for null."""
    return "" if value is None else _text(value)


def to_show(values: Any) -> list[str]:
    """Return stored values as an array of text, whatever an earlier type of the variable left there."""
    return [_text(value) for value in values if value is not None] if isinstance(values, list) else []


def default_to_show(value: Any) -> str | None:
    """Return a stored default as text or None."""
    return None if value is None else _text(value)


def _text(value: Any) -> str:
    """Return a scalar as text, an option object as its value or label, anything else as JSON."""
    if isinstance(value, dict):
        for name in ("value", "label"):
            if isinstance(value.get(name), str | int | float):
                return _scalar_text(value[name])
    if isinstance(value, dict | list):
        return json.dumps(value).decode()
    return _scalar_text(value)


def _scalar_text(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
