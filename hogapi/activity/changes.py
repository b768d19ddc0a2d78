"""What differs between two states of an object, field by field (groups_auth_platform.md F.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Model

from hogapi.api import json

Change = dict[str, Any]
"""``type`` (the kind of object), ``action`` (changed, created, deleted), ``field``, ``before``, ``after``."""

MASK = "masked"
TOO_LARGE = "too large to tell"
LARGEST_BYTES = 32 * 1024
"""Of a value as JSON; pages of entries have to stay answers that a process can hold."""
_COMMON = frozenset(
    {
        "id", "uuid", "short_id", "created_at", "created_by", "last_modified_at", "last_modified_by", "updated_at",
        "updated_by", "project", "team", "team_id",
    }
)  # fmt: skip


def snapshot(instance: Model, *, without: Collection[str] = ()) -> dict[str, Any]:
    """Return the fields of an object that changes are told of, related objects as their ids.

    Values are not copied: replace them, rather than change them in place, between two snapshots.
    """
    return {
        field.name: getattr(instance, field.attname)
        for field in instance._meta.concrete_fields
        if field.name not in _COMMON and field.name not in without
    }


def changes_between(
    kind: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    secret: Collection[str] = (),
    names: Mapping[str, str] | None = None,
) -> list[Change]:
    """Return the changes that lead from one snapshot to another, in the order of fields.

    Values of `secret` fields are compared, and told as ``masked``; large values are told as ``too large to tell``.
    `names` maps fields to the names that the log has for them.
    """
    changes = []
    for field, old in before.items():
        new = after[field]
        if old == new and type(old) is type(new):
            continue
        masked = field in secret
        changes.append(
            {
                "type": kind,
                "action": _action(old, new),
                "field": (names or {}).get(field, field),
                "before": _told(old, masked),
                "after": _told(new, masked),
            }
        )
    return changes


def _told(value: Any, masked: bool) -> Any:
    if masked and not _is_empty(value):
        return MASK
    large = isinstance(value, str | list | dict) and len(json.dumps(value)) > LARGEST_BYTES
    return TOO_LARGE if large else value


def _action(old: Any, new: Any) -> str:
    if _is_empty(old) == _is_empty(new):
        return "changed"
    return "created" if _is_empty(old) else "deleted"


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {}, ())
