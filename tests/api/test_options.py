"""OPTIONS describes a route and touches no object, whatever id the path names (groups_auth_platform.md E)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from hogapi.urls import PROJECT_ROUTES

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("prefix", [prefix for prefix, _, _ in PROJECT_ROUTES])
@pytest.mark.parametrize("parent", ["projects", "environments"])
@pytest.mark.parametrize("end", ["", f"{uuid.uuid4()}/", "1/", "new/", "%00/", "%ff/"])
def test_options_says_what_a_route_renders_and_parses(
    api: Any, project: Any, prefix: str, parent: str, end: str
) -> None:
    answer = api().options(f"/api/{parent}/{project.pk}/{prefix}/{end}")
    if answer.status_code == 404:  # this resource has no route for single objects, or not for such an id
        assert answer.json()["code"] == "not_found"
    else:
        assert answer.status_code == 200
        assert set(answer.json()) == {"name", "description", "renders", "parses"}
