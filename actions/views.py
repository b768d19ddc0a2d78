"""/api/projects/:id/actions/ and its twin under environments."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from actions import services
from actions.presenters import present
from actions.serializers import ActionSerializer
from hogapi.api.viewsets import DeletedByUpdate, ProjectViewSet


@extend_schema_view(
    list=extend_schema(summary="List the actions of a project"),
    retrieve=extend_schema(summary="Show an action"),
    create=extend_schema(summary="Create an action"),
    update=extend_schema(summary="Replace an action"),
    partial_update=extend_schema(summary="Change, delete or restore an action"),
    destroy=extend_schema(summary="Refused: actions are deleted by changing `deleted` to true", responses={405: None}),
)
class ActionViewSet(DeletedByUpdate, ProjectViewSet):
    """Named kinds of events that filters refer to."""

    scope_object = "action"
    serializer_class = ActionSerializer

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List, those whose steps changed last first."""
        page = self.paginate_queryset(services.actions_of(self.project.id))
        return self.get_paginated_response([present(action) for action in page or ()])

    def retrieve(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Show one."""
        return Response(present(services.action_of(self.project.id, pk)))

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Create one; 201."""
        data = self.validated(ActionSerializer)
        action = services.create(project_id=self.project.id, user_id=self.user.pk, data=data)
        return Response(present(action), status=201)

    def update(self, request: Request, pk: str, partial: bool = False, **kwargs: Any) -> Response:
        """Replace or change one; only a change may restore a deleted one, by a literal false."""
        data = self.validated(ActionSerializer, partial=partial)
        undelete = partial and isinstance(request.data, dict) and request.data.get("deleted") is False
        action = services.update(
            project_id=self.project.id, user_id=self.user.pk, action_id=pk, data=data, undelete=undelete
        )
        return Response(present(action))

    def partial_update(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Change one."""
        return self.update(request, pk, partial=True)
