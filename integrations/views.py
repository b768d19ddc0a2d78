"""/api/projects/:id/integrations/ and its twin under environments."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from hogapi.api import parameters
from hogapi.api.viewsets import ProjectViewSet
from integrations import services
from integrations.presenters import present
from integrations.serializers import IntegrationSerializer

_KIND = OpenApiParameter("kind", str, description="Only integrations of this kind.")


@extend_schema_view(
    list=extend_schema(summary="List the integrations of a project", parameters=[_KIND]),
    retrieve=extend_schema(summary="Show an integration"),
    create=extend_schema(summary="Create an integration"),
    destroy=extend_schema(summary="Delete an integration for good"),
)
class IntegrationViewSet(ProjectViewSet):
    """Accounts at other services that functions use."""

    scope_object = "integration"
    serializer_class = IntegrationSerializer

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List, oldest first."""
        kind = parameters.text(request.query_params, "kind")
        page = self.paginate_queryset(services.integrations_of(self.project.id, kind=kind))
        return self.get_paginated_response([present(integration) for integration in page or ()])

    def retrieve(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Show one."""
        return Response(present(services.integration_of(self.project.id, pk)))

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Create one; 201."""
        data = self.validated(IntegrationSerializer)
        integration = services.create(project_id=self.project.id, user_id=self.user.pk, data=data)
        return Response(present(integration), status=201)

    def destroy(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Delete one; 204."""
        services.delete(integration=services.integration_of(self.project.id, pk), user_id=self.user.pk)
        return Response(status=204)
