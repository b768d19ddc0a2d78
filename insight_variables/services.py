"""What can be done with insight variables; every rule of insights.md 2 is here."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from hogapi.activity.changes import Change, changes_between, snapshot
from hogapi.activity.services import record
from hogapi.api import sizes
from hogapi.api.errors import InvalidInput, NotFound
from insight_variables import list_values
from insight_variables.models import InsightVariable, VariableType

SCOPE = "InsightVariable"
_SIZED = ("default_value", "values")


def code_name_of(name: str) -> str:
    """Return the name that queries use: letters, digits and underscores, lower case, each space an underscore."""
    kept = "".join(letter for letter in name if letter.isalnum() or letter in " _")
    return kept.replace(" ", "_").lower()


def variables_of(project_id: int) -> QuerySet[InsightVariable]:
    """Return the project's variables, oldest first."""
    return InsightVariable.objects.filter(project_id=project_id).order_by("created_at", "id")


def variable_of(project_id: int, variable_id: UUID) -> InsightVariable:
    """Return one of the project's variables. Raises `NotFound`."""
    variable = variables_of(project_id).filter(id=variable_id).first()
    if variable is None:
        raise NotFound
    return variable


def create(*, project_id: int, user_id: int, data: Mapping[str, Any]) -> InsightVariable:
    """Store a variable. Raises `InvalidInput` when its code name is taken in the project or a list value is no text."""
    _refuse_larger(None, data)
    variable = InsightVariable(
        project_id=project_id, created_by_id=user_id, code_name=code_name_of(data["name"]), **_stored(data)
    )
    try:
        with transaction.atomic():
            variable.save(force_insert=True)
            _record(variable, user_id, "created")
    except IntegrityError:
        raise InvalidInput("Variable with this code name already exists") from None
    return variable


@transaction.atomic
def update(*, variable: InsightVariable, user_id: int, data: Mapping[str, Any]) -> InsightVariable:
    """Change a variable; its code name stays. Raises `InvalidInput` for a list value that is no text."""
    _refuse_larger(variable, data)
    before = snapshot(variable)
    changes = _stored(data, stored_type=variable.type)
    for name, value in changes.items():
        setattr(variable, name, value)
    if changes:
        variable.save(update_fields=list(changes))
    _record(variable, user_id, "updated", changes_between(SCOPE, before, snapshot(variable)))
    return variable


@transaction.atomic
def delete(*, variable: InsightVariable, user_id: int) -> None:
    """Delete a variable for good."""
    _record(variable, user_id, "deleted")
    variable.delete()


def _refuse_larger(variable: InsightVariable | None, data: Mapping[str, Any]) -> None:
    sizes.refuse_larger({name: data.get(name, getattr(variable, name, None)) for name in _SIZED}, sent=data)


def _record(variable: InsightVariable, user_id: int, activity: str, changes: list[Change] | None = None) -> None:
    record(
        project_id=variable.project_id,
        user_id=user_id,
        scope=SCOPE,
        item_id=variable.pk,
        activity=activity,
        name=variable.name,
        changes=changes,
    )


def _stored(data: Mapping[str, Any], stored_type: str | None = None) -> dict[str, Any]:
    stored = dict(data)
    if stored.get("type", stored_type) == VariableType.LIST:
        if "values" in stored:
            stored["values"] = list_values.to_store(stored["values"])
        elif stored_type is None:
            stored["values"] = []
        if "default_value" in stored:
            stored["default_value"] = list_values.default_to_store(stored["default_value"])
    return stored
