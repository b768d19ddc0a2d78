"""People in a browser: log in, follow links, send JSON by a form (issue A, browsable API)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def browser(user: Any, project: Any) -> Client:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    page = client.get("/login/?next=/api/")
    assert page.status_code == 200
    response = client.post(
        "/login/",
        {
            "username": "Ada@Example.com",
            "password": "a long password",
            "next": "/api/",
            "csrfmiddlewaretoken": client.cookies["posthog_csrftoken"].value,
        },
    )
    assert (response.status_code, response.headers["Location"]) == (302, "/api/")
    return client


def csrf(browser: Client) -> dict[str, str]:
    return {"x-csrftoken": browser.cookies["posthog_csrftoken"].value}


def test_a_wrong_password_is_said_on_the_page_and_attempts_are_limited(user: Any, settings: Any) -> None:
    from django.core.cache import cache

    cache.clear()
    client = Client()
    body = {"username": user.email, "password": "wrong"}
    for _ in range(10):
        response = client.post("/login/", body)
        assert response.status_code == 200
        assert b"E-mail or password is not right." in response.content
    response = client.post("/login/", body)
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    cache.clear()


def test_the_entrance_links_to_every_route_of_the_current_project(browser: Client, project: Any) -> None:
    links = browser.get("/api/").json()
    assert links["insight_variables"] == f"http://testserver/api/projects/{project.pk}/insight_variables/"
    for name, link in links.items():
        response = browser.get(link, headers=HTML)
        assert response.status_code == 200, name
        assert response.headers["Content-Type"].startswith("text/html") or name == "schema", name


def test_the_entrance_is_open_to_everybody() -> None:
    assert "hog_functions" not in Client().get("/api/").json()
    page = Client().get("/api", headers=HTML)
    assert page.status_code == 200
    assert b"/login/?next=/api" in page.content


def test_the_form_of_a_list_sends_json(browser: Client, project: Any) -> None:
    url = f"/api/projects/{project.pk}/insight_variables/"
    page = browser.get(url, headers=HTML).content.decode()
    assert 'name="_content"' in page
    assert "&quot;name&quot;" in page
    response = browser.post(
        url, {"name": "x", "type": "String"}, content_type="application/json", headers=HTML | csrf(browser)
    )
    assert response.status_code == 201
    assert "code_name" in response.content.decode()


def test_the_form_of_an_object_holds_what_can_be_changed(browser: Client, project: Any) -> None:
    url = f"/api/projects/{project.pk}/insight_variables/"
    body = {"name": "Colour", "type": "List", "values": ["red"]}
    made = browser.post(url, body, content_type="application/json", headers=csrf(browser)).json()
    page = browser.get(f"{url}{made['id']}/", headers=HTML).content.decode()
    form = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert form is not None
    for expected in ("Colour", "red", "default_value"):
        assert expected in form.group(1)
    assert "code_name" not in form.group(1)


def test_a_session_needs_the_csrf_token_to_write_but_not_to_read(browser: Client, project: Any) -> None:
    url = f"/api/projects/{project.pk}/insight_variables/"
    assert browser.get(url).status_code == 200
    refused = browser.post(url, {"name": "x", "type": "String"}, content_type="application/json")
    assert refused.status_code == 403
    assert refused.json()["code"] == "permission_denied"
    assert refused.json()["detail"].startswith("CSRF Failed: ")


def test_a_session_passes_scopes_but_not_membership(browser: Client, project: Any, other_project: Any) -> None:
    assert browser.get(f"/api/projects/{project.pk}/").status_code == 200
    refused = browser.get(f"/api/environments/{other_project.pk}/insight_variables/")
    assert (refused.status_code, refused.json()["detail"]) == (403, "You don't have access to the project.")
    unknown = browser.get("/api/projects/999999/")
    assert (unknown.status_code, unknown.json()["detail"]) == (404, "Project not found.")


def test_logging_out_ends_the_session(browser: Client) -> None:
    response = browser.post("/logout/", headers=csrf(browser))
    assert (response.status_code, response.headers["Location"]) == (302, "/login/")
    assert browser.get("/api/users/@me/").status_code == 401


def test_logging_in_does_not_lead_to_another_site(user: Any) -> None:
    body = {"username": user.email, "password": "a long password", "next": "https://evil.example/"}
    assert Client().post("/login/", body).headers["Location"] == "/api/"


def test_styles_and_documentation_pages_come_from_this_server_alone(browser: Client) -> None:
    for page in ("/api/docs/", "/api/redoc/", "/api/"):
        html = browser.get(page, headers=HTML).content.decode()
        loaded = re.findall(r'<(?:script|link|img)[^>]*?(?:src|href)="([^"]+)"', html)
        assert loaded
        for address in loaded:
            assert address.startswith(("/static/", "data:")), f"{page} loads {address}"
            if address.startswith("/static/"):
                assert browser.get(address).status_code == 200, address
