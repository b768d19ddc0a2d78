"""Comparing values: equality, order and membership (spec hog_language.md 4.6)."""

from __future__ import annotations

from typing import Any

from hogapi.hog.errors import HogVMError
from hogapi.hog.temporal import HogDate, HogDateTime, parse_seconds
from hogapi.hog.values import Tuple, js_text, string_to_number, to_number, type_name


def _seconds(value: Any) -> float | None:
    return value.seconds if value.__class__ is HogDate or value.__class__ is HogDateTime else None


def unify(left: Any, right: Any) -> tuple[Any, Any]:
    """Bring both sides of a comparison to one type where the language does (spec 4.6)."""
    first, second = _seconds(left), _seconds(right)
    if first is not None or second is not None:
        if first is None and left.__class__ is str:
            first = parse_seconds(left)
        if second is None and right.__class__ is str:
            second = parse_seconds(right)
        return (left, right) if first is None or second is None else (first, second)
    kinds = left.__class__, right.__class__
    if kinds == (float, str):
        return left, string_to_number(right)
    if kinds == (str, float):
        return string_to_number(left), right
    if kinds == (bool, str):
        return left, right == "true"
    if kinds == (str, bool):
        return left == "true", right
    if kinds in ((bool, float), (float, bool)):
        return float(left), float(right)
    return left, right


def numeric_arrays(left: Any, right: Any) -> bool:
    """Tell whether both are arrays of finite numbers, which compare element by element (semantic versions)."""
    if not (isinstance(left, list) and isinstance(right, list)):
        return False
    return all(item.__class__ is float and item - item == 0 for side in (left, right) for item in side)


def identical(left: Any, right: Any) -> bool:
    """JavaScript's ``left === right``: value for scalars, identity for the rest."""
    kind = left.__class__
    if kind is not right.__class__:
        return False
    return left == right if kind is float or kind is str else left is right


def equal(left: Any, right: Any) -> bool:
    """``left = right`` of the language."""
    left, right = unify(left, right)
    if left.__class__ is right.__class__ or isinstance(left, list):
        return identical(left, right) or (numeric_arrays(left, right) and list(left) == list(right))
    return False


def _ordered(left: Any, right: Any) -> tuple[Any, Any]:
    left, right = unify(left, right)
    if numeric_arrays(left, right):
        return list(left), list(right)
    return comparable(left, right)


def comparable(left: Any, right: Any) -> tuple[Any, Any]:
    """Return the pair that JavaScript's ``<`` compares: two strings, or two numbers."""
    scalars = (float, str, bool, type(None))
    first = left if left.__class__ in scalars else js_text(left)
    second = right if right.__class__ in scalars else js_text(right)
    if first.__class__ is str and second.__class__ is str:
        return first, second
    return to_number(first), to_number(second)


def less(left: Any, right: Any) -> bool:
    """``left < right`` of the language; null orders as 0, NaN never."""
    first, second = _ordered(left, right)
    return bool(first < second)


def less_equal(left: Any, right: Any) -> bool:
    """``left <= right`` of the language."""
    first, second = _ordered(left, right)
    return bool(first <= second)


def contains(haystack: Any, needle: Any) -> bool:
    """``needle in haystack``: membership without coercion in arrays, substring in text (spec 4.6)."""
    kind = haystack.__class__
    if kind is list or kind is Tuple:
        return index_of(haystack, needle, nan_equal=True) >= 0
    if kind is str:
        return js_text(needle) in haystack
    raise HogVMError(f"Can not look for a value in {type_name(haystack)}: an array, a tuple or a string is required")


def index_of(values: list[Any], needle: Any, *, nan_equal: bool = False) -> int:
    """Return the 0-based place of ``needle`` among ``values`` by ``identical``, -1 if absent."""
    kind = needle.__class__
    if kind is float and needle != needle:
        return next((i for i, v in enumerate(values) if v.__class__ is float and v != v), -1) if nan_equal else -1
    if kind is float or kind is str:
        return next((i for i, v in enumerate(values) if v.__class__ is kind and v == needle), -1)
    return next((i for i, v in enumerate(values) if v is needle), -1)
