"""LIKE and regular expressions (spec hog_language.md 4.7): RE2 only, so that no pattern takes exponential time."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from hogapi.hog.errors import HogVMError
from hogapi.hog.meter import Run
from hogapi.hog.values import js_text, truthy

MAX_PATTERN = 20_000  # characters
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 4 * 2**20
_LIKE_SPECIAL = re.compile(r"[-/\\^$*+?.()|\[\]{}]")


@lru_cache(maxsize=1024)
def pattern(text: str) -> Any:
    """Compile an RE2 pattern; HogVMError when it is not one."""
    if len(text) > MAX_PATTERN:
        raise HogVMError(f"Regular expression is too long: {len(text)} characters, at most {MAX_PATTERN}")
    try:
        return re2.compile(text, _OPTIONS)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else error.args[0]
        raise HogVMError(f"Invalid regular expression: {reason}") from None


def clean(text: str) -> str:
    """Replace lone surrogates, which have no UTF-8 and so no place in RE2."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def search(run: Run, expression: str, text: str) -> Any:
    """Return the first match of ``expression`` anywhere in ``text``, or None."""
    run.work(len(text), 30.0)
    return pattern(clean(expression)).search(clean(text))


@lru_cache(maxsize=1024)
def _like_pattern(text: str, insensitive: bool) -> str:
    escaped = _LIKE_SPECIAL.sub(r"\\\g<0>", text).replace("%", ".*").replace("_", ".")
    return f"(?i){escaped}" if insensitive else escaped


def like(run: Run, value: Any, wanted: Any) -> bool:
    """``value like wanted``: ``%`` is any text, ``_`` one character, anywhere in the value."""
    return search(run, _like_pattern(js_text(wanted), False), js_text(value)) is not None


def ilike(run: Run, value: Any, wanted: Any) -> bool:
    """``like`` without regard to case."""
    return search(run, _like_pattern(js_text(wanted), True), js_text(value)) is not None


def match(run: Run, value: Any, expression: Any) -> bool:
    """``value =~ expression``; false when either is empty or null."""
    if not truthy(value) or not truthy(expression):
        return False
    return search(run, js_text(expression), js_text(value)) is not None


def imatch(run: Run, value: Any, expression: Any) -> bool:
    """``match`` without regard to case."""
    if not truthy(value) or not truthy(expression):
        return False
    return search(run, "(?i)" + js_text(expression), js_text(value)) is not None
