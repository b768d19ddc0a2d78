"""/api/users/@me/: who the caller is."""

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from hogapi.accounts import directory
from hogapi.api.tenants import organizations, presenters
from hogapi.api.tenants.serializers import UserSerializer
from hogapi.api.viewsets import ApiViewSet

ME = "@me"


class UsersViewSet(ApiViewSet):
    """The calling user; nobody else."""

    scope_object = "user"
    serializer_class = UserSerializer

    def retrieve(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Show the caller, by `@me` or by their own uuid."""
        if pk not in (ME, str(self.user.uuid)):
            raise PermissionDenied
        user = directory.whole_user(self.user.pk)
        memberships = list(directory.memberships_of(user.pk))
        current = next((m for m in memberships if m.organization_id == user.current_organization_id), None)
        organization = None if current is None else organizations.shown(current)
        teams = [] if organization is None else organization["teams"]
        return Response(
            presenters.user_full(
                user,
                organizations=[presenters.organization_basic(membership) for membership in memberships],
                organization=organization,
                team=next((team for team in teams if team["id"] == user.current_project_id), None),
            )
        )
