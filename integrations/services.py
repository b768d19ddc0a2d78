"""What can be done with integrations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from hogapi.activity.services import record
from hogapi.api import sizes
from hogapi.api.errors import NotFound
from hogapi.definitions.models import Integration
from hogapi.runtime import secrets, shapes
from hogapi.runtime.integrations import merged
from integrations.configurations import divided, name_of

SCOPE = "Integration"
_LARGEST_ID = 2**63 - 1


def integrations_of(project_id: int, *, kind: str = "") -> QuerySet[Integration]:
    """Return the project's integrations with their creators, oldest first; only of one kind if one is given."""
    found = Integration.objects.filter(project_id=project_id).select_related("created_by").order_by("id")
    return found.filter(kind=kind) if kind else found


def integration_of(project_id: int, integration_id: str) -> Integration:
    """Return one of the project's integrations. Raises `NotFound`, also for text that is no id."""
    text = integration_id
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > _LARGEST_ID:
        raise NotFound
    integration = integrations_of(project_id).filter(pk=int(text)).first()
    if integration is None:
        raise NotFound
    return integration


@transaction.atomic
def create(*, project_id: int, user_id: int, data: Mapping[str, Any]) -> Integration:
    """Store an integration from validated `data`. Raises `InvalidInput` for JSON that is too large or too deep."""
    sizes.refuse_larger({key: data[key] for key in ("config", "sensitive_config") if key in data})
    config, found = divided(shapes.storable(data.get("config", {}), "config"))
    private = merged(found, shapes.storable(data.get("sensitive_config", {}), "sensitive_config"))
    integration = Integration(
        project_id=project_id,
        created_by_id=user_id,
        kind=data["kind"],
        display_name=data.get("display_name") or name_of(config, default=data["kind"]),
        config=config,
        sensitive_config=secrets.encrypt(private) if private else None,
    )
    integration.save(force_insert=True)
    _record(integration, user_id, "created")
    return integration


@transaction.atomic
def delete(*, integration: Integration, user_id: int) -> None:
    """Delete an integration for good. Functions that use it fail to build their inputs from then on."""
    _record(integration, user_id, "deleted")
    integration.delete()


def _record(integration: Integration, user_id: int, activity: str) -> None:
    record(
        project_id=integration.project_id,
        user_id=user_id,
        scope=SCOPE,
        item_id=integration.pk,
        activity=activity,
        name=integration.display_name,
        type=integration.kind,
    )
