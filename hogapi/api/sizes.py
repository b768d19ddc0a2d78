"""A bound for what one resource stores, so that lists of them stay answers that a process can hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from hogapi.api import json
from hogapi.api.errors import InvalidInput

MAX_BYTES = 2**20
"""Of all parts of one object together, as JSON."""


def refuse_larger(parts: Mapping[str, Any], *, sent: Collection[str] | None = None) -> None:
    """Raise InvalidInput if `parts` (values by field) exceed `MAX_BYTES` together.

    It names the largest field, among those that were `sent` if some come from what is stored.
    """
    sizes = {name: len(json.dumps(value)) for name, value in parts.items() if value is not None}
    total = sum(sizes.values())
    if total <= MAX_BYTES:
        return
    largest = max((name for name in sizes if sent is None or name in sent), key=sizes.__getitem__, default=None)
    raise InvalidInput(f"{_listed(sizes)} may not exceed 1MB together, but have {total} bytes as JSON.", attr=largest)


def _listed(names: Collection[str]) -> str:
    *first, last = sorted(names)
    return f"{', '.join(first)} and {last}" if first else last
