"""What OPTIONS answers: name, description, renders and parses, and nothing else (groups_auth_platform.md E)."""

from typing import Any

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request


class RouteMetadata(SimpleMetadata):
    """Leaves out the fields of bodies, which the OpenAPI document tells; so no object has to be fetched."""

    def determine_actions(self, request: Request, view: Any) -> dict[str, Any]:
        """Return nothing to add."""
        return {}
