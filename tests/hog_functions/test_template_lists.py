"""hog_function_templates of a project and public_hog_function_templates for everybody (hog_functions.md 5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from hog_functions.models import HogFunction
from hogapi.accounts.models import Project
from hogapi.runtime.models import HogFunctionTemplate
from tests.contract import ContractClient
from tests.hog_functions.test_templates import TEMPLATE_KEYS

pytestmark = pytest.mark.django_db

PUBLIC = "/api/public_hog_function_templates/"


def template(template_id: str, **columns: Any) -> HogFunctionTemplate:
    values = {"name": template_id, "type": "destination", "status": "stable", "code": "return 1", "sha": "12345678"}
    return HogFunctionTemplate.objects.create(template_id=template_id, **{**values, **columns})


def used_by(project: Project, made_from: HogFunctionTemplate, **columns: Any) -> None:
    values = {"type": "destination", "hog": "", "enabled": True}
    HogFunction.objects.create(
        project=project, template_id=made_from.template_id, hog_function_template=made_from, **{**values, **columns}
    )


@pytest.fixture
def library(db: None) -> None:
    """Templates of several types and states."""
    template("webhook", name="Webhook")
    template("braze", name="braze")
    template("old", status="deprecated")
    template("secret", status="hidden")
    template("soon", status="coming_soon")
    template("geoip", type="transformation")
    template("banner", type="site_app")


@pytest.fixture(params=["projects", "environments"])
def project_url(request: pytest.FixtureRequest, project: Project) -> str:
    return f"/api/{request.param}/{project.pk}/hog_function_templates/"


def ids(client: APIClient, url: str, **params: Any) -> list[str]:
    response = client.get(url, params)
    assert response.status_code == 200, response.json()
    return [one["id"] for one in response.json()["results"]]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["braze", "secret", "soon", "webhook"]),
        ({"type": ""}, ["braze", "secret", "soon", "webhook"]),
        ({"type": "transformation"}, ["geoip"]),
        ({"types": "transformation,site_app"}, ["banner", "geoip"]),
        ({"types": "transformation, site_app"}, ["banner", "geoip"]),
        ({"type": "site_app", "types": "transformation,destination"}, ["banner"]),
        ({"type": "nothing"}, []),
        ({"type": "destination,site_app"}, []),
        ({"types": "nothing,\0"}, []),
        ({"template_id": "webhook"}, ["webhook"]),
        ({"template_id": "geoip"}, ["geoip"]),
        ({"template_id": "geoip", "type": "destination"}, []),
        ({"template_id": "web"}, []),
        ({"template_id": "old"}, []),
        ({"template_id": "\0"}, []),
    ],
)
def test_a_project_lists_the_templates_that_were_asked_for(
    api: Callable[..., APIClient], project_url: str, library: None, params: dict[str, str], expected: list[str]
) -> None:
    assert ids(api("hog_function:read"), project_url, **params) == expected


def test_everybody_sees_all_but_hidden_ones(library: None) -> None:
    client = ContractClient()
    assert ids(client, PUBLIC) == ["braze", "soon", "webhook"]
    assert ids(client, PUBLIC.rstrip("/"), type="transformation") == ["geoip"]
    assert ids(client, PUBLIC, template_id="secret") == []


def test_who_presents_a_wrong_key_to_the_public_list_is_served_too(library: None) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer phx_wrong")
    assert ids(client, PUBLIC) == ["braze", "soon", "webhook"]


def test_what_most_enabled_functions_use_comes_first_then_the_name(
    api: Callable[..., APIClient], project: Project, other_project: Project, project_url: str
) -> None:
    rare, common, off = template("a", name="Beta"), template("b", name="gamma"), template("c", name="alpha")
    template("d", name="Alpha 2")
    used_by(project, rare)
    used_by(project, common)
    used_by(other_project, common)
    used_by(project, off, enabled=False)
    used_by(project, off, deleted=True)
    assert ids(api(), project_url) == ["b", "a", "c", "d"]


def test_lists_come_in_pages(api: Callable[..., APIClient], project_url: str, library: None) -> None:
    page = api().get(project_url, {"limit": 2, "offset": 1}).json()
    assert list(page) == ["count", "next", "previous", "results"]
    assert (page["count"], [one["id"] for one in page["results"]]) == (4, ["secret", "soon"])
    assert "limit=2" in page["next"]
    assert "offset=3" in page["next"]
    assert page["previous"].endswith("?limit=2")


def test_a_template_shows_all_its_fields(api: Callable[..., APIClient], project_url: str) -> None:
    mapping = {"name": "m", "include_by_default": None, "filters": None, "inputs": None, "inputs_schema": None}
    item = {"key": "url", "type": "string", "required": True, "secret": False, "hidden": False}
    template("x", description=None, inputs_schema=[item], category=["Custom"], mapping_templates=[mapping])
    expected = {
        "id": "x",
        "name": "x",
        "description": None,
        "code": "return 1",
        "code_language": "hog",
        "inputs_schema": [item],
        "type": "destination",
        "status": "stable",
        "category": ["Custom"],
        "free": False,
        "icon_url": None,
        "filters": None,
        "masking": None,
        "mapping_templates": [mapping],
    }
    assert list(expected) == TEMPLATE_KEYS
    assert api().get(project_url).json()["results"] == [expected]
    assert api().get(f"{project_url}x/").json() == expected
    assert ContractClient().get(f"{PUBLIC}x/").json() == expected


@pytest.mark.parametrize(
    ("template_id", "inside", "outside"),
    [("webhook", 200, 200), ("geoip", 200, 200), ("old", 200, 200), ("secret", 200, 404), ("none", 404, 404)],
)
def test_one_template_is_shown_even_if_lists_leave_it_out(
    api: Callable[..., APIClient], project_url: str, library: None, template_id: str, inside: int, outside: int
) -> None:
    for response, status in (
        (api().get(f"{project_url}{template_id}/"), inside),
        (ContractClient().get(f"{PUBLIC}{template_id}"), outside),
    ):
        assert response.status_code == status
        body = response.json()
        assert (body["id"] if status == 200 else body["code"]) == (template_id if status == 200 else "not_found")


def test_templates_are_not_written(api: Callable[..., APIClient], project_url: str, library: None) -> None:
    for client, url in ((api(), project_url), (ContractClient(), PUBLIC)):
        assert client.post(url, {"id": "x"}, format="json").status_code == 405
        for method in (client.put, client.patch, client.delete):
            assert method(f"{url}webhook/", {"name": "x"}, format="json").status_code == 405


def test_a_project_shows_its_templates_to_members_only(project_url: str, library: None) -> None:
    assert APIClient().get(project_url).status_code == 401


def test_a_list_costs_the_same_however_long_it_is(
    api: Callable[..., APIClient], project: Project, django_assert_num_queries: Any
) -> None:
    url = f"/api/projects/{project.pk}/hog_function_templates/"
    client = api()
    for number in range(50):
        used_by(project, template(f"t{number}"))
    client.get(url)
    with django_assert_num_queries(2):
        client.get(url)
    with django_assert_num_queries(1):
        ContractClient().get(PUBLIC)
