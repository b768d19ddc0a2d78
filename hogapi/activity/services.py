"""Writing the activity log, and finding entries of it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from hogapi.activity.changes import Change
from hogapi.activity.models import ActivityLog


def record(
    *,
    project_id: int,
    user_id: int | None,
    scope: str,
    item_id: object,
    activity: str,
    name: str | None,
    type: str | None = None,
    changes: Sequence[Change] | None = None,
) -> None:
    """Add an entry; call it in the transaction of the change. Without a user the server itself did it.

    An update that changes nothing leaves no entry.
    """
    if activity == "updated" and not changes:
        return
    detail = {"name": name, "type": type, "short_id": None, "trigger": None, "changes": changes}
    ActivityLog.objects.create(
        project_id=project_id,
        user_id=user_id,
        is_system=user_id is None,
        scope=scope,
        item_id=str(item_id),
        activity=activity,
        detail=detail,
    )


def entries(
    project_id: int,
    *,
    scopes: Sequence[str] = (),
    item_id: str | None = None,
    user: int | UUID | None = None,
) -> QuerySet[ActivityLog]:
    """Return the project's entries with their users, newest first; empty criteria select everything."""
    found = ActivityLog.objects.filter(project_id=project_id).select_related("user")
    if scopes:
        found = found.filter(scope__in=scopes)
    if item_id is not None:
        found = found.filter(item_id=item_id)
    if isinstance(user, UUID):
        found = found.filter(user__uuid=user)
    elif user is not None:
        found = found.filter(user_id=user)
    return found.order_by("-created_at", "id")
