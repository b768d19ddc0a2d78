"""Creating and changing hog functions: the rules beyond shapes (hog_functions.md 2). Each verb is one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from hog_functions import activity, sizes
from hog_functions.definitions import Stored, check
from hog_functions.models import MAX_EXECUTION_ORDER, FunctionHealth, FunctionType, HealthState, HogFunction
from hogapi.accounts.filter_owners import hold_references
from hogapi.api.errors import InvalidInput, NotFound
from hogapi.runtime import filters, templates
from hogapi.runtime.models import HogFunctionTemplate
from hogapi.runtime.source import JAVASCRIPT_TYPES

MAX_ENABLED_TRANSFORMATIONS = 20
_TEMPLATE_FILLS = ("name", "description", "icon_url", "inputs_schema")
_PLAIN = ("name", "description", "icon_url", "enabled", "deleted", "execution_order")


@dataclass(frozen=True)
class Saved:
    """A function that was created or changed, and what was left out of the request on the way."""

    id: UUID
    warnings: tuple[str, ...] = ()


@transaction.atomic
def create(*, project_id: int, user_id: int, data: Mapping[str, Any]) -> Saved:
    """Make a function from validated `data` of `HogFunctionSerializer`. Raises InvalidInput."""
    hold_references(project_id=project_id)
    type_ = data.get("type", FunctionType.DESTINATION)
    template = _template(data.get("template_id"))
    filled = _filled(data, template)
    if type_ in JAVASCRIPT_TYPES:
        raise InvalidInput(f'Functions of the type "{type_}" cannot be created by this version.', attr="type")
    if filled.get("mappings") == []:
        filled["mappings"] = None
    stored = Stored()
    definition = check(filled, type=type_, stored=stored, project=filters.ProjectData(project_id))
    if filled.get("enabled") and type_ == FunctionType.TRANSFORMATION:
        _refuse_too_many_transformations(project_id)
    definition.compile_hog()
    if "hog" not in definition.columns:
        raise InvalidInput("Required.", attr="hog")
    order = filled.get("execution_order")
    if order is None and type_ == FunctionType.TRANSFORMATION:
        order = _next_order(project_id)
    function = HogFunction(
        project_id=project_id,
        type=type_,
        created_by_id=user_id,
        template_id=data.get("template_id") or None,
        hog_function_template=template,
        **{key: filled[key] for key in _PLAIN if filled.get(key) is not None and key != "execution_order"},
        execution_order=order,
        **definition.columns,
    )
    function.encrypt(definition.secrets, definition.mapping_secrets)
    function.updated_at = function.created_at
    function.save(force_insert=True)
    activity.record_created(function, user_id=user_id)
    return Saved(function.pk, definition.warnings)


@transaction.atomic
def update(
    *, project_id: int, user_id: int, function_id: UUID, data: Mapping[str, Any], undelete: bool = False
) -> Saved:
    """Change a function by validated `data`; what is absent stays. Raises InvalidInput, NotFound.

    A deleted function is found only with `undelete`.
    """
    hold_references(project_id=project_id)
    function = find(project_id=project_id, function_id=function_id, deleted=undelete, lock=True)
    if "type" in data and data["type"] != function.type:
        raise InvalidInput("Cannot modify the type of an existing function", attr="type")
    if "hog" in data and not data["hog"].strip():
        raise InvalidInput("This field may not be blank.", attr="hog", code="blank")
    before = activity.snapshot(function)
    sizes.refuse_growth({**before, "icon_url": function.icon_url}, data)
    secrets, mapping_secrets = function.decrypted()
    stored = Stored(
        inputs_schema=function.inputs_schema,
        inputs=function.inputs,
        filters=function.filters,
        mappings=function.mappings,
        secrets=secrets,
        mapping_secrets=mapping_secrets,
    )
    definition = check(data, type=function.type, stored=stored, project=filters.ProjectData(project_id))
    comes_back = function.deleted and data.get("deleted") is False
    is_switched_on = not function.enabled and data.get("enabled") is True
    if function.type == FunctionType.TRANSFORMATION:
        if is_switched_on:
            _refuse_too_many_transformations(project_id)
        if (comes_back or is_switched_on) and "execution_order" not in data:
            function.execution_order = _next_order(project_id)
    definition.compile_hog()
    changes = {**{key: data[key] for key in _PLAIN if key in data}, **definition.columns}
    for key, value in changes.items():
        setattr(function, key, value)
    if definition.holds_secrets:
        function.encrypt(definition.secrets, definition.mapping_secrets)
    function.updated_at = timezone.now()
    function.save(update_fields={*changes, "execution_order", "encrypted_inputs", "updated_at"})
    activity.record_updated(function, user_id=user_id, before=before)
    if function.enabled:
        FunctionHealth.objects.filter(function=function, state=HealthState.DISABLED).update(state=HealthState.DEGRADED)
    return Saved(function.pk, definition.warnings)


def find(*, project_id: int, function_id: UUID, deleted: bool = False, lock: bool = False) -> HogFunction:
    """Return the function, also a deleted one if `deleted`; locked until the transaction ends if `lock`.

    Raises NotFound.
    """
    found = HogFunction.objects.filter(project_id=project_id, pk=function_id)
    if not deleted:
        found = found.filter(deleted=False)
    function = (found.select_for_update() if lock else found).first()
    if function is None:
        raise NotFound
    return function


def _template(template_id: str | None) -> HogFunctionTemplate | None:
    if not template_id:
        return None
    template = templates.find(template_id)
    if template is None:
        raise InvalidInput(f"No template found for id '{template_id}'", attr="template_id")
    return template


def _filled(data: Mapping[str, Any], template: HogFunctionTemplate | None) -> dict[str, Any]:
    """`data` with the gaps that the template fills; inputs are not among them."""
    filled = {"inputs_schema": [], "inputs": {}, "filters": {}, **data}
    if template is not None:
        for key in _TEMPLATE_FILLS:
            filled[key] = filled.get(key) or getattr(template, key)
        filled["hog"] = filled.get("hog") or template.code
    elif "hog" in filled and not filled["hog"].strip():
        raise InvalidInput("This field may not be blank.", attr="hog", code="blank")
    return filled


def _refuse_too_many_transformations(project_id: int) -> None:
    running = HogFunction.objects.filter(
        project_id=project_id, type=FunctionType.TRANSFORMATION, enabled=True, deleted=False
    )
    if running.count() >= MAX_ENABLED_TRANSFORMATIONS:
        raise InvalidInput(
            f"Maximum of {MAX_ENABLED_TRANSFORMATIONS} enabled transformation functions allowed per team. Please "
            "contact support if you need this limit increased, or disable some existing transformations.",
            attr="type",
        )


def _next_order(project_id: int) -> int:
    existing = HogFunction.objects.filter(project_id=project_id, type=FunctionType.TRANSFORMATION, deleted=False)
    last = existing.aggregate(last=Max("execution_order"))["last"] or 0
    return min(last + 1, MAX_EXECUTION_ORDER)
