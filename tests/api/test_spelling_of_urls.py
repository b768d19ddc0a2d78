"""Both prefixes, both spellings of each path, no redirects (C)."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("parent", ["projects", "environments"])
@pytest.mark.parametrize("ending", ["", "/", ".json", ".json/"])
def test_a_path_may_end_in_a_slash_or_not_and_name_its_format(api: Any, project: Any, parent: str, ending: str) -> None:
    client = api()
    url = f"/api/{parent}/{project.pk}/insight_variables"
    created = client.post(url + ending, {"name": "x", "type": "String"})
    assert created.status_code == 201
    one = f"{url}/{created.json()['id']}"
    for method, status in (("get", 200), ("patch", 200), ("delete", 204)):
        assert getattr(client, method)(one + ending, {}).status_code == status


@pytest.mark.parametrize(
    "url", ["/api/users/@me", "/api/organizations", "/api/projects", "/api/environments", "/api/organizations/@current"]
)
@pytest.mark.parametrize("ending", ["", "/"])
def test_routes_of_tenants_have_both_spellings(api: Any, project: Any, url: str, ending: str) -> None:
    assert api().get(url + ending).status_code == 200


@pytest.mark.parametrize("url", ["//", "/x//", ".xml", "/a/b/c"])
def test_other_spellings_are_unknown(api: Any, project: Any, url: str) -> None:
    response = api().get(f"/api/projects/{project.pk}/insight_variables{url}")
    assert (response.status_code, response.json()["detail"]) == (404, "Endpoint not found.")
