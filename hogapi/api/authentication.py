"""Who calls: a personal API key first, then the browser's session (groups_auth_platform.md B.1, B.2)."""

import re
from typing import Any

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, UnsupportedMediaType
from rest_framework.request import Request

from hogapi.accounts import keys
from hogapi.accounts.keys import Credential
from hogapi.accounts.models import User
from hogapi.accounts.projects import AuthorizedProject, ProjectReference, parse_reference

_BEARER = re.compile(r"^Bearer\s+(\S.+)$")
OAUTH_PREFIX = "pha_"


class PersonalKeyAuthentication(BaseAuthentication):
    """Authenticates by the first personal API key found in the header, the body, the query string.

    `request.user` becomes the key's owner and `request.auth` a `Credential`. The same query loads the project that the
    URL names, for the permission check.
    """

    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        """Return user and credential; None without a key. Raises `AuthenticationFailed` for a key that is none."""
        presented = find_key(request)
        if presented is None:
            return None
        value, place = presented
        found = keys.find(value, project_reference(request))
        if found is None:
            raise AuthenticationFailed(f"Personal API key found in request {place} is invalid.")
        remember_project(request, found.project)
        return found.user, found.credential

    def authenticate_header(self, request: Request) -> str:
        """Make failures 401 rather than 403; the header itself is not sent."""
        return "Bearer"


class BrowserSession(SessionAuthentication):
    """Authenticates a logged-in browser; unsafe methods need the CSRF token."""


def find_key(request: Request) -> tuple[str, str] | None:
    """Return the first key that the request presents and the place where it was, in words."""
    match = _BEARER.match(request.META.get("HTTP_AUTHORIZATION", ""))
    if match is not None:
        value = match.group(1).strip()
        return None if value.startswith(OAUTH_PREFIX) else (value, "Authorization header")
    value = _body_field(request, "personal_api_key")
    if value is not None:
        return value, "body"
    value = request.query_params.get("personal_api_key")
    return (value, "query string") if value else None


def project_reference(request: Request) -> ProjectReference | None:
    """Return how the request names its project; None on routes that have none.

    A project token in the query string (`token` or `api_key`, GET only) outranks the URL (B.6).
    """
    context: dict[str, Any] = request.parser_context or {}
    kwarg = getattr(context.get("view"), "project_kwarg", None)
    text = context.get("kwargs", {}).get(kwarg) if kwarg else None
    if text is None:
        return None
    token = _project_token(request)
    return parse_reference(text) if token is None else ProjectReference(token=token)


def remember_project(request: Request, project: AuthorizedProject | None) -> None:
    """Keep the project that was loaded together with the key, for the permission check."""
    request._request.loaded_project = project  # type: ignore[attr-defined]


def _project_token(request: Request) -> str | None:
    if request.method == "GET" and request.META.get("QUERY_STRING"):
        return request.query_params.get("token") or request.query_params.get("api_key")
    return None


def _body_field(request: Request, name: str) -> str | None:
    if request.META.get("CONTENT_LENGTH", "") in ("", "0"):
        return None
    try:
        data = request.data
    except UnsupportedMediaType:
        return None
    value = data.get(name) if hasattr(data, "get") else None
    return value if isinstance(value, str) and value else None
