"""Which organizations and projects a user sees."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from hogapi.accounts.models import Organization, OrganizationMembership, Project, User


def memberships_of(user_id: int, *, within: Collection[str] = ()) -> QuerySet[OrganizationMembership]:
    """Return the user's memberships with their organizations, oldest first; `within` limits to these ids."""
    memberships = OrganizationMembership.objects.filter(user_id=user_id).select_related("organization")
    if within:
        memberships = memberships.filter(organization_id__in=within)
    return memberships.order_by("joined_at", "id")


def projects_of(
    user_id: int, *, organization_id: UUID | None = None, within: Collection[str] = (), search: str = ""
) -> QuerySet[Project]:
    """Return the projects of the user's organizations with their environments, by id.

    `organization_id` names one organization, `within` limits to some, `search` to names that hold the text.
    """
    projects = Project.objects.filter(organization__memberships__user_id=user_id).select_related("environment")
    if organization_id is not None:
        projects = projects.filter(organization_id=organization_id)
    if within:
        projects = projects.filter(organization_id__in=within)
    if search:
        projects = projects.filter(name__icontains=search)
    return projects.order_by("id")


def project_with_settings(project_id: int) -> Project:
    """Return a project with its environment. Raises `Project.DoesNotExist`."""
    return Project.objects.select_related("environment").get(pk=project_id)


def member_count(organization: Organization) -> int:
    """Return how many members an organization has."""
    return OrganizationMembership.objects.filter(organization=organization).count()


def whole_user(user_id: int) -> User:
    """Return every column of a user; a request's own user has only what authentication needs."""
    return User.objects.get(pk=user_id)
