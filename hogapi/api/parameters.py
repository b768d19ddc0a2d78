"""What a URL says, from text to values. Query parameters raise InvalidInput with their name in `attr`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import TypeVar
from uuid import UUID

from django.http import QueryDict

from hogapi.api.errors import InvalidInput, NotFound
from hogapi.telemetry import periods

Choice = TypeVar("Choice", bound=str)


def object_id(text: str) -> UUID:
    """The id of an object in a path. Text that is no UUID is nobody's id: raises NotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def text(params: QueryDict, name: str) -> str:
    """The text without outer white space; empty when absent. Refuses null characters, which PostgreSQL cannot hold."""
    value = params.get(name, "")
    if "\0" in value:
        raise InvalidInput("Null characters are not allowed.", attr=name, code="null_characters_not_allowed")
    return value.strip()


def integer(params: QueryDict, name: str, *, default: int, lowest: int, highest: int) -> int:
    """A whole number within bounds; ``default`` when absent or empty."""
    raw = params.get(name, "").strip()
    if not raw:
        return default
    try:
        number = int(raw[:20]) if raw.isascii() else int("")
    except ValueError:
        raise InvalidInput("A valid integer is required.", attr=name) from None
    if number > highest:
        detail = f"Ensure this value is less than or equal to {highest}."
        raise InvalidInput(detail, attr=name, code="max_value")
    if number < lowest:
        detail = f"Ensure this value is greater than or equal to {lowest}."
        raise InvalidInput(detail, attr=name, code="min_value")
    return number


def choice(params: QueryDict, name: str, choices: Sequence[Choice]) -> Choice:
    """One of ``choices``; the first when absent or empty."""
    value = params.get(name)
    if not value:
        return choices[0]
    for known in choices:
        if known == value:
            return known
    raise InvalidInput(f'"{value}" is not a valid choice.', attr=name, code="invalid_choice")


def names(params: QueryDict, name: str) -> tuple[str, ...]:
    """Values of a parameter that may be repeated, separated by commas, or both. Blanks do not count."""
    parts = ",".join(params.getlist(name)).split(",")
    return tuple(part.strip() for part in parts if part.strip())


def moment(params: QueryDict, name: str) -> datetime | None:
    """An ISO 8601 date and time, in UTC when it names no zone; None when absent or empty."""
    raw = params.get(name, "").strip()
    if not raw:
        return None
    try:
        return periods.absolute(raw, UTC)
    except ValueError:
        detail = (
            "Datetime has wrong format. Use one of these formats instead: "
            "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
        )
        raise InvalidInput(detail, attr=name) from None


def moment_or_period(params: QueryDict, name: str, *, zone: tzinfo, now: datetime) -> datetime | None:
    """An ISO 8601 date and time, in ``zone`` when it names none, or a relative form such as ``-7d`` or ``-1mStart``.

    None when absent or empty. Upstream reads anything else as "now" (hog_functions.md 3.6), which hides mistakes:
    here it is an error.
    """
    raw = params.get(name, "").strip()
    if not raw:
        return None
    try:
        return periods.absolute(raw, zone)
    except ValueError:
        pass
    try:
        return periods.relative(raw, now.astimezone(zone))
    except ValueError:
        detail = "Use a date and time (ISO 8601) or a relative form such as -7d, -24h, -1mStart or -1dEnd."
        raise InvalidInput(detail, attr=name) from None
