"""/api/organizations/: the organizations that the caller belongs to."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from hogapi.accounts import directory
from hogapi.accounts.keys import Credential
from hogapi.accounts.models import OrganizationMembership, User
from hogapi.accounts.projects import CURRENT
from hogapi.api.errors import NotFound
from hogapi.api.tenants import presenters
from hogapi.api.tenants.serializers import OrganizationSerializer
from hogapi.api.viewsets import ApiViewSet


class OrganizationsViewSet(ApiViewSet):
    """Organizations of the caller."""

    scope_object = "organization"
    serializer_class = OrganizationSerializer

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the caller's organizations."""
        memberships = self.paginate_queryset(directory.memberships_of(self.user.pk, within=limits(request))) or []
        return self.get_paginated_response([shown(membership) for membership in memberships])

    def retrieve(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Show an organization."""
        return Response(shown(find_membership(request, self.user, pk)))


def find_membership(request: Request, user: User, organization: str) -> OrganizationMembership:
    """Return the caller's membership of the organization in the URL (`@current` or a UUID). Raises `NotFound`."""
    try:
        wanted = user.current_organization_id if organization == CURRENT else UUID(organization)
    except ValueError:
        raise NotFound("Organization not found.") from None
    memberships = directory.memberships_of(user.pk, within=limits(request))
    membership = None if wanted is None else memberships.filter(organization_id=wanted).first()
    if membership is None:
        raise NotFound("Organization not found.")
    return membership


def limits(request: Request) -> list[str]:
    """Return the organizations that the caller's key is limited to; empty when it is not."""
    return list(request.auth.scoped_organizations) if isinstance(request.auth, Credential) else []


def shown(membership: OrganizationMembership) -> dict[str, Any]:
    """Return the organization of a membership with its projects."""
    organization = membership.organization
    return presenters.organization_full(
        organization,
        membership_level=membership.level,
        projects=directory.projects_of(membership.user_id, organization_id=organization.id),
        member_count=directory.member_count(organization),
    )
