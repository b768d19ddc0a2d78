"""Insight variables over HTTP (insights.md 2)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from insight_variables.services import code_name_of

pytestmark = pytest.mark.django_db


def path(project: Any, parent: str = "projects", variable: str = "") -> str:
    return f"/api/{parent}/{project.pk}/insight_variables/{variable and variable + '/'}"


def make(client: Any, project: Any, **body: Any) -> dict[str, Any]:
    response = client.post(path(project), {"name": "Country", "type": "String", **body})
    assert response.status_code == 201, response.content
    return response.json()


@pytest.mark.parametrize("parent", ["projects", "environments"])
def test_a_variable_is_created_shown_changed_and_deleted_under_both_prefixes(
    api: Any, project: Any, user: Any, parent: str
) -> None:
    client = api()
    created = client.post(
        path(project, parent), {"name": "  Sign-up Country ", "type": "String", "default_value": "DE"}
    )
    assert created.status_code == 201
    shown = created.json()
    assert list(shown) == [
        "id", "name", "type", "default_value", "created_by", "created_at", "code_name", "values",
    ]  # fmt: skip
    assert shown | {"id": 0, "created_at": 0} == {
        "id": 0,
        "name": "Sign-up Country",
        "type": "String",
        "default_value": "DE",
        "created_by": user.pk,
        "created_at": 0,
        "code_name": "signup_country",
        "values": None,
    }
    one = path(project, parent, shown["id"])
    assert client.get(one).json() == shown
    changed = client.patch(one, {"name": "Land"})
    assert changed.status_code == 200
    assert changed.json() == shown | {"name": "Land"}, "a new name leaves the code name alone"
    replaced = client.put(one, {"name": "Age", "type": "Number", "default_value": 18})
    assert replaced.json() == shown | {"name": "Age", "type": "Number", "default_value": 18}
    deleted = client.delete(one)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert client.get(one).status_code == 404
    assert client.delete(one).status_code == 404


def test_the_list_is_a_page_of_500_oldest_first_and_needs_three_queries(
    api: Any, project: Any, django_assert_num_queries: Any
) -> None:
    client = api()
    names = [make(client, project, name=f"v{number}")["name"] for number in range(3)]
    with django_assert_num_queries(3):  # key and project; count; rows
        page = client.get(path(project)).json()
    assert [variable["name"] for variable in page["results"]] == names
    assert (page["count"], page["next"], page["previous"]) == (3, None, None)


def test_a_page_that_does_not_exist_is_not_found(api: Any, project: Any) -> None:
    client = api()
    for page in ("2", "0", "-1", "x", "9" * 30):
        response = client.get(path(project), {"page": page})
        assert response.status_code == 404
        assert response.json() == {
            "type": "invalid_request",
            "code": "not_found",
            "detail": "Invalid page.",
            "attr": None,
        }
    assert client.get(path(project), {"page": "last"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({}, "required", "name"),
        ({"type": "String"}, "required", "name"),
        ({"name": "x"}, "required", "type"),
        ({"name": "", "type": "String"}, "blank", "name"),
        ({"name": "   ", "type": "String"}, "blank", "name"),
        ({"name": None, "type": "String"}, "null", "name"),
        ({"name": "x" * 401, "type": "String"}, "max_length", "name"),
        ({"name": ["x"], "type": "String"}, "invalid_input", "name"),
        ({"name": "x\0", "type": "String"}, "null_characters_not_allowed", "name"),
        ({"name": "x", "type": "Text"}, "invalid_choice", "type"),
        ({"name": "x", "type": None}, "null", "type"),
        ({"name": "x", "type": {"a": 1}}, "invalid_choice", "type"),
        ({"name": "x", "type": "List", "values": [{}]}, "invalid_input", "values"),
        ({"name": "x", "type": "List", "values": ["a", ["b"]]}, "invalid_input", "values"),
        ({"name": "x", "type": "String", "default_value": {"a": ["\0"]}}, "null_characters_not_allowed",
         "default_value__a__0"),
        ([], "invalid_input", None),
        ("text", "invalid_input", None),
    ],
)  # fmt: skip
def test_input_that_breaks_a_rule_is_refused_by_code_and_field(
    api: Any, project: Any, body: Any, code: str, attr: str | None
) -> None:
    response = api().post(path(project), body)
    assert response.status_code == 400
    answer = response.json()
    assert (answer["type"], answer["code"], answer["attr"]) == ("validation_error", code, attr)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Test 1", "test_1"),
        ("my_var", "my_var"),
        ("Test @#$ Var!", "test__var"),
        ("foo  bar", "foo__bar"),
        ("abc123", "abc123"),
        ("Größe", "größe"),
        ("!?", ""),
    ],
)
def test_the_code_name_keeps_letters_digits_spaces_and_underscores(name: str, expected: str) -> None:
    assert code_name_of(name) == expected


def test_a_code_name_exists_once_in_a_project(api: Any, project: Any, other_project: Any, other_user: Any) -> None:
    client = api()
    make(client, project, name="Sign up")
    response = client.post(path(project), {"name": "sign_UP!", "type": "List"})
    assert response.status_code == 400
    assert response.json() == {
        "type": "validation_error",
        "code": "invalid_input",
        "detail": "Variable with this code name already exists",
        "attr": None,
    }
    make(api(owner=other_user), other_project, name="Sign up")


def test_list_values_are_stored_as_text(api: Any, project: Any) -> None:
    client = api()
    values = ["a", None, True, False, 1, 1.5, 2**70]
    shown = make(client, project, type="List", values=values, default_value=3)
    assert shown["values"] == ["a", "true", "false", "1", "1.5", str(2**70)]
    assert shown["default_value"] == "3"
    one = path(project, variable=shown["id"])
    assert client.patch(one, {"values": None}).json()["values"] == []
    assert client.patch(one, {"values": "a"}).json()["values"] == []
    for default, stored in [
        (None, ""),
        (True, "true"),
        ({"value": 1, "label": "One"}, "1"),
        ({"label": "One"}, "One"),
        ({"x": 1}, '{"x":1}'),
        (["a"], '["a"]'),
    ]:
        assert client.patch(one, {"default_value": default}).json()["default_value"] == stored


def test_a_list_without_values_and_a_variable_that_becomes_a_list_show_an_empty_array(api: Any, project: Any) -> None:
    client = api()
    assert make(client, project, type="List")["values"] == []
    variable = make(client, project, name="Other", type="String", values={"odd": 1}, default_value=7)
    assert (variable["values"], variable["default_value"]) == ({"odd": 1}, 7)
    changed = client.patch(path(project, variable=variable["id"]), {"type": "List"}).json()
    assert (changed["values"], changed["default_value"]) == ([], "7")


def test_any_json_is_a_default_value_and_comes_back_as_it_was(api: Any, project: Any) -> None:
    client = api()
    for number, value in enumerate([None, 0, "", False, 2**80, -1.5, [1, {"a": None}], {"ü": "\u2028"}]):
        assert make(client, project, name=f"v{number}", type="Number", default_value=value)["default_value"] == value


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
@pytest.mark.parametrize("variable", [str(uuid.uuid4()), "nonsense", "1", "%00"])
def test_an_unknown_or_malformed_id_is_not_found(api: Any, project: Any, method: str, variable: str) -> None:
    response = getattr(api(), method)(path(project, variable=variable), {"name": "x", "type": "String"})
    assert (response.status_code, response.json()["code"], response.json()["detail"]) == (
        404,
        "not_found",
        "Not found.",
    )


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_a_variable_of_another_project_is_not_found(
    api: Any, project: Any, other_project: Any, other_user: Any, method: str
) -> None:
    theirs = make(api(owner=other_user), other_project)
    response = getattr(api(), method)(path(project, variable=theirs["id"]), {"name": "x", "type": "String"})
    assert response.status_code == 404
    assert api(owner=other_user).get(path(other_project, variable=theirs["id"])).json() == theirs


def test_reading_needs_the_read_scope_and_writing_the_write_scope(api: Any, project: Any) -> None:
    body = {"name": "x", "type": "String"}
    reader = api("insight_variable:read")
    assert reader.get(path(project)).status_code == 200
    refused = reader.post(path(project), body)
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "API key missing required scope 'insight_variable:write'",
    )
    writer = api("insight_variable:write")
    assert writer.post(path(project), body).status_code == 201
    assert writer.get(path(project)).status_code == 200, "writing includes reading"
    assert api("hog_function:write").get(path(project)).status_code == 403


def test_form_bodies_are_accepted(api: Any, project: Any) -> None:
    response = api().post(path(project), "name=City&type=String", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 201
    assert response.json()["code_name"] == "city"


def test_a_variable_survives_its_creator(api: Any, project: Any, user: Any, other_user: Any) -> None:
    from hogapi.accounts.services import add_member

    created = make(api(), project)
    add_member(user=other_user, organization=project.organization)
    user.delete()
    assert api(owner=other_user).get(path(project, variable=created["id"])).json()["created_by"] is None


def test_a_variable_may_not_exceed_a_megabyte(api: Any, project: Any) -> None:
    client = api()
    refused = client.post(path(project), {"name": "Large", "type": "String", "default_value": "x" * 2**20})
    assert (refused.status_code, refused.json()["attr"]) == (400, "default_value")
    variable = make(client, project, type="List", default_value="x" * 800_000)
    refused = client.patch(path(project, variable=variable["id"]), {"values": ["x" * 100] * 4_000})
    assert (refused.status_code, refused.json()["attr"]) == (400, "values")
    assert client.patch(path(project, variable=variable["id"]), {"name": "Still"}).status_code == 200
