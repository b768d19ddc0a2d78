"""Checks of nested JSON, with the texts and codes that the API's serializers give for the same faults.

Inputs, schemas, filters and mappings nest freely and are checked on every save, also inside the graphs of flows, so
they are checked by plain functions: each returns the clean value or raises InvalidInput with the path in `attr`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hogapi.api.errors import InvalidInput

MAX_DEPTH = 64
_TRUE = ("true", "t", "y", "yes", "on", "1")
_FALSE = ("false", "f", "n", "no", "off", "0")


def path(*parts: str | int) -> str:
    """Join the parts of an `attr`, as in ``inputs_schema__0__key``."""
    return "__".join(str(part) for part in parts)


def mapping(value: Any, attr: str) -> Mapping[str, Any]:
    """An object where a nested serializer stands."""
    if not isinstance(value, Mapping):
        raise InvalidInput(
            f"Invalid data. Expected a dictionary, but got {type(value).__name__}.", attr=path(attr, "non_field_errors")
        )
    return value


def dictionary(value: Any, attr: str) -> Mapping[str, Any]:
    """An object where a dictionary field stands."""
    not_null(value, attr)
    if not isinstance(value, Mapping):
        raise InvalidInput(
            f'Expected a dictionary of items but got type "{type(value).__name__}".', attr=attr, code="not_a_dict"
        )
    return value


def items(value: Any, attr: str, *, most: int | None = None) -> Sequence[Any]:
    """A list, of at most so many items."""
    not_null(value, attr)
    if not isinstance(value, list):
        raise InvalidInput(
            f'Expected a list of items but got type "{type(value).__name__}".', attr=attr, code="not_a_list"
        )
    if most is not None and len(value) > most:
        raise InvalidInput(f"Ensure this field has no more than {most} elements.", attr=attr, code="max_length")
    return value


def objects(value: Any, attr: str, *, most: int | None = None) -> list[Any]:
    """A list of objects, of at most so many."""
    return [dictionary(one, path(attr, index)) for index, one in enumerate(items(value, attr, most=most))]


def text(value: Any, attr: str, *, blank: bool = False) -> str:
    """A string; numbers are taken as their text, outer white space is dropped."""
    not_null(value, attr)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidInput("Not a valid string.", attr=attr)
    result = str(value).strip()
    if not result and not blank:
        raise InvalidInput("This field may not be blank.", attr=attr, code="blank")
    return result


def boolean(value: Any, attr: str) -> bool:
    """A boolean, or one of the words that forms send for it."""
    not_null(value, attr)
    if isinstance(value, bool):
        return value
    word = str(value).lower() if isinstance(value, str | int | float) else ""
    if word in _TRUE or word == "1.0":
        return True
    if word in _FALSE or word == "0.0":
        return False
    raise InvalidInput("Must be a valid boolean.", attr=attr)


def integer(value: Any, attr: str, *, least: int | None = None, most: int | None = None) -> int:
    """A whole number within bounds."""
    not_null(value, attr)
    try:
        if (
            isinstance(value, bool)
            or not isinstance(value, str | int | float)
            or (isinstance(value, str) and len(value) > 20)
        ):
            raise ValueError
        number = int(value)
        if number != float(value):
            raise ValueError
    except (ValueError, OverflowError):
        raise InvalidInput("A valid integer is required.", attr=attr) from None
    if most is not None and number > most:
        raise InvalidInput(f"Ensure this value is less than or equal to {most}.", attr=attr, code="max_value")
    if least is not None and number < least:
        raise InvalidInput(f"Ensure this value is greater than or equal to {least}.", attr=attr, code="min_value")
    return number


def choice(value: Any, attr: str, choices: Sequence[Any]) -> Any:
    """One of `choices`, of the same type."""
    not_null(value, attr)
    for one in choices:
        if type(one) is type(value) and one == value:
            return value
    raise InvalidInput(f'"{value}" is not a valid choice.', attr=attr, code="invalid_choice")


def not_null(value: Any, attr: str) -> Any:
    """Anything but null."""
    if value is None:
        raise InvalidInput("This field may not be null.", attr=attr, code="null")
    return value


def pick(
    data: Mapping[str, Any],
    attr: str,
    checks: Mapping[str, Callable[[Any, str], Any]],
    *,
    required: Sequence[str] = (),
) -> dict[str, Any]:
    """The entries of `data` that have a check, each checked, in the order of `checks`; the others are dropped.

    A `required` key that is missing is an error.
    """
    clean = {}
    for key, check in checks.items():
        if key in data:
            clean[key] = check(data[key], path(attr, key))
        elif key in required:
            raise InvalidInput("This field is required.", attr=path(attr, key), code="required")
    return clean


def storable(value: Any, attr: str) -> Any:
    """JSON that PostgreSQL can hold and that no recursion of ours can overflow on.

    Refuses NUL characters and nesting deeper than `MAX_DEPTH`.
    """
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for one in level:
            if isinstance(one, str):
                _without_nul(one, attr)
            elif isinstance(one, Mapping):
                for key in one:
                    _without_nul(str(key), attr)
                below.extend(one.values())
            elif isinstance(one, list | tuple):
                below.extend(one)
        if not below:
            return value
        level = below
    raise InvalidInput(f"Values may not be nested deeper than {MAX_DEPTH} levels.", attr=attr)


def _without_nul(value: str, attr: str) -> None:
    if "\0" in value:
        raise InvalidInput("Null characters are not allowed.", attr=attr, code="null_characters_not_allowed")
