"""Steps as they are stored: every key is there, and whether events can be matched with them is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hogapi.hog.errors import HogError
from hogapi.hog.filters import compile_filters
from hogapi.hog.filters_selectors import selector_regex

Step = dict[str, Any]

_KEYS = (
    "event", "properties", "selector", "selector_regex", "tag_name", "text", "text_matching", "href", "href_matching",
    "url", "url_matching",
)  # fmt: skip


def completed(step: Mapping[str, Any]) -> Step:
    """Return a checked step with all its keys; what was not given is null, and `url` need only be contained."""
    stored = {key: step.get(key) for key in _KEYS}
    stored["selector_regex"] = _selector_regex(step.get("selector"))
    if "url_matching" not in step:
        stored["url_matching"] = "contains"
    return stored


def problem_of(steps: Sequence[Step]) -> str | None:
    """Return why no event can be matched with these steps; None if that is possible."""
    try:
        compile_filters({"actions": [{"id": 0, "type": "actions"}]}, actions={0: steps})
    except HogError as error:
        return error.message
    return None


def _selector_regex(selector: str | None) -> str | None:
    if not selector:
        return None
    try:
        return selector_regex(selector)
    except HogError:
        return None  # `problem_of` says why
