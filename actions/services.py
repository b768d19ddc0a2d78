"""What can be done with actions. Each verb is one transaction, in which filters that refer to the action follow it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from actions import steps
from hogapi.accounts.filter_owners import change_references, recompile_filters
from hogapi.activity.changes import Change, changes_between, snapshot
from hogapi.activity.services import record
from hogapi.api import sizes
from hogapi.api.errors import InvalidInput, NotFound
from hogapi.definitions.models import Action

SCOPE = "Action"
_COMPUTED = frozenset({"bytecode_error", "last_calculated_at"})
_SIZED = ("description", "steps", "tags")
_LARGEST_ID = 2**63 - 1


def actions_of(project_id: int) -> QuerySet[Action]:
    """Return the project's actions with their creators, those whose steps changed last first."""
    found = Action.objects.filter(project_id=project_id, deleted=False).select_related("created_by")
    return found.order_by("-last_calculated_at", "name", "id")


def action_of(project_id: int, action_id: str, *, deleted: bool = False, lock: bool = False) -> Action:
    """Return one of the project's actions, also a deleted one if `deleted`; locked in this transaction if `lock`.

    Raises `NotFound`, also for text that is no id.
    """
    if not (action_id.isascii() and action_id.isdigit()) or len(action_id) > 19 or int(action_id) > _LARGEST_ID:
        raise NotFound
    found = Action.objects.filter(project_id=project_id, pk=int(action_id)).select_related("created_by")
    if not deleted:
        found = found.filter(deleted=False)
    action = (found.select_for_update(of=("self",)) if lock else found).first()
    if action is None:
        raise NotFound
    return action


@transaction.atomic
def create(*, project_id: int, user_id: int, data: Mapping[str, Any]) -> Action:
    """Store an action from validated `data`. Raises `InvalidInput` when another one has its name."""
    action = Action(project_id=project_id, created_by_id=user_id)
    _change(action, {"steps": [], **data})
    _save(action)
    _record(action, user_id, "created")
    return action


@transaction.atomic
def update(*, project_id: int, user_id: int, action_id: str, data: Mapping[str, Any], undelete: bool = False) -> Action:
    """Change an action; a deleted one only if `undelete`. Raises `NotFound`, `InvalidInput`."""
    change_references(project_id=project_id)
    action = action_of(project_id, action_id, deleted=undelete, lock=True)
    before = snapshot(action, without=_COMPUTED)
    _change(action, data)
    _save(action)
    changes = changes_between(SCOPE, before, snapshot(action, without=_COMPUTED))
    _record(action, user_id, "updated", changes)
    if any(change["field"] in ("steps", "deleted") for change in changes):
        recompile_filters(project_id=project_id, action_id=action.pk)
    return action


def _change(action: Action, data: Mapping[str, Any]) -> None:
    changes = dict(data)
    sizes.refuse_larger({name: data.get(name, getattr(action, name)) for name in _SIZED}, sent=data)
    if "steps" in changes:
        changes["steps"] = [steps.completed(step) for step in changes["steps"]]
        changes["bytecode_error"] = steps.problem_of(changes["steps"])
        changes["last_calculated_at"] = timezone.now()
    if "tags" in changes:
        changes["tags"] = list(dict.fromkeys(tag.lower() for tag in changes["tags"]))
    if changes.get("pinned_at") is not None:
        changes["pinned_at"] = action.pinned_at or timezone.now()
    for name, value in changes.items():
        setattr(action, name, value)


def _record(action: Action, user_id: int, activity: str, changes: list[Change] | None = None) -> None:
    record(
        project_id=action.project_id,
        user_id=user_id,
        scope=SCOPE,
        item_id=action.pk,
        activity=activity,
        name=action.name,
        changes=changes,
    )


def _save(action: Action) -> None:
    try:
        with transaction.atomic():
            action.save()
    except IntegrityError:
        others = Action.objects.filter(project_id=action.project_id, name=action.name, deleted=False)
        other = others.exclude(pk=action.pk).values_list("pk", flat=True).first()
        detail = f"This project already has an action with this name, ID {other}"
        raise InvalidInput(detail, attr="name", code="unique") from None
