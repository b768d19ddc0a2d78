"""Every project route, both prefixes and both spellings, against every kind of credential (B.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from hogapi.accounts import keys
from hogapi.api.permissions import scopes_of
from hogapi.api.viewsets import ProjectViewSet

pytestmark = pytest.mark.django_db

SAMPLES = {"pk": "0190a5c8-0000-7000-8000-000000000000"}


@dataclass(frozen=True)
class Route:
    """One method of one project route."""

    method: str
    template: str
    scope: str

    def url(self, project: Any, slash: str = "/") -> str:
        return self.template.replace("{project}", str(project)) + slash


def _patterns(patterns: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        regex = prefix + pattern.pattern.regex.pattern.removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, regex)
        elif isinstance(pattern, URLPattern):
            yield regex, pattern.callback


def _fill(regex: str) -> str:
    path = regex.replace(r"(?P<project_id>[^/]+)", "{project}").split(r"(?:\.(?P<format>")[0]
    while "(?P<" in path:
        start = path.index("(?P<")
        name, end = path[start + 4 : path.index(">", start)], path.index(")", start) + 1
        path = path[:start] + SAMPLES.get(name, "1") + path[end:]
    return "/" + path.removesuffix("/?$").removesuffix(r"\Z").removesuffix("$")


def _routes() -> list[Route]:
    routes = []
    for regex, callback in _patterns(get_resolver().url_patterns):
        view_class = getattr(callback, "cls", None)
        if view_class is None or not issubclass(view_class, ProjectViewSet):
            continue
        for method, action in callback.actions.items():
            view = view_class(**callback.initkwargs)
            scopes = scopes_of(view, action)
            assert scopes, f"{view_class.__name__}.{action} is closed to keys: give it required_scopes"
            routes.append(Route(method, _fill(regex), scopes[0]))
    return routes


ROUTES = _routes()
IDS = [f"{route.method} {route.template}" for route in ROUTES]


def _client(value: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {value}")
    return client


def _answer(client: Any, route: Route, project: Any, slash: str = "/") -> tuple[int, str, str]:
    response = getattr(client, route.method)(route.url(project, slash), {})
    assert "Location" not in response.headers
    body = response.json()
    assert list(body) == ["type", "code", "detail", "attr"]
    assert body["attr"] is None
    return response.status_code, body["code"], body["detail"]


def test_every_route_exists_under_both_prefixes() -> None:
    projects = {(r.method, r.template.removeprefix("/api/projects/")) for r in ROUTES if "/projects/" in r.template}
    environments = {
        (r.method, r.template.removeprefix("/api/environments/")) for r in ROUTES if "/environments/" in r.template
    }
    assert projects
    assert projects == environments


@pytest.mark.parametrize("slash", ["/", ""])
@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_a_request_without_a_usable_key_is_401(user: Any, project: Any, route: Route, slash: str) -> None:
    none = (401, "not_authenticated", "Authentication credentials were not provided.")
    invalid = "Personal API key found in request Authorization header is invalid."
    key, revoked = keys.create_key(user=user, label="revoked", scopes=["*"])
    key.delete()
    assert _answer(APIClient(raise_request_exception=False), route, project.pk, slash) == none
    assert _answer(_client("phx_unknown"), route, project.pk, slash) == (401, "authentication_failed", invalid)
    assert _answer(_client(revoked), route, project.pk, slash) == (401, "authentication_failed", invalid)


@pytest.mark.parametrize("slash", ["/", ""])
@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_a_key_is_refused_in_the_documented_order(
    api: Any, user: Any, other_user: Any, project: Any, other_project: Any, route: Route, slash: str
) -> None:
    wanted = project.pk
    unscoped = api("user:read")
    missing = (403, "permission_denied", f"API key missing required scope '{route.scope}'")
    assert _answer(unscoped, route, wanted, slash) == missing

    unknown = (404, "not_found", "Project not found.")
    for nowhere in (2**31 - 1, 2**63, "nonsense", "0", "-1", "1e3"):
        assert _answer(unscoped, route, nowhere, slash) == unknown, "an unknown project comes before a missing scope"

    _, limited = keys.create_key(
        user=other_user, label="limited", scopes=["user:read"], scoped_teams=[other_project.pk]
    )
    other = (403, "permission_denied", f"API key does not have access to the requested project: ID {wanted}.")
    assert _answer(_client(limited), route, wanted, slash) == other, "another project comes before a missing scope"

    _, limited = keys.create_key(
        user=other_user,
        label="limited",
        scopes=["user:read"],
        scoped_organizations=[other_project.organization_id],
    )
    elsewhere = f"API key does not have access to the requested organization: ID {project.organization_id}."
    assert _answer(_client(limited), route, wanted, slash) == (403, "permission_denied", elsewhere)

    stranger = (403, "permission_denied", "You don't have access to the project.")
    assert _answer(api(owner=other_user), route, wanted, slash) == stranger
    assert _answer(api("user:read", owner=other_user), route, wanted, slash) == missing, "the scope comes first"


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_a_key_with_exactly_the_scope_passes(api: Any, project: Any, route: Route) -> None:
    response = getattr(api(route.scope), route.method)(route.url(project.pk), {})
    assert response.status_code not in (401, 403)
    assert response.status_code < 500, response.content
    if response.status_code >= 400 and response.content:
        assert list(response.json())[:4] == ["type", "code", "detail", "attr"]
