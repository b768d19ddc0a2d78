"""Array functions that call no function of the program; all return new arrays (spec hog_language.md 5)."""

from __future__ import annotations

from typing import Any

from hogapi.hog import values
from hogapi.hog.conversion import ENTRY_BYTES
from hogapi.hog.meter import Run
from hogapi.hog.stl.registry import native
from hogapi.hog.stl.text import element_text


def _items(run: Run, array: Any, more: int = 0) -> list[Any] | None:
    """Return a plain list of the elements, charged for with ``more`` to come; None for what is no array."""
    if not isinstance(array, list):
        return None
    run.charge(ENTRY_BYTES // 2 * (len(array) + more))
    return list(array)


@native("arrayPushBack", least=2, most=2)
def push_back(run: Run, array: Any, item: Any) -> list[Any]:
    """``array`` with ``item`` after it."""
    return [*(_items(run, array, 1) or []), item]


@native("arrayPushFront", least=2, most=2)
def push_front(run: Run, array: Any, item: Any) -> list[Any]:
    """``array`` with ``item`` before it."""
    return [item, *(_items(run, array, 1) or [])]


@native("arrayPopBack", least=1, most=1)
def pop_back(run: Run, array: Any) -> list[Any]:
    """``array`` without its last element."""
    return (_items(run, array) or [])[:-1]


@native("arrayPopFront", least=1, most=1)
def pop_front(run: Run, array: Any) -> list[Any]:
    """``array`` without its first element."""
    return (_items(run, array) or [])[1:]


@native("arrayReverse", least=1, most=1)
def reverse(run: Run, array: Any) -> list[Any]:
    """``array`` backwards."""
    return (_items(run, array) or [])[::-1]


def _sorted(run: Run, array: Any) -> list[Any]:
    items = _items(run, array, 2 * len(array) if isinstance(array, list) else 0) or []
    run.work(len(items), 1000.0)
    return sorted(items, key=lambda item: element_text(run, item))


@native("arraySort", least=1, most=None)
def sort(run: Run, array: Any, *_: Any) -> list[Any]:
    """``array`` ordered by the text of its elements, as JavaScript does."""
    return _sorted(run, array)


@native("arrayReverseSort", least=1, most=None)
def reverse_sort(run: Run, array: Any, *_: Any) -> list[Any]:
    """``arraySort`` backwards."""
    return _sorted(run, array)[::-1]


@native("arrayStringConcat", least=1, most=2)
def string_concat(run: Run, array: Any, separator: Any = "") -> str:
    """The texts of the elements joined by ``separator``; null counts as ''."""
    if not isinstance(array, list):
        return ""
    mark = "" if separator is None else values.js_text(separator)
    run.work(len(array), 100.0)
    texts = ["" if item is None else element_text(run, item) for item in array]
    run.charge(sum(map(len, texts)) + len(mark) * len(texts))
    return mark.join(texts)
