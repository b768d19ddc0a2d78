"""Values entering the program from JSON-like Python and leaving it again (spec hog_language.md 4.1, 4.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hogapi.hog.errors import HogVMError
from hogapi.hog.meter import Run
from hogapi.hog.temporal import HogDate, HogDateTime
from hogapi.hog.values import MAX_NESTING, Closure, ErrorValue, NativeFunction, Tuple, js_text, key_value

ENTRY_BYTES = 64  # what one element of a container costs in memory, about
_EXACT = 2.0**53


def too_deep() -> HogVMError:
    """Return the error for values nested deeper than ``MAX_NESTING``."""
    return HogVMError(f"Value is nested too deeply: more than {MAX_NESTING} levels")


def from_plain(run: Run, value: Any, depth: int = MAX_NESTING) -> Any:
    """Return a Hog copy of a JSON-like ``value``; tagged dates, instants and errors become what they stand for."""
    kind = value.__class__
    if kind is str or value is None or kind is bool or kind is float:
        return value
    if kind is int:
        return number(value)
    if not depth:
        raise too_deep()
    if kind is dict or isinstance(value, Mapping):
        run.work(len(value), 300.0)
        run.charge(ENTRY_BYTES * (len(value) + 1))
        if len(value) <= 5 and any(tag in value for tag in _REVIVERS):
            return revive(value, run, depth)
        return {
            (key if key.__class__ is str else _plain_key(key)): (
                item
                if (kind := item.__class__) is str or item is None
                else number(item)
                if kind is int
                else from_plain(run, item, depth - 1)
            )
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        run.work(len(value), 200.0)
        run.charge(ENTRY_BYTES * (len(value) + 1))
        return [from_plain(run, item, depth - 1) for item in value]
    if isinstance(value, str | int | float):  # subclasses, such as those of enum
        return from_plain(run, str(value) if isinstance(value, str) else float(value))
    raise HogVMError(f"Host value of type {kind.__name__} has no meaning in Hog")


def number(value: int) -> float:
    """Return the double nearest to ``value``."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _plain_key(key: Any) -> Any:
    return number(key) if key.__class__ is int else key if key is None or key.__class__ is float else str(key)


def _date(value: Mapping[str, Any], run: Run, depth: int) -> Any:
    return HogDate(int(value["year"]), int(value["month"]), int(value["day"]))


def _datetime(value: Mapping[str, Any], run: Run, depth: int) -> Any:
    return HogDateTime(float(value["dt"]), str(value["zone"]))


def _error(value: Mapping[str, Any], run: Run, depth: int) -> Any:
    payload = from_plain(run, value.get("payload"), depth - 1)
    return ErrorValue(value["type"], value["message"], payload)


_REVIVERS = {"__hogDate__": _date, "__hogDateTime__": _datetime, "__hogError__": _error}


def revive(value: Mapping[str, Any], run: Run, depth: int = MAX_NESTING) -> Any:
    """Return what a tagged mapping stands for; an ordinary dict when its other keys are not those of the tag."""
    for tag, make in _REVIVERS.items():
        if value.get(tag) is True:
            try:
                return make(value, run, depth)
            except (KeyError, TypeError, ValueError, OverflowError):
                break
    return {str(key): from_plain(run, item, depth - 1) for key, item in value.items()}


def to_plain(run: Run, value: Any, depth: int = MAX_NESTING, path: tuple[int, ...] = ()) -> Any:
    """Return ``value`` as JSON-like Python: whole numbers as int, tuples as lists, tagged values as their dict.

    What contains itself is cut off with null; functions become ``fn<name(n)>``.
    """
    kind = value.__class__
    if kind is str or value is None or kind is bool:
        return value
    if kind is float:
        return int(value) if -_EXACT <= value <= _EXACT and value == int(value) else value
    if kind is dict or kind is list or kind is Tuple:
        if not depth:
            raise too_deep()
        if id(value) in path:
            return None
        path = (*path, id(value))
        run.work(len(value), 300.0)
        run.charge(ENTRY_BYTES * (len(value) + 1))
        if kind is dict:
            return {
                (key if key.__class__ is str else js_text(key_value(key))): (
                    item if item.__class__ is str or item is None else to_plain(run, item, depth - 1, path)
                )
                for key, item in value.items()
            }
        return [to_plain(run, item, depth - 1, path) for item in value]
    return tagged(run, value, depth, path)


def tagged(run: Run, value: Any, depth: int = MAX_NESTING, path: tuple[int, ...] = ()) -> Any:
    """Return the plain form of a value that is neither a scalar nor a container."""
    if value.__class__ is HogDate:
        return {"__hogDate__": True, "year": value.year, "month": value.month, "day": value.day}
    if value.__class__ is HogDateTime:
        return {"__hogDateTime__": True, "dt": to_plain(run, value.dt), "zone": value.zone}
    if value.__class__ is ErrorValue:
        plain = {"__hogError__": True, "type": value.type, "message": to_plain(run, value.message, depth - 1, path)}
        if value.payload is not None:
            plain["payload"] = to_plain(run, value.payload, depth - 1, path)
        return plain
    return function_text(value)


def function_text(value: Closure | NativeFunction) -> str:
    """Write a function as ``fn<name(parameters)>`` (spec 4.10)."""
    name = value.name
    if not (name.isascii() and name.replace("$", "_").isidentifier()):
        name = "`" + name.replace("\\", "\\\\").replace("`", "``") + "`"
    return f"fn<{name}({value.params})>"
