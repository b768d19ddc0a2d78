"""Values as text: what ``print``, ``toString`` and ``concat`` show (spec hog_language.md 4.10)."""

from __future__ import annotations

from typing import Any

from hogapi.hog.conversion import function_text, too_deep
from hogapi.hog.meter import Run
from hogapi.hog.temporal import HogDate, HogDateTime
from hogapi.hog.values import MAX_NESTING, ErrorValue, Tuple, key_value, number_text

_ESCAPES = str.maketrans(
    {
        "\b": "\\b",
        "\f": "\\f",
        "\r": "\\r",
        "\n": "\\n",
        "\t": "\\t",
        "\0": "\\0",
        "\v": "\\v",
        "\\": "\\\\",
        "'": "\\'",
    }
)


def quoted(text: str) -> str:
    """Write ``text`` between single quotes with escapes."""
    return f"'{text.translate(_ESCAPES)}'"


def date_text(value: HogDate) -> str:
    """Write a day as YYYY-MM-DD."""
    return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"


def datetime_text(value: HogDateTime) -> str:
    """Write an instant in its zone as ISO 8601 with milliseconds; ``Z`` stands for UTC."""
    moment = value.to_datetime()
    text = moment.isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z" if value.zone.upper() in ("UTC", "Z", "GMT") else text


def output_text(run: Run, value: Any) -> str:
    """Return the text that ``print`` and ``toString`` show: strings and days raw, the rest as written in a program."""
    kind = value.__class__
    if kind is str:
        return str(value)
    if kind is float:
        return number_text(value)
    if kind is HogDate:
        return date_text(value)
    if kind is HogDateTime:
        return datetime_text(value)
    return value_text(run, value)


def printed_text(run: Run, value: Any) -> str:
    """Return the text of one argument of ``print``: strings raw, the rest as written in a program."""
    return value if value.__class__ is str else value_text(run, value)


def value_text(run: Run, value: Any) -> str:
    """Write ``value`` as it would stand in a program; a container inside itself is ``null``."""
    parts: list[str] = []
    _write(run, value, parts, set(), MAX_NESTING)
    text = "".join(parts)
    run.charge(len(text))
    return text


def _write(run: Run, value: Any, parts: list[str], above: set[int], depth: int) -> None:
    kind = value.__class__
    if kind is str:
        run.work(len(value), 30.0)
        run.charge(2 * len(value))
        parts.append(quoted(value))
    elif kind is float:
        parts.append(number_text(value))
    elif value is None:
        parts.append("null")
    elif kind is bool:
        parts.append("true" if value else "false")
    elif kind in (list, Tuple, dict, ErrorValue):
        if id(value) in above:
            parts.append("null")
            return
        if not depth:
            raise too_deep()
        above.add(id(value))
        _write_container(run, value, parts, above, depth - 1)
        above.discard(id(value))
    else:
        parts.append(_scalar_text(value))


def _scalar_text(value: Any) -> str:
    if value.__class__ is HogDate:
        return f"Date({value.year}, {value.month}, {value.day})"
    if value.__class__ is HogDateTime:
        seconds = number_text(value.dt)
        return f"DateTime({seconds if '.' in seconds else seconds + '.0'}, {quoted(value.zone)})"
    return function_text(value)


def _write_container(run: Run, value: Any, parts: list[str], above: set[int], depth: int) -> None:
    kind = value.__class__
    if kind is ErrorValue:
        parts.append(f"{value.type}(")
        _write(run, value.message, parts, above, depth)
        if value.payload is not None:
            parts.append(", ")
            _write(run, value.payload, parts, above, depth)
        parts.append(")")
        return
    run.charge(64 * len(value))
    run.work(len(value), 500.0)
    if kind is dict:
        parts.append("{")
        for number, (key, item) in enumerate(value.items()):
            parts.append(", " if number else "")
            _write(run, key_value(key), parts, above, depth)
            parts.append(": ")
            _write(run, item, parts, above, depth)
        parts.append("}")
        return
    parts.append("[" if kind is list else "(" if len(value) > 1 else "tuple(")
    for number, item in enumerate(value):
        parts.append(", " if number else "")
        _write(run, item, parts, above, depth)
    parts.append("]" if kind is list else ")")
