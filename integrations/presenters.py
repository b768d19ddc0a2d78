"""Integrations as the API shows them: never with secrets."""

from __future__ import annotations

from typing import Any

from hogapi.api.users import present_user
from hogapi.definitions.models import Integration
from hogapi.runtime.integrations import sensitive_config
from hogapi.runtime.secrets import UnreadableSecrets


def present(integration: Integration) -> dict[str, Any]:
    """Return an integration in the shape of `IntegrationSerializer`."""
    return {
        "id": integration.pk,
        "kind": integration.kind,
        "display_name": integration.display_name,
        "config": integration.config,
        "errors": _errors(integration),
        "created_at": integration.created_at,
        "created_by": present_user(integration.created_by),
    }


def _errors(integration: Integration) -> str:
    try:
        sensitive_config(integration)
    except UnreadableSecrets:
        return "The secrets cannot be read with the configured keys."
    return ""
