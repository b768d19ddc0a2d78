"""/api/projects/:id/insight_variables/ and its twin under environments."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from hogapi.api.pagination import PageNumber
from hogapi.api.parameters import object_id
from hogapi.api.viewsets import ProjectViewSet
from insight_variables import services
from insight_variables.presenters import present
from insight_variables.serializers import InsightVariableSerializer


class VariablePages(PageNumber):
    """Pages of 500."""

    page_size = 500


@extend_schema_view(
    list=extend_schema(summary="List the variables of a project"),
    retrieve=extend_schema(summary="Show a variable"),
    create=extend_schema(summary="Create a variable"),
    update=extend_schema(summary="Replace a variable"),
    partial_update=extend_schema(summary="Change a variable"),
    destroy=extend_schema(summary="Delete a variable for good"),
)
class InsightVariableViewSet(ProjectViewSet):
    """Variables that the project's queries refer to by code name."""

    scope_object = "insight_variable"
    serializer_class = InsightVariableSerializer
    pagination_class = VariablePages

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List, oldest first."""
        page = self.paginate_queryset(services.variables_of(self.project.id))
        return self.get_paginated_response([present(variable) for variable in page or ()])

    def retrieve(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Show one."""
        return Response(present(services.variable_of(self.project.id, object_id(pk))))

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Create one; 201."""
        data = self.validated(InsightVariableSerializer)
        variable = services.create(project_id=self.project.id, user_id=self.user.pk, data=data)
        return Response(present(variable), status=201)

    def update(self, request: Request, pk: str, partial: bool = False, **kwargs: Any) -> Response:
        """Replace or change one."""
        variable = services.variable_of(self.project.id, object_id(pk))
        data = self.validated(InsightVariableSerializer, partial=partial)
        changed = services.update(variable=variable, user_id=self.user.pk, data=data)
        return Response(present(changed))

    def partial_update(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Change one."""
        return self.update(request, pk, partial=True)

    def destroy(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Delete one; 204."""
        services.delete(variable=services.variable_of(self.project.id, object_id(pk)), user_id=self.user.pk)
        return Response(status=204)
