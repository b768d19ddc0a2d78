"""Actions as the API shows them."""

from __future__ import annotations

from typing import Any

from hogapi.api.users import present_user
from hogapi.definitions.models import Action


def present(action: Action) -> dict[str, Any]:
    """Return an action in the shape of `ActionSerializer`."""
    return {
        "id": action.pk,
        "name": action.name,
        "description": action.description,
        "tags": action.tags,
        "post_to_slack": action.post_to_slack,
        "slack_message_format": action.slack_message_format,
        "steps": action.steps,
        "created_at": action.created_at,
        "created_by": present_user(action.created_by),
        "deleted": action.deleted,
        "is_calculating": False,  # steps are compiled before the answer
        "last_calculated_at": action.last_calculated_at,
        "team_id": action.project_id,
        "is_action": True,
        "bytecode_error": action.bytecode_error,
        "pinned_at": action.pinned_at,
        "creation_context": None,
    }
