"""The values of a running program, their arithmetic and properties (spec hog_language.md 4.1, 4.5, 4.6).

Numbers are IEEE doubles, hence always ``float`` in here, which makes their arithmetic JavaScript's without checks.
Other types: None, bool, str, ``list`` (array), ``Tuple``, ``dict`` (keys through ``key_of``), ``HogDate``,
``HogDateTime``, ``ErrorValue``, ``Closure`` and ``NativeFunction``. Containers are references, equal only to
themselves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from hogapi.hog.errors import HogVMError
from hogapi.hog.temporal import HogDate, HogDateTime

NAN = math.nan
MAX_NESTING = 250
"""Levels of containers that a value may have where a function walks it (printing, JSON, copies)."""

MAX_NUMBER_TEXT = 10_000
"""Characters of a text that is read as a number."""

MAX_ARRAY_TEXT = 1_000_000
"""Characters that an array may have where it is treated as text."""

JS_SPACE = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"  # noqa: E501
_DECIMAL = re.compile(r"[+-]?(?:Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")


class Tuple(list[Any]):
    """An array that prints with parentheses."""

    __slots__ = ()


class ErrorValue:
    """What ``Error(...)`` makes and ``throw`` throws."""

    __slots__ = ("message", "payload", "type")

    def __init__(self, type: Any, message: Any, payload: Any = None) -> None:
        self.type, self.message, self.payload = type, message, payload


class Cell:
    """A captured variable, shared by the frame that declared it and the closures that use it."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Closure:
    """A function of the program: translated ``code``, captured ``cells``, its place (``index`` in ``chunk``)."""

    __slots__ = ("cells", "chunk", "code", "index", "name", "params")

    def __init__(
        self, code: Callable[..., Any], cells: tuple[Cell, ...], params: int, name: str, chunk: str, index: int
    ) -> None:
        self.code, self.cells, self.params, self.name, self.chunk, self.index = code, cells, params, name, chunk, index


@cache
def closure_class(params: int) -> type[Closure]:
    """Return the class of closures with ``params`` parameters: a call tells by one look that it passes as many."""
    return type(f"Closure{params}", (Closure,), {"__slots__": ()})


class NativeFunction:
    """A function of the library (``kind`` "stl") or of the host ("async") used as a value."""

    __slots__ = ("kind", "name", "params")

    def __init__(self, kind: str, name: str, params: int) -> None:
        self.kind, self.name, self.params = kind, name, params


class Key:
    """A dict key that Python would confuse with another (True with 1.0) or could not hash; equal by identity."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and other.value is self.value


class Thrown(Exception):
    """Carries a thrown ``error`` to the handler in the program, or out of it."""

    def __init__(self, error: ErrorValue) -> None:
        super().__init__(error)
        self.error = error


def throw(value: Any) -> Thrown:
    """Return the exception that throwing ``value`` raises; HogVMError when it is not an error (spec 4.2)."""
    if value.__class__ is not ErrorValue:
        raise HogVMError("Can not throw: value is not of type Error")
    return Thrown(value)


def key_of(value: Any) -> Any:
    """Return the Python dict key that stands for the Hog key ``value``."""
    kind = value.__class__
    if kind is str or value is None:
        return value
    if kind is float:
        return NAN if value != value else value
    return Key(value)


def key_value(key: Any) -> Any:
    """Return the Hog key that the Python dict key ``key`` stands for."""
    return key.value if key.__class__ is Key else key


def truthy(value: Any) -> bool:
    """Tell whether ``value`` counts as true: all but null, false, 0, NaN and ''."""
    kind = value.__class__
    if kind is float:
        return bool(value == value and value)
    return value is not None and value is not False and not (kind is str and not value)


def string_to_number(text: str) -> float:
    """Return JavaScript's ``Number(text)``; NaN for a text too long for anybody's number."""
    if len(text) > MAX_NUMBER_TEXT:
        return NAN
    text = text.strip(JS_SPACE)
    if not text:
        return 0.0
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _RADIX.fullmatch(text):
        try:
            return float(int(text, 0))
        except OverflowError:
            return math.inf
    return NAN


def to_number(value: Any) -> float:
    """Return JavaScript's ``Number(value)``; arrays of one element count as that element."""
    for _ in range(MAX_NESTING):
        kind = value.__class__
        if kind is float:
            return float(value)
        if kind is str:
            return string_to_number(value)
        if value is None:
            return 0.0
        if kind is bool:
            return 1.0 if value else 0.0
        if kind not in (list, Tuple) or len(value) > 1:
            return NAN
        value = value[0] if value else None
        if value.__class__ is bool:
            return NAN
    return NAN


def number_text(number: float) -> str:
    """Write ``number`` as ECMAScript's Number::toString does (1.0 -> 1, 1e21 -> 1e+21)."""
    if -1e15 < number < 1e15 and number == int(number):
        return str(int(number))
    if number != number:
        return "NaN"
    if number in (math.inf, -math.inf):
        return "Infinity" if number > 0 else "-Infinity"
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    return ("-" if number < 0 else "") + _place_point(digits, point)


def _place_point(digits: str, point: int) -> str:
    if 0 < point <= 21:
        if len(digits) <= point:
            return digits.ljust(point, "0")
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    exponent = point - 1
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{tail}e{'+' if exponent >= 0 else '-'}{abs(exponent)}"


def js_text(value: Any) -> str:
    """Return JavaScript's ``String(value)``, with '' for null inside arrays; used by joins, sorts and comparisons.

    HogVMError for arrays nested too deeply or written out to more than ``MAX_ARRAY_TEXT`` characters.
    """
    kind = value.__class__
    if kind is str:
        return str(value)
    if kind is float:
        return number_text(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is list or kind is Tuple:
        parts: list[str] = []
        _write_array(value, parts, MAX_ARRAY_TEXT, MAX_NESTING)
        return "".join(parts)
    return "[object Map]" if kind is dict else "[object Object]"


def _write_array(values: list[Any], parts: list[str], room: int, depth: int) -> int:
    """Append the elements, separated by commas, to ``parts``; return what is left of ``room``."""
    if not depth:
        raise HogVMError("Value is nested too deeply")
    for number, value in enumerate(values):
        if number:
            parts.append(",")
        if value.__class__ is list or value.__class__ is Tuple:
            room = _write_array(value, parts, room - 1, depth - 1)
        elif value is not None:
            parts.append(js_text(value))
            room -= len(parts[-1])
        room -= 1
        if room < 0:
            raise HogVMError("Array is too large to be treated as text")
    return room


def add(left: Any, right: Any) -> float:
    """``left + right`` of numbers; text is not concatenated (spec 4.6)."""
    return to_number(left) + to_number(right)


def subtract(left: Any, right: Any) -> float:
    """``left - right`` of numbers."""
    return to_number(left) - to_number(right)


def multiply(left: Any, right: Any) -> float:
    """``left * right`` of numbers."""
    return to_number(left) * to_number(right)


def divide(left: Any, right: Any) -> float:
    """``left / right`` of numbers; by zero it is an infinity or NaN."""
    above, below = to_number(left), to_number(right)
    if below:
        return above / below
    if not above or above != above:
        return NAN
    return math.inf if math.copysign(1.0, above) == math.copysign(1.0, below) else -math.inf


def modulo(left: Any, right: Any) -> float:
    """The remainder of ``left / right`` with the sign of ``left``; NaN by zero."""
    above, below = to_number(left), to_number(right)
    if not below or below != below or above - above != 0:
        return NAN
    return math.fmod(above, below)


_TYPE_NAMES: dict[type, str] = {
    bool: "boolean",
    str: "string",
    list: "array",
    Tuple: "tuple",
    HogDate: "date",
    HogDateTime: "datetime",
    ErrorValue: "error",
    NativeFunction: "function",
}


def type_name(value: Any) -> str:
    """Return what ``typeof`` says of ``value`` (spec 5): 1.0 is an integer."""
    if value is None:
        return "null"
    kind = value.__class__
    if kind is str:
        return "string"
    if kind is float:
        return "integer" if value == value and value not in (math.inf, -math.inf) and value == int(value) else "float"
    if kind is dict:
        return "sql" if "__hx_ast" in value or "__hx_tag" in value else "object"
    return _TYPE_NAMES.get(kind) or ("function" if isinstance(value, Closure) else "object")


_ATTRIBUTES: dict[type, frozenset[str]] = {
    HogDate: frozenset({"year", "month", "day"}),
    HogDateTime: frozenset({"dt", "zone"}),
    ErrorValue: frozenset({"type", "message", "payload"}),
}


def get_property(target: Any, key: Any) -> Any:
    """``target[key]``: null where there is nothing; arrays count from 1 and from -1 backwards (spec 4.5)."""
    kind = target.__class__
    if kind is dict:
        return target.get(key_of(key))
    if kind is list or kind is Tuple:
        if key.__class__ is not float:
            return float(len(target)) if key == "length" else None
        return array_element(target, key)
    if kind in _ATTRIBUTES and key.__class__ is str and key in _ATTRIBUTES[kind]:
        found = getattr(target, key)
        return float(found) if found.__class__ is int else found
    return None


def array_element(values: list[Any], position: float) -> Any:
    """Return the element at the 1-based ``position`` (negative: from the end), null beyond the ends."""
    if position == 0:
        raise HogVMError("Hog arrays start from index 1")
    length = len(values)
    if not -length <= position <= length or position != int(position):
        return None
    place = int(position)
    return values[place - 1 if place > 0 else place]


def array_slot(values: list[Any], key: Any) -> int:
    """Return the 0-based place that assigning to ``values[key]`` writes; HogVMError for what is no place."""
    if key.__class__ is not float or key != key or key - key != 0 or key != int(key):
        raise HogVMError(f"Can not set {js_text(key)} on element of type object")
    if key <= 0:
        raise HogVMError("Hog arrays start from index 1")
    return int(key) - 1
