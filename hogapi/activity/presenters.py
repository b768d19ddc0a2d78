"""Entries as the API shows them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hogapi.activity.models import ActivityLog
from hogapi.api.users import present_user

_SYSTEM = {"first_name": "System", "email": None, "is_system": True}


def present(entry: ActivityLog, *, organization_id: UUID) -> dict[str, Any]:
    """Return an entry in the shape of `ActivityLogSerializer`."""
    return {
        "id": entry.pk,
        "user": present_user(entry.user),
        "unread": False,
        "team_id": entry.project_id,
        "organization_id": organization_id,
        "was_impersonated": False,
        "is_system": entry.is_system,
        "activity": entry.activity,
        "item_id": entry.item_id,
        "scope": entry.scope,
        "detail": entry.detail,
        "created_at": entry.created_at,
    }


def present_short(entry: ActivityLog) -> dict[str, Any]:
    """Return an entry in the shape of `ActivityEntrySerializer`."""
    user = None if entry.user is None else {"first_name": entry.user.first_name, "email": entry.user.email}
    return {
        "id": entry.pk,
        "user": _SYSTEM if entry.is_system else user,
        "activity": entry.activity,
        "scope": entry.scope,
        "item_id": entry.item_id,
        "detail": entry.detail,
        "created_at": entry.created_at,
    }
