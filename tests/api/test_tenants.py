"""Users, organizations, projects and environments: what clients ask first (B.7)."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from hogapi.accounts import keys, services

pytestmark = pytest.mark.django_db

BASIC = [
    "id", "uuid", "organization", "project_id", "api_token", "name", "completed_snippet_onboarding",
    "has_completed_onboarding_for", "ingested_event", "is_demo", "timezone", "access_control",
]  # fmt: skip


def limited(user: Any, **limits: Any) -> APIClient:
    _, value = keys.create_key(user=user, label="limited", scopes=["*"], **limits)
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {value}")
    return client


def test_me_shows_the_user_with_what_is_current(api: Any, user: Any, project: Any) -> None:
    me = api("user:read").get("/api/users/@me/").json()
    assert (me["id"], me["email"], me["distinct_id"]) == (user.pk, "ada@example.com", user.distinct_id)
    assert me["organization"]["membership_level"] == 1
    assert [team["id"] for team in me["organization"]["teams"]] == [project.pk]
    assert (me["team"]["id"], list(me["team"])) == (project.pk, BASIC)
    assert [organization["name"] for organization in me["organizations"]] == ["Hedgehogs"]
    assert me["has_password"] is True
    for name in (
        "uuid", "first_name", "last_name", "is_email_verified", "is_staff", "is_2fa_enabled", "theme_mode",
        "hedgehog_config", "role_at_organization", "notification_settings", "scene_personalisation",
    ):  # fmt: skip
        assert name in me
    assert "password" not in me
    assert api().get(f"/api/users/{user.uuid}/").json() == me


def test_me_is_for_every_key_with_the_scope_whatever_its_limits(user: Any, project: Any, other_user: Any) -> None:
    assert limited(user, scoped_teams=[project.pk]).get("/api/users/@me/").status_code == 200
    refused = limited(user).get(f"/api/users/{other_user.uuid}/")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")


def test_me_without_an_organization_is_quiet(db: Any, api: Any) -> None:
    loner = services.create_user(email="loner@example.com")
    me = api(owner=loner).get("/api/users/@me/").json()
    assert (me["organization"], me["team"], me["organizations"], me["has_password"]) == (None, None, [], False)


def test_me_is_cheap(api: Any, project: Any, django_assert_max_num_queries: Any) -> None:
    client = api()
    client.get("/api/users/@me/")
    with django_assert_max_num_queries(5):
        client.get("/api/users/@me/")


def test_organizations_are_those_of_the_caller(api: Any, user: Any, project: Any, other_project: Any) -> None:
    client = api()
    page = client.get("/api/organizations/").json()
    assert (page["count"], page["next"], [row["name"] for row in page["results"]]) == (1, None, ["Hedgehogs"])
    organization = project.organization_id
    shown = client.get(f"/api/organizations/{organization}/").json()
    assert shown == page["results"][0] == client.get("/api/organizations/@current/").json()
    assert (shown["slug"], shown["member_count"], shown["membership_level"]) == ("hedgehogs", 1, 1)
    for other in (other_project.organization_id, "nonsense", "1"):
        response = client.get(f"/api/organizations/{other}/")
        assert (response.status_code, response.json()["detail"]) == (404, "Organization not found.")


def test_the_projects_of_an_organization_are_listed_and_searched(api: Any, project: Any, organization: Any) -> None:
    second = services.create_project(organization=organization, name="Meadow")
    client = api()
    for url in ("/api/projects/", f"/api/organizations/{organization.pk}/projects/", "/api/environments"):
        page = client.get(url).json()
        assert [row["id"] for row in page["results"]] == [project.pk, second.pk]
        assert list(page["results"][0]) == BASIC
        assert [row["name"] for row in client.get(url, {"search": "MEAD"}).json()["results"]] == ["Meadow"]
        assert client.get(url, {"search": "%"}).json()["count"] == 0
    assert client.get("/api/organizations/@current/projects/").json()["count"] == 2


def test_a_key_limited_to_projects_sees_only_project_routes(user: Any, project: Any) -> None:
    client = limited(user, scoped_teams=[project.pk])
    assert client.get(f"/api/projects/{project.pk}/").status_code == 200
    for url in ("/api/projects/", "/api/organizations/", f"/api/organizations/{project.organization_id}/"):
        response = client.get(url)
        assert (response.status_code, response.json()["detail"]) == (
            403,
            "API keys with scoped projects are only supported on project-based endpoints.",
        )


def test_a_key_limited_to_organizations_does_not_see_others(user: Any, project: Any, other_project: Any) -> None:
    services.add_member(user=user, organization=other_project.organization)
    client = limited(user, scoped_organizations=[project.organization_id])
    assert client.get(f"/api/organizations/{project.organization_id}/").status_code == 200
    assert client.get(f"/api/organizations/{other_project.organization_id}/").status_code == 404
    assert [row["id"] for row in client.get("/api/projects/").json()["results"]] == [project.pk]
    assert client.get("/api/organizations/").json()["count"] == 1
    refused = client.get(f"/api/projects/{other_project.pk}/")
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        f"API key does not have access to the requested organization: ID {other_project.organization_id}.",
    )


@pytest.mark.parametrize("parent", ["projects", "environments"])
def test_settings_of_a_project_are_shown_and_changed(api: Any, project: Any, parent: str) -> None:
    client = api("project:write")
    url = f"/api/{parent}/{project.pk}/"
    before = client.get(url).json()
    assert before["api_token"] == project.environment.api_token
    changes = {
        "name": "Warren",
        "timezone": "Europe/Berlin",
        "app_urls": ["https://example.com"],
        "anonymize_ips": True,
        "test_account_filters": [{"key": "email", "value": "@example.com", "operator": "not_icontains"}],
        "week_start_day": 1,
        "person_display_name_properties": ["email"],
        "recording_domains": None,
        "product_description": "Burrows",
        "heatmaps_opt_in": True,
        "autocapture_exceptions_opt_in": True,
        "session_recording_opt_in": True,
        "surveys_opt_in": False,
        "cookieless_server_hash_mode": 2,
        "autocapture_web_vitals_opt_in": True,
        "session_recording_sample_rate": "0.5",
        "correlation_config": {"excluded": ["x"]},
    }
    after = client.patch(url, changes)
    assert after.status_code == 200, after.content
    shown = after.json()
    assert {name: shown[name] for name in changes} == changes
    assert {name for name in shown if shown[name] != before[name]} <= {*changes, "updated_at"}
    assert client.get(url).json() == shown


@pytest.mark.parametrize(
    ("changes", "code", "attr"),
    [
        ({"name": ""}, "blank", "name"),
        ({"name": "x" * 201}, "max_length", "name"),
        ({"timezone": "Mars/Olympus"}, "invalid_choice", "timezone"),
        ({"week_start_day": 3}, "invalid_choice", "week_start_day"),
        ({"app_urls": "x"}, "not_a_list", "app_urls"),
        ({"app_urls": ["x" * 201]}, "max_length", "app_urls__0"),
        ({"test_account_filters": ["x"]}, "not_a_dict", "test_account_filters__0"),
        ({"anonymize_ips": "perhaps"}, "invalid_input", "anonymize_ips"),
        ({"session_recording_sample_rate": "7"}, "invalid_input", "session_recording_sample_rate"),
        ({"primary_dashboard": 10**30}, "max_value", "primary_dashboard"),
        ({"extra_settings": []}, "not_a_dict", "extra_settings"),
        ([], "invalid_input", None),
    ],
)
def test_settings_that_break_a_rule_are_refused(
    api: Any, project: Any, changes: Any, code: str, attr: str | None
) -> None:
    response = api().patch(f"/api/projects/{project.pk}/", changes)
    assert (response.status_code, response.json()["code"], response.json()["attr"]) == (400, code, attr)


def test_what_only_the_server_decides_is_not_changed(api: Any, project: Any) -> None:
    client, url = api(), f"/api/projects/{project.pk}/"
    before = client.get(url).json()
    after = client.patch(url, {"id": 7, "api_token": "phc_mine", "organization": None, "is_demo": True}).json()
    assert after | {"updated_at": 0} == before | {"updated_at": 0}


def test_only_listed_methods_exist(api: Any, project: Any) -> None:
    client = api()
    assert client.delete(f"/api/projects/{project.pk}/").status_code == 405
    assert client.put(f"/api/projects/{project.pk}/", {}).status_code == 405
    assert client.post("/api/projects/", {}).status_code == 405
    assert client.get("/api/users/").status_code == 404
