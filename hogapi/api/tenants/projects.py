"""/api/projects/ and /api/environments/ themselves, and the projects of an organization."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from hogapi.accounts import directory, services
from hogapi.accounts.keys import Credential
from hogapi.api.tenants import presenters
from hogapi.api.tenants.organizations import find_membership
from hogapi.api.tenants.serializers import ProjectBasicSerializer, ProjectSerializer
from hogapi.api.viewsets import ApiViewSet

SEARCH = OpenApiParameter("search", str, description="Text that the name holds, whatever its case.")


class ProjectsViewSet(ApiViewSet):
    """Projects of all the caller's organizations."""

    scope_object = "project"
    project_kwarg = "pk"
    serializer_class = ProjectSerializer

    @extend_schema(parameters=[SEARCH], responses=ProjectBasicSerializer(many=True))
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the projects that the caller is a member of."""
        within = request.auth.scoped_organizations if isinstance(request.auth, Credential) else ()
        search = request.query_params.get("search", "")
        projects = directory.projects_of(self.user.pk, within=within, search=search)
        page = self.paginate_queryset(projects) or []
        return self.get_paginated_response([presenters.project_basic(project) for project in page])

    def retrieve(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Show a project with its settings."""
        return Response(self._shown())

    def partial_update(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Change settings of a project."""
        changes = self.validated(ProjectSerializer, partial=True)
        services.update_project(project_id=self.project.id, changes=changes)
        return Response(self._shown())

    def _shown(self) -> dict[str, Any]:
        project = directory.project_with_settings(self.project.id)
        return presenters.project_full(project, membership_level=self.project.membership_level)


class EnvironmentsViewSet(ProjectsViewSet):
    """The same under the name that settings clients use."""


class OrganizationProjectsViewSet(ApiViewSet):
    """Projects of one organization."""

    scope_object = "project"
    serializer_class = ProjectBasicSerializer

    @extend_schema(parameters=[SEARCH])
    def list(self, request: Request, organization_id: str, **kwargs: Any) -> Response:
        """List the organization's projects."""
        membership = find_membership(request, self.user, organization_id)
        projects = directory.projects_of(
            self.user.pk,
            organization_id=membership.organization_id,
            search=request.query_params.get("search", ""),
        )
        page = self.paginate_queryset(projects) or []
        return self.get_paginated_response([presenters.project_basic(project) for project in page])
