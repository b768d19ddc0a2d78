"""Pattern functions (spec hog_language.md 4.7, 5)."""

from __future__ import annotations

import re
from typing import Any

from hogapi.hog import matching, values
from hogapi.hog.meter import Run
from hogapi.hog.stl.registry import native
from hogapi.hog.stl.text import element_text

_SEMVER = re.compile(r"\d+(?:\.\d+)+", re.ASCII)

native("like", least=2, most=2)(matching.like)
native("ilike", least=2, most=2)(matching.ilike)
native("match", least=2, most=2)(matching.match)


@native("__imatch", least=2, most=2)
def imatch(run: Run, value: Any, expression: Any) -> bool:
    """``match`` without regard to case."""
    return matching.imatch(run, value, expression)


@native("notLike", least=2, most=2)
def not_like(run: Run, value: Any, wanted: Any) -> bool:
    """The opposite of ``like``."""
    return not matching.like(run, value, wanted)


@native("notILike", least=2, most=2)
def not_ilike(run: Run, value: Any, wanted: Any) -> bool:
    """The opposite of ``ilike``."""
    return not matching.ilike(run, value, wanted)


@native("extractRegex", least=2, most=2)
def extract_regex(run: Run, value: Any, expression: Any) -> str:
    """Group 1 of the first match, or the whole match if there is no group; '' without a match."""
    if not values.truthy(value) or not values.truthy(expression):
        return ""
    found = matching.search(run, values.js_text(expression), values.js_text(value))
    if found is None:
        return ""
    return str((found[1] if found.re.groups else found[0]) or "")


@native("multiSearchAnyCaseInsensitive", least=2, most=2)
def multi_search_any(run: Run, value: Any, needles: Any) -> float:
    """1 if any of ``needles`` occurs in ``value`` whatever the case, else 0."""
    if not isinstance(needles, list) or value is None:
        return 0.0
    text = values.js_text(value).lower()
    run.work(len(text) * (len(needles) + 1), 5.0)
    return float(any(element_text(run, needle).lower() in text for needle in needles))


@native("sortableSemver", least=1, most=1, exact=True)
def sortable_semver(run: Run, value: Any) -> list[float]:
    """The first version number in ``value`` as an array of numbers, which compares part by part; [] for null."""
    if value is None or value == "":
        return []
    text = values.js_text(value)
    run.work(len(text))
    found = _SEMVER.search(text)
    return [] if found is None else [float(part) for part in found[0].split(".")]
