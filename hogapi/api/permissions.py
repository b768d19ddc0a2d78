"""What a caller may do, checked in the order of groups_auth_platform.md B.4 before any view runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from hogapi.accounts import projects
from hogapi.accounts.keys import Credential
from hogapi.accounts.projects import AuthorizedProject, ProjectReference
from hogapi.accounts.scopes import EVERYTHING, first_missing
from hogapi.api.authentication import project_reference
from hogapi.api.errors import NotFound

READING = frozenset({"list", "retrieve", "metadata"})
WRITING = frozenset({"create", "update", "partial_update", "destroy"})


def scopes_of(view: Any, action: str) -> Sequence[str] | None:
    """Return the scopes that an action of a viewset asks of a key; None when it is closed to keys.

    `required_scopes` of the action or the viewset decides; else the standard actions read or write `scope_object`.
    """
    declared = getattr(view, "required_scopes", None)
    if isinstance(declared, Mapping):
        declared = declared.get(action)
    if declared is not None and action != "metadata":
        return list(declared)
    scope_object = getattr(view, "scope_object", None)
    if scope_object is None:
        return None
    if action in READING:
        return [f"{scope_object}:read"]
    if action in WRITING:
        return [f"{scope_object}:write"]
    return None


class CallerMay(BasePermission):
    """Checks key, project and membership; sets `request.project` on project routes.

    Raises `NotAuthenticated` 401, `MethodNotAllowed` 405, `PermissionDenied` 403, `NotFound` 404 (unknown project).
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return True, or raise what the caller is to be told."""
        if not request.user or not request.user.is_authenticated:
            raise NotAuthenticated
        action = getattr(view, "action", None)
        if action is None:
            raise MethodNotAllowed(request.method or "")
        credential = request.auth if isinstance(request.auth, Credential) else None
        scopes = None if credential is None else scopes_of(view, action)
        if credential is not None and scopes is None:
            raise PermissionDenied("This action does not support personal API key access")
        reference = project_reference(request)
        project = None if reference is None else _load_project(request, credential, reference)
        if credential is not None:
            _check_limits(credential, project, getattr(view, "scope_object", None))
            _check_scopes(credential, scopes or ())
        if project is not None:
            if project.membership_level is None:
                raise PermissionDenied("You don't have access to the project.")
            request.project = project  # type: ignore[attr-defined]
        return True


def _load_project(request: Request, credential: Credential | None, reference: ProjectReference) -> AuthorizedProject:
    if credential is not None:
        project: AuthorizedProject | None = request._request.loaded_project  # type: ignore[attr-defined]
    else:
        project = projects.authorized(user_id=int(request.user.pk or 0), reference=reference)
    if project is None and reference.token is not None:
        raise AuthenticationFailed("Incorrect authentication credentials.")
    if project is None:
        raise NotFound("Project not found.")
    return project


def _check_limits(credential: Credential, project: AuthorizedProject | None, scope_object: str | None) -> None:
    if scope_object == "user":
        return
    if credential.scoped_teams:
        if project is None:
            raise PermissionDenied("API keys with scoped projects are only supported on project-based endpoints.")
        if project.id not in credential.scoped_teams:
            raise PermissionDenied(f"API key does not have access to the requested project: ID {project.id}.")
    if (
        credential.scoped_organizations
        and project is not None
        and str(project.organization_id) not in credential.scoped_organizations
    ):
        raise PermissionDenied(
            f"API key does not have access to the requested organization: ID {project.organization_id}."
        )


def _check_scopes(credential: Credential, scopes: Sequence[str]) -> None:
    if EVERYTHING in credential.scopes:
        return
    missing = first_missing(scopes, credential.scopes)
    if missing is not None:
        raise PermissionDenied(f"API key missing required scope '{missing}'")
