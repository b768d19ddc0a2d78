"""Managing keys in a session; a key sees only itself (B.5)."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from hogapi.accounts import keys
from hogapi.accounts.models import PersonalAPIKey
from hogapi.accounts.tokens import secure_value

pytestmark = pytest.mark.django_db

URL = "/api/personal_api_keys/"


def by_key(value: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {value}")
    return client


@pytest.fixture
def session(user: Any, project: Any) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.post("/login/", {"username": user.email, "password": "a long password"}, format="multipart")
    return client


def test_a_key_is_made_shown_changed_rolled_and_revoked(session: Any, user: Any, project: Any) -> None:
    created = session.post(
        URL, {"label": "CI", "scopes": ["hog_function:write"], "scoped_teams": [project.pk], "scoped_organizations": []}
    )
    assert created.status_code == 201, created.content
    shown = created.json()
    value = shown["value"]
    assert value.startswith("phx_")
    assert shown["mask_value"] == f"phx_...{value[-4:]}"
    assert (shown["user_id"], shown["scopes"], shown["scoped_teams"]) == (user.pk, ["hog_function:write"], [project.pk])
    assert PersonalAPIKey.objects.get().secure_value == secure_value(value)

    one = f"{URL}{shown['id']}/"
    hidden = shown | {"value": None}
    assert session.get(one).json() == hidden
    assert session.get(URL).json() == [hidden]
    assert session.patch(one, {"label": "Build"}).json() == hidden | {"label": "Build"}
    assert session.put(one, {"label": "Build", "scopes": ["*"]}).json()["scopes"] == ["*"]

    rolled = session.post(f"{one}roll/").json()
    assert rolled["value"] != value
    assert rolled["id"] == shown["id"]
    assert rolled["last_rolled_at"] is not None
    assert by_key(value).get(f"{URL}@current/").status_code == 401
    assert by_key(rolled["value"]).get(f"{URL}@current/").status_code == 200

    assert session.delete(one).status_code == 204
    assert by_key(rolled["value"]).get(f"{URL}@current/").status_code == 401
    assert session.get(one).status_code == 404


def test_a_key_sees_itself_and_nothing_else(user: Any, project: Any) -> None:
    key, value = keys.create_key(user=user, label="x", scopes=["insight:read"], scoped_teams=[project.pk])
    other, _ = keys.create_key(user=user, label="y", scopes=["*"])
    client = by_key(value)
    current = client.get(f"{URL}@current").json()
    assert current == client.get(f"{URL}{key.pk}/").json()
    assert (current["value"], current["scopes"], current["scoped_teams"], current["scoped_organizations"]) == (
        None,
        ["insight:read"],
        [project.pk],
        [],
    )
    for method, url in [
        ("get", URL),
        ("post", URL),
        ("get", f"{URL}{other.pk}/"),
        ("patch", f"{URL}{key.pk}/"),
        ("put", f"{URL}@current/"),
        ("delete", f"{URL}{key.pk}/"),
        ("post", f"{URL}{key.pk}/roll/"),
    ]:
        response = getattr(client, method)(url, {})
        assert response.status_code == 403, (method, url)
        assert response.json()["detail"] == "This action does not support Personal API Key access"


def test_nobody_manages_keys_without_a_session(project: Any) -> None:
    assert APIClient().get(URL).status_code == 401


def test_a_login_that_is_not_recent_may_read_but_not_change(user: Any, session: Any) -> None:
    forgotten = APIClient()
    forgotten.force_login(user)
    assert forgotten.get(URL).status_code == 200
    response = forgotten.post(URL, {"label": "x", "scopes": ["*"]})
    assert (response.status_code, response.json()["detail"]) == (
        403,
        "This action requires you to be recently authenticated.",
    )


def test_keys_of_others_are_not_found(session: Any, other_user: Any) -> None:
    theirs, _ = keys.create_key(user=other_user, label="x", scopes=["*"])
    for method in ("get", "patch", "delete"):
        assert getattr(session, method)(f"{URL}{theirs.pk}/", {}).status_code == 404
    assert session.get(f"{URL}@current/").status_code == 404, "a session has no key"


@pytest.mark.parametrize(
    ("body", "code", "detail", "attr"),
    [
        ({"scopes": ["*"]}, "required", "This field is required.", "label"),
        ({"label": "x"}, "required", "This field is required.", "scopes"),
        ({"label": " ", "scopes": ["*"]}, "blank", "This field may not be blank.", "label"),
        ({"label": "x" * 41, "scopes": ["*"]}, "max_length", "Ensure this field has no more than 40 characters.",
         "label"),
        ({"label": "x", "scopes": []}, "empty", "This list may not be empty.", "scopes"),
        ({"label": "x", "scopes": "*"}, "not_a_list", 'Expected a list of items but got type "str".', "scopes"),
        ({"label": "x", "scopes": ["hog:eat"]}, "invalid_input", "Invalid scope: hog:eat", "scopes"),
        ({"label": "x", "scopes": ["insight:admin"]}, "invalid_input", "Invalid scope: insight:admin", "scopes"),
        ({"label": "x", "scopes": ["*"], "scoped_teams": [0]}, "invalid_input",
         "You must be a member of all teams that you are scoping the key to.", "scoped_teams"),
        ({"label": "x", "scopes": ["*"], "scoped_teams": [10**30]}, "invalid_input",
         "You must be a member of all teams that you are scoping the key to.", "scoped_teams"),
        ({"label": "x", "scopes": ["*"], "scoped_organizations": ["00000000-0000-0000-0000-000000000000"]},
         "invalid_input", "You must be a member of all organizations that you are scoping the key to.",
         "scoped_organizations"),
        ({"label": "x", "scopes": ["*"], "scoped_organizations": ["x"]}, "invalid_input", "Invalid organization UUID",
         "scoped_organizations"),
    ],
)  # fmt: skip
def test_a_key_that_breaks_a_rule_is_refused(session: Any, body: Any, code: str, detail: str, attr: str | None) -> None:
    response = session.post(URL, body)
    assert response.status_code == 400
    assert response.json() == {"type": "validation_error", "code": code, "detail": detail, "attr": attr}


def test_the_eleventh_key_is_refused(session: Any, user: Any) -> None:
    for number in range(10):
        keys.create_key(user=user, label=f"{number}", scopes=["*"])
    response = session.post(URL, {"label": "x", "scopes": ["*"]})
    assert (response.status_code, response.json()["attr"]) == (400, None)
    assert response.json()["detail"] == (
        "You can only have 10 personal API keys. Remove an existing key before creating a new one."
    )
    assert [key["label"] for key in session.get(URL).json()] == [str(number) for number in range(9, -1, -1)]
