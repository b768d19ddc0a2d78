"""Where a key may stand in a request, and what is said when it is wrong (B.1, B.2, B.6)."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from hogapi.accounts import keys
from hogapi.accounts.models import PersonalAPIKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def value(user: Any) -> str:
    return keys.create_key(user=user, label="test", scopes=["*"])[1]


@pytest.fixture
def client() -> APIClient:
    return APIClient(raise_request_exception=False)


def url(project: Any) -> str:
    return f"/api/projects/{project.pk}/insight_variables/"


def test_the_header_tolerates_spaces_around_the_key(client: Any, project: Any, value: str) -> None:
    for header in (f"Bearer {value}", f"Bearer    {value}", f"Bearer {value}   "):
        assert client.get(url(project), headers={"authorization": header}).status_code == 200


@pytest.mark.parametrize("scheme", ["Token", "bearer", "BEARER", "Basic", ""])
def test_a_header_of_another_scheme_is_no_credential(client: Any, project: Any, value: str, scheme: str) -> None:
    response = client.get(url(project), headers={"authorization": f"{scheme} {value}"})
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    response = client.get(url(project), {"personal_api_key": value}, headers={"authorization": f"{scheme} x"})
    assert response.status_code == 200, "the next place is tried"


def test_no_www_authenticate_header_is_sent(client: Any, project: Any) -> None:
    assert "WWW-Authenticate" not in client.get(url(project)).headers


def test_the_header_comes_before_the_body_and_the_body_before_the_query(client: Any, project: Any, value: str) -> None:
    body = {"name": "x", "type": "String", "personal_api_key": value}
    assert client.post(url(project), body).status_code == 201
    assert client.post(url(project) + "?personal_api_key=wrong", body | {"name": "y"}).status_code == 201
    wrong = client.post(url(project), body, headers={"authorization": "Bearer wrong"})
    assert wrong.json()["detail"] == "Personal API key found in request Authorization header is invalid."
    wrong = client.post(url(project) + f"?personal_api_key={value}", body | {"personal_api_key": "wrong"})
    assert wrong.json()["detail"] == "Personal API key found in request body is invalid."
    wrong = client.get(url(project) + "?personal_api_key=wrong")
    assert wrong.json()["detail"] == "Personal API key found in request query string is invalid."
    form = f"name=z&type=String&personal_api_key={value}"
    assert client.post(url(project), form, content_type="application/x-www-form-urlencoded").status_code == 201


@pytest.mark.parametrize("presented", ["pha_abc", "pha_"])
def test_oauth_tokens_are_not_taken_for_keys(client: Any, project: Any, presented: str) -> None:
    response = client.get(url(project), headers={"authorization": f"Bearer {presented}"})
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("presented", ["phs_abc", "phc_abc", "abc", "ä" * 10, "x" * 5000, "\udcff\udcfe", "a' OR 1=1"])
def test_whatever_else_is_presented_is_looked_up_and_refused(client: Any, project: Any, presented: str) -> None:
    header = presented.encode("utf-8", "surrogateescape").decode("latin-1")
    response = client.get(url(project), headers={"authorization": f"Bearer {header}"})
    assert (response.status_code, response.json()["code"]) == (401, "authentication_failed")


def test_the_key_of_an_inactive_user_is_invalid(client: Any, project: Any, user: Any, value: str) -> None:
    user.is_active = False
    user.save()
    assert client.get(url(project), headers={"authorization": f"Bearer {value}"}).status_code == 401


def test_malformed_json_is_a_parse_error_even_without_a_key(client: Any, project: Any) -> None:
    response = client.post(url(project), "{", content_type="application/json")
    body = response.json()
    assert (response.status_code, body["type"], body["code"]) == (400, "invalid_request", "parse_error")
    assert body["attr"] is None


def test_a_body_of_an_unknown_type_without_a_key_is_unauthenticated_first(client: Any, project: Any) -> None:
    response = client.post(url(project), "x", content_type="text/plain")
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


def test_a_request_by_key_costs_one_query_before_the_view(
    client: Any, project: Any, value: str, django_assert_num_queries: Any
) -> None:
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {value}")
    with django_assert_num_queries(2):  # the first use is noted
        client.get(url(project) + "nonsense/")
    with django_assert_num_queries(1):
        client.get(url(project) + "nonsense/")


def test_the_last_use_is_noted_at_most_once_an_hour(client: Any, project: Any, value: str) -> None:
    from datetime import timedelta

    from django.utils import timezone

    client.credentials(HTTP_AUTHORIZATION=f"Bearer {value}")

    def use() -> Any:
        client.get(url(project))
        return PersonalAPIKey.objects.get().last_used_at

    first = use()
    assert first is not None
    assert use() == first
    recent = timezone.now() - timedelta(minutes=59)
    PersonalAPIKey.objects.update(last_used_at=recent)
    assert use() == recent
    PersonalAPIKey.objects.update(last_used_at=timezone.now() - timedelta(minutes=61))
    assert use() > recent


def test_current_names_the_project_that_is_current_for_the_user(
    api: Any, user: Any, project: Any, other_user: Any
) -> None:
    client = api()
    user.refresh_from_db()
    assert user.current_project_id == project.pk
    created = client.post("/api/projects/@current/insight_variables/", {"name": "x", "type": "String"}).json()
    assert client.get(f"{url(project)}{created['id']}/").status_code == 200
    assert client.get("/api/environments/@current/").json()["id"] == project.pk
    user.current_project = None
    user.save()
    response = client.get("/api/projects/@current/insight_variables/")
    assert (response.status_code, response.json()["detail"]) == (404, "Project not found.")
    assert APIClient().get("/api/projects/@current/insight_variables/").status_code == 401


def test_a_project_token_in_the_query_outranks_the_url(api: Any, project: Any, other_project: Any, user: Any) -> None:
    client = api()
    token, foreign = project.environment.api_token, other_project.environment.api_token
    for name in ("token", "api_key"):
        assert client.get("/api/projects/@current/insight_variables/", {name: token}).status_code == 200
        assert client.get(url(other_project), {name: token}).status_code == 200
        refused = client.get(url(project), {name: foreign})
        assert (refused.status_code, refused.json()["detail"]) == (403, "You don't have access to the project.")
        unknown = client.get(url(project), {name: "phc_unknown"})
        assert (unknown.status_code, unknown.json()["code"]) == (401, "authentication_failed")
        assert unknown.json()["detail"] == "Incorrect authentication credentials."
        assert client.get(url(project), {name: "\0"}).status_code == 401


def test_a_project_is_read_with_its_scope_and_other_scopes_do_not_help(api: Any, project: Any) -> None:
    assert api("project:read").get(f"/api/projects/{project.pk}/").status_code == 200
    assert api("hog_function:write").get(f"/api/projects/{project.pk}/").status_code == 403
    options = api("project:read").options(f"/api/projects/{project.pk}/")
    assert options.status_code == 200
    assert set(options.json()) >= {"name", "description", "renders", "parses"}
    assert APIClient().options(f"/api/projects/{project.pk}/").status_code == 401
