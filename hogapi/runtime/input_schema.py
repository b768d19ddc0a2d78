"""What inputs a function declares: the items of ``inputs_schema`` (hog_functions.md 2.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hogapi.runtime import shapes

TYPES = (
    "string",
    "number",
    "boolean",
    "dictionary",
    "choice",
    "json",
    "integration",
    "integration_field",
    "email",
    "native_email",
    "push_subscription",
    "posthog_assignee",
    "posthog_ticket_tags",
)
MAX_ITEMS = 500
TEMPLATING = (True, False, "hog", "liquid")

_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "type": lambda value, attr: shapes.choice(value, attr, TYPES),
    "key": shapes.text,
    "label": lambda value, attr: shapes.text(value, attr, blank=True),
    "choices": shapes.objects,
    "required": shapes.boolean,
    "default": shapes.not_null,
    "secret": shapes.boolean,
    "hidden": shapes.boolean,
    "description": shapes.text,
    "integration": shapes.text,
    "integration_key": shapes.text,
    "requires_field": shapes.text,
    "integration_field": shapes.text,
    "requiredScopes": shapes.text,
    "templating": lambda value, attr: shapes.choice(value, attr, TEMPLATING),
}


def validate(schema: Any, *, attr: str = "inputs_schema") -> list[dict[str, Any]]:
    """Return the clean items of `schema`: known keys only, the three flags always present. Raises InvalidInput."""
    items = []
    for index, item in enumerate(shapes.items(schema, attr, most=MAX_ITEMS)):
        place = shapes.path(attr, index)
        data = shapes.mapping(item, place)
        clean = shapes.pick(data, place, _CHECKS, required=("type", "key"))
        items.append({"required": False, "secret": False, "hidden": False, **clean})
    shapes.storable(items, attr)
    return items
