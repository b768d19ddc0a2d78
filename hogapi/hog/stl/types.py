"""Conversions, tests of null and emptiness, operators as functions, errors (spec hog_language.md 5)."""

from __future__ import annotations

import math
import random
import re
import uuid
from typing import Any

from hogapi.hog import comparison, values
from hogapi.hog.errors import HogVMError
from hogapi.hog.meter import Run
from hogapi.hog.printing import output_text, printed_text
from hogapi.hog.stl.registry import native
from hogapi.hog.temporal import HogDate, HogDateTime
from hogapi.hog.values import NAN, ErrorValue, Tuple, truthy

_INTEGER = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|(\d+))", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)


@native("toString", least=1, most=2)
@native("toUUID", least=1, most=1)
def to_string(run: Run, value: Any, _zone: Any = None) -> str:
    """The text that ``print`` shows, with dates in ISO form; null is 'null'."""
    return output_text(run, value)


def _seconds_or_none(value: Any) -> float | None:
    return value.seconds if value.__class__ in (HogDate, HogDateTime) else None


@native("toInt", least=1, most=1)
def to_int(run: Run, value: Any) -> float | None:
    """The whole number that the text of ``value`` begins with; seconds of an instant, days of a date; or null."""
    seconds = _seconds_or_none(value)
    if seconds is not None:
        return float(math.floor(seconds / 86400 if value.__class__ is HogDate else seconds))
    return parse_int(values.js_text(value))


def parse_int(text: str) -> float | None:
    """Return JavaScript's ``parseInt(text)``, None for NaN."""
    match = _INTEGER.match(text.strip(values.JS_SPACE))
    if match is None:
        return None
    magnitude = values.string_to_number("0x" + match[2]) if match[2] else float(match[3])
    return -magnitude if match[1] == "-" else magnitude


@native("toFloat", least=1, most=1)
def to_float(run: Run, value: Any) -> float | None:
    """The number that the text of ``value`` begins with; seconds of an instant, days of a date; or null."""
    seconds = _seconds_or_none(value)
    if seconds is not None:
        return seconds / 86400 if value.__class__ is HogDate else seconds
    return parse_float(values.js_text(value))


def parse_float(text: str) -> float | None:
    """Return JavaScript's ``parseFloat(text)``, None for NaN."""
    match = _FLOAT.match(text.strip(values.JS_SPACE))
    return None if match is None else float(match[0])


@native("ifNull", least=2, most=2)
def if_null(run: Run, value: Any, other: Any) -> Any:
    """``value``, or ``other`` when that is null."""
    return other if value is None else value


@native("isNull", least=1, most=1)
def is_null(run: Run, value: Any) -> bool:
    """Whether ``value`` is null."""
    return value is None


@native("isNotNull", least=1, most=1)
def is_not_null(run: Run, value: Any) -> bool:
    """Whether ``value`` is anything but null."""
    return value is not None


@native("coalesce", least=1, most=None)
def coalesce(run: Run, *candidates: Any) -> Any:
    """The first argument that is not null."""
    return next((value for value in candidates if value is not None), None)


@native("assumeNotNull", least=1, most=1)
def assume_not_null(run: Run, value: Any) -> Any:
    """``value``; the program fails if it is null."""
    if value is None:
        raise HogVMError("Value is null in assumeNotNull")
    return value


@native("empty", least=1, most=1)
def empty(run: Run, value: Any) -> bool:
    """Whether ``value`` is null, '' or a container without elements; numbers and booleans never are."""
    return value is None or (isinstance(value, str | list | dict) and not value)


@native("notEmpty", least=1, most=1)
def not_empty(run: Run, value: Any) -> bool:
    """The opposite of ``empty``."""
    return not empty(run, value)


@native("typeof", least=1, most=1)
def type_of(run: Run, value: Any) -> str:
    """The name of the type of ``value``."""
    return values.type_name(value)


@native("tuple", least=0, most=None)
def make_tuple(run: Run, *items: Any) -> Tuple:
    """A tuple of the arguments."""
    return Tuple(items)


@native("print", least=0, most=None)
def print_line(run: Run, *arguments: Any) -> None:
    """Write the arguments, separated by spaces, as one line."""
    run.print_line(" ".join([printed_text(run, argument) for argument in arguments]))


@native("generateUUIDv4")
def generate_uuid(run: Run) -> str:
    """A random UUID."""
    return str(uuid.uuid4())


@native("randomFloat")
def random_float(run: Run) -> float:
    """A random number from 0 up to 1."""
    return random.random()


def _error(kind: str, message: Any, payload: Any) -> ErrorValue:
    return ErrorValue(kind, message if truthy(message) else "An error occurred", payload)


@native("Error", least=0, most=2)
def error(run: Run, message: Any = None, payload: Any = None) -> ErrorValue:
    """An error to throw."""
    return _error("Error", message, payload)


@native("RetryError", least=0, most=2)
def retry_error(run: Run, message: Any = None, payload: Any = None) -> ErrorValue:
    """An error of type RetryError."""
    return _error("RetryError", message, payload)


@native("NotImplementedError", least=0, most=2)
def not_implemented_error(run: Run, message: Any = None, payload: Any = None) -> ErrorValue:
    """An error of type NotImplementedError."""
    return _error("NotImplementedError", message, payload)


@native("HogError", least=1, most=3)
def hog_error(run: Run, kind: Any, message: Any = None, payload: Any = None) -> ErrorValue:
    """An error of any type."""
    return _error(kind if kind.__class__ is str and kind else "Error", message, payload)


@native("equals", least=2, most=2)
def equals(run: Run, left: Any, right: Any) -> bool:
    """Equality without any conversion."""
    return comparison.identical(left, right)


@native("notEquals", least=2, most=2)
def not_equals(run: Run, left: Any, right: Any) -> bool:
    """The opposite of ``equals``."""
    return not comparison.identical(left, right)


@native("greater", least=2, most=2)
def greater(run: Run, left: Any, right: Any) -> bool:
    """JavaScript's ``left > right``."""
    return less_than(run, right, left)


@native("greaterOrEquals", least=2, most=2)
def greater_or_equals(run: Run, left: Any, right: Any) -> bool:
    """JavaScript's ``left >= right``."""
    return less_or_equals(run, right, left)


@native("less", least=2, most=2)
def less_than(run: Run, left: Any, right: Any) -> bool:
    """JavaScript's ``left < right``."""
    run.look_at_clock(left, right)
    first, second = comparison.comparable(left, right)
    return bool(first < second)


@native("lessOrEquals", least=2, most=2)
def less_or_equals(run: Run, left: Any, right: Any) -> bool:
    """JavaScript's ``left <= right``."""
    run.look_at_clock(left, right)
    first, second = comparison.comparable(left, right)
    return bool(first <= second)


@native("not", least=1, most=1)
def logical_not(run: Run, value: Any) -> bool:
    """Whether ``value`` does not count as true."""
    return not truthy(value)


@native("and", least=1, most=None)
def logical_and(run: Run, *conditions: Any) -> bool:
    """Whether all arguments count as true."""
    return all(map(truthy, conditions))


@native("or", least=1, most=None)
def logical_or(run: Run, *conditions: Any) -> bool:
    """Whether any argument counts as true."""
    return any(map(truthy, conditions))


@native("if", least=3, most=3)
def choose(run: Run, condition: Any, then: Any, otherwise: Any) -> Any:
    """One of two values by a condition."""
    return then if truthy(condition) else otherwise


@native("multiIf", least=3, most=None)
def multi_if(run: Run, *arguments: Any) -> Any:
    """The value after the first condition that holds, else the last argument (null when the number is even)."""
    for place in range(0, len(arguments) - 1, 2):
        if truthy(arguments[place]):
            return arguments[place + 1]
    return arguments[-1] if len(arguments) % 2 else None


@native("plus", least=2, most=2)
def plus(run: Run, left: Any, right: Any) -> Any:
    """JavaScript's ``left + right``: concatenates when either side is text."""
    scalars = (float, bool, type(None))
    if left.__class__ in scalars and right.__class__ in scalars:
        return values.add(left, right)
    run.charge(sum(len(side) for side in (left, right) if side.__class__ is str))
    return values.js_text(left) + values.js_text(right)


@native("minus", least=2, most=2)
def minus(run: Run, left: Any, right: Any) -> float:
    """``left - right`` of numbers."""
    return values.subtract(left, right)


@native("min2", least=2, most=2)
def min2(run: Run, left: Any, right: Any) -> Any:
    """The smaller of two values."""
    run.look_at_clock(left, right)
    first, second = comparison.comparable(left, right)
    return left if first < second else right


@native("floor", least=1, most=2)
def floor(run: Run, value: Any, _digits: Any = None) -> float:
    """The greatest whole number that is not above ``value``."""
    number = values.to_number(value)
    return float(math.floor(number)) if number - number == 0 else number


@native("round", least=1, most=2)
def round_half_up(run: Run, value: Any, _digits: Any = None) -> float:
    """The nearest whole number, halves towards +Infinity."""
    number = values.to_number(value)
    if number - number != 0 or abs(number) > 2.0**52:
        return number
    whole = math.floor(number)
    return float(whole + 1 if number - whole >= 0.5 else whole)


@native("range", least=1, most=2)
def number_range(run: Run, start: Any, end: Any = NAN) -> list[float]:
    """The whole numbers from 0, or ``start``, up to but without the last argument."""
    low, high = values.to_number(start), values.to_number(end)
    if end is NAN:
        low, high = 0.0, low
    if not low < high:
        return []
    size = int(min(high - low, 1e12))
    run.charge(32 * size)
    run.work(size, 50.0)
    return [low + step for step in range(size)]
