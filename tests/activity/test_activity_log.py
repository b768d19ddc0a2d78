"""The activity log over HTTP (groups_auth_platform.md F.3, hog_functions.md 3.8)."""

from __future__ import annotations

import uuid
from base64 import b64encode
from typing import Any

import pytest

from hogapi.activity.services import record

pytestmark = pytest.mark.django_db

PAGEVIEWS = {"events": [{"id": "$pageview", "type": "events"}]}


def path(project: Any, parent: str = "projects") -> str:
    return f"/api/{parent}/{project.pk}/activity_log/"


def functions_path(project: Any, function: str = "", rest: str = "", parent: str = "projects") -> str:
    return f"/api/{parent}/{project.pk}/hog_functions/{function and function + '/'}{rest}"


def make_function(client: Any, project: Any, **body: Any) -> dict[str, Any]:
    response = client.post(functions_path(project), {"hog": "print(1)", "name": "f", "type": "destination", **body})
    assert response.status_code == 201, response.content
    return response.json()


def patch(client: Any, project: Any, function: dict[str, Any], **body: Any) -> Any:
    response = client.patch(functions_path(project, function["id"]), body)
    assert response.status_code == 200, response.content
    return response.json()


def log(client: Any, project: Any, **params: Any) -> list[dict[str, Any]]:
    response = client.get(path(project), params)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def change(field: str, before: Any, after: Any, action: str = "changed") -> dict[str, Any]:
    return {"type": "HogFunction", "action": action, "field": field, "before": before, "after": after}


def write(project: Any, user: Any, count: int) -> None:
    for number in range(count):
        record(
            project_id=project.pk, user_id=user.pk, scope="Thing", item_id=number, activity="created", name=f"t{number}"
        )


@pytest.mark.parametrize("parent", ["projects", "environments"])
def test_an_entry_tells_who_made_what(api: Any, project: Any, user: Any, parent: str) -> None:
    client = api()
    function = make_function(client, project, type="source_webhook")
    answer = client.get(path(project, parent)).json()
    (entry,) = answer["results"]
    assert (answer["next"], answer["previous"]) == (None, None)
    assert uuid.UUID(entry.pop("id"))
    assert entry.pop("created_at") >= function["created_at"]
    assert entry.pop("user")["uuid"] == str(user.uuid)
    assert entry == {
        "unread": False,
        "team_id": project.pk,
        "organization_id": str(project.organization_id),
        "was_impersonated": False,
        "is_system": False,
        "activity": "created",
        "item_id": function["id"],
        "scope": "HogFunction",
        "detail": {"name": "f", "type": "source", "short_id": None, "trigger": None, "changes": None},
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "g"}, change("name", "f", "g")),
        ({"description": "d"}, change("description", "", "d", "created")),
        ({"name": None}, change("name", "f", None, "deleted")),
        ({"execution_order": 3}, change("priority", None, 3, "created")),
        ({"deleted": True}, change("deleted", False, True)),
        ({"enabled": True}, change("enabled", False, True)),
        ({"hog": "print(2)"}, change("hog", "print(1)", "print(2)")),
        ({"filters": PAGEVIEWS}, change("filters", {"source": "events"}, {"source": "events", **PAGEVIEWS})),
    ],
)
def test_an_update_tells_the_fields_that_changed(
    api: Any, project: Any, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    client = api()
    function = make_function(client, project)
    patch(client, project, function, **body)
    newest = log(client, project)[0]
    assert newest["activity"] == "updated"
    assert newest["detail"]["changes"] == [expected]


def test_an_update_that_changes_nothing_is_not_told(api: Any, project: Any) -> None:
    client = api()
    schema = [{"key": "url", "type": "string"}, {"key": "key", "type": "string", "secret": True}]
    inputs = {"url": {"value": "x{event.event}"}, "key": {"value": "open sesame"}}
    mapping = {"name": "a", "inputs_schema": schema, "inputs": inputs, "filters": PAGEVIEWS}
    masking = {"ttl": 60, "hash": "{event.event}"}
    function = make_function(
        client, project, inputs_schema=schema, inputs=inputs, mappings=[mapping], filters={}, masking=masking
    )
    patch(client, project, function)
    patch(client, project, function, name="f", icon_url="/another.png")
    patch(client, project, function, inputs=function["inputs"], inputs_schema=schema, mappings=function["mappings"])
    patch(client, project, function, inputs=inputs, masking=masking)
    assert [entry["activity"] for entry in log(client, project)] == ["created"]


def test_secrets_are_told_as_masked(api: Any, project: Any) -> None:
    client = api()
    schema = [{"key": "key", "type": "string", "secret": True}]
    function = make_function(client, project, inputs_schema=schema)
    for value, expected in (
        ("open sesame", change("encrypted_inputs", None, "masked", "created")),
        ("shut sesame", change("encrypted_inputs", "masked", "masked")),
    ):
        patch(client, project, function, inputs={"key": {"value": value}})
        assert expected in log(client, project)[0]["detail"]["changes"]
    assert "sesame" not in client.get(path(project)).content.decode()


def test_changes_of_inputs_are_told_without_what_is_computed(api: Any, project: Any) -> None:
    client = api()
    schema = [{"key": "url", "type": "string"}]
    function = make_function(client, project, inputs_schema=schema, inputs={"url": {"value": "a"}})
    patch(client, project, function, inputs={"url": {"value": "{event.event}"}})
    expected = change("inputs", {"url": {"value": "a"}}, {"url": {"value": "{event.event}"}})
    assert log(client, project)[0]["detail"]["changes"] == [expected]


def test_values_that_are_too_large_are_not_told(api: Any, project: Any) -> None:
    client = api()
    function = make_function(client, project)
    hog = f"print('{'x' * 40_000}')"
    patch(client, project, function, hog=hog)
    assert log(client, project)[0]["detail"]["changes"] == [change("hog", "print(1)", "too large to tell")]


def test_a_change_that_is_refused_is_not_told(api: Any, project: Any) -> None:
    client = api()
    function = make_function(client, project)
    assert client.patch(functions_path(project, function["id"]), {"name": "g", "hog": "fun ("}).status_code == 400
    assert client.post(functions_path(project), {"hog": "fun ("}).status_code == 400
    assert len(log(client, project)) == 1


def test_changes_of_variables_and_actions_are_told(api: Any, project: Any) -> None:
    client = api()
    variables, actions = (f"/api/projects/{project.pk}/{name}/" for name in ("insight_variables", "actions"))
    variable = client.post(variables, {"name": "Age", "type": "Number", "default_value": 2**70}).json()
    client.patch(f"{variables}{variable['id']}/", {"default_value": 2**71})
    client.patch(f"{variables}{variable['id']}/", {"default_value": 2**71})
    client.delete(f"{variables}{variable['id']}/")
    action = client.post(actions, {"name": "Reads", "steps": [{"event": "$pageview"}]}).json()
    client.patch(f"{actions}{action['id']}/", {"pinned_at": "2026-01-01T00:00:00Z"})
    client.patch(f"{actions}{action['id']}/", {"steps": [{"event": "$pageview"}]})
    client.patch(f"{actions}{action['id']}/", {"deleted": True})
    told = [(entry["scope"], entry["activity"], entry["detail"]["name"]) for entry in log(client, project)][::-1]
    assert told == [
        ("InsightVariable", "created", "Age"),
        ("InsightVariable", "updated", "Age"),
        ("InsightVariable", "deleted", "Age"),
        ("Action", "created", "Reads"),
        ("Action", "updated", "Reads"),
        ("Action", "updated", "Reads"),
    ]
    (grown,) = log(client, project, scope="InsightVariable")[1]["detail"]["changes"]
    assert (grown["type"], grown["field"], grown["before"], grown["after"]) == (
        "InsightVariable", "default_value", 2**70, 2**71,
    )  # fmt: skip


def test_entries_are_found_by_user_kind_and_object(api: Any, project: Any, user: Any, other_user: Any) -> None:
    client = api()
    function = make_function(client, project)
    client.post(f"/api/projects/{project.pk}/actions/", {"name": "Reads"})
    record(project_id=project.pk, user_id=other_user.pk, scope="Insight", item_id=1, activity="created", name="i")
    for params, scopes in (
        ({}, ["Insight", "Action", "HogFunction"]),
        ({"scope": "Action"}, ["Action"]),
        ({"scopes": "Action,HogFunction"}, ["Action", "HogFunction"]),
        ({"scopes": "Action", "scope": "Insight"}, ["Insight", "Action"]),
        ({"scope": "Nonsense"}, []),
        ({"item_id": function["id"]}, ["HogFunction"]),
        ({"item_id": "0"}, []),
        ({"user": str(other_user.uuid)}, ["Insight"]),
        ({"user": other_user.pk}, ["Insight"]),
        ({"user": "9" * 19}, []),
        ({"user": user.uuid, "scopes": "Action"}, ["Action"]),
        ({"ordering": "created_at"}, ["HogFunction", "Action", "Insight"]),
        ({"ordering": "-created_at"}, ["Insight", "Action", "HogFunction"]),
    ):  # fmt: skip
        assert [entry["scope"] for entry in log(client, project, **params)] == scopes, params


@pytest.mark.parametrize(
    ("params", "attr", "code"),
    [
        ({"user": "me"}, "user", "invalid_input"),
        ({"ordering": "name"}, "ordering", "invalid_choice"),
        ({"scope": "\0"}, "scope", "null_characters_not_allowed"),
        ({"item_id": "\0"}, "item_id", "null_characters_not_allowed"),
    ],
)
def test_filters_that_make_no_sense_are_refused(api: Any, project: Any, params: Any, attr: str, code: str) -> None:
    for more in ({}, {"page": "1"}):
        response = api().get(path(project), {**params, **more})
        assert (response.status_code, response.json()["attr"], response.json()["code"]) == (400, attr, code)


@pytest.mark.parametrize("ordering", ["-created_at", "created_at"])
def test_pages_by_cursor_lead_through_all_entries_and_back(api: Any, project: Any, user: Any, ordering: str) -> None:
    client = api()
    write(project, user, 7)
    expected = [f"t{number}" for number in range(7)][:: 1 if ordering == "created_at" else -1]
    page = client.get(path(project), {"page_size": 3, "ordering": ordering}).json()
    pages = [page]
    while page["next"]:
        page = client.get(page["next"]).json()
        pages.append(page)
    assert [[entry["detail"]["name"] for entry in page["results"]] for page in pages] == [
        expected[:3], expected[3:6], expected[6:],
    ]  # fmt: skip
    assert set(page) == {"next", "previous", "results"}, "no count"
    assert client.get(pages[2]["previous"]).json()["results"] == pages[1]["results"]


def test_pages_by_number_have_a_count(api: Any, project: Any, user: Any) -> None:
    client = api()
    write(project, user, 5)
    page = client.get(path(project), {"page": 2, "page_size": 2}).json()
    assert [entry["detail"]["name"] for entry in page["results"]] == ["t2", "t1"]
    assert page["count"] == 5
    assert "page=3" in page["next"]
    assert page["previous"]
    assert client.get(path(project), {"page": "last", "page_size": 2}).json()["next"] is None


def test_a_page_or_cursor_that_does_not_exist_is_not_found(api: Any, project: Any, user: Any) -> None:
    client = api()
    write(project, user, 2)
    for params in ({"page": "9"}, {"page": "x"}, {"page": "0"}):
        response = client.get(path(project), params)
        assert (response.status_code, response.json()["detail"]) == (404, "Invalid page.")
    for cursor in ("x", "é", b64encode(b"p=yesterday"), b64encode(b"p=2026-13-45T00:00"), b64encode(b"p=%00")):
        response = client.get(path(project), {"cursor": cursor})
        assert (response.status_code, response.json()["detail"]) == (404, "Invalid cursor")


@pytest.mark.parametrize(("size", "shown"), [("0", 100), ("x", 100), ("-5", 100), ("101", 101), ("9" * 30, 105)])
def test_a_page_has_100_entries_unless_told_otherwise(api: Any, project: Any, user: Any, size: str, shown: int) -> None:
    write(project, user, 105)
    assert len(log(api(), project, page_size=size)) == shown


def test_the_log_needs_two_queries_and_one_more_for_a_count(
    api: Any, project: Any, user: Any, django_assert_num_queries: Any
) -> None:
    client = api()
    write(project, user, 5)
    client.get(path(project))
    with django_assert_num_queries(2):  # key and project; entries with their users
        client.get(path(project))
    with django_assert_num_queries(3):
        client.get(path(project), {"page": 1})


def test_what_the_server_did_itself_is_told_apart_from_a_user_who_is_gone(
    api: Any, project: Any, user: Any, other_user: Any
) -> None:
    client = api()
    function = make_function(client, project)
    both = {"project_id": project.pk, "scope": "HogFunction", "item_id": function["id"], "name": "f"}
    record(**both, user_id=other_user.pk, activity="seen")
    other_user.delete()
    record(**both, user_id=None, activity="mended")
    mended, seen = log(client, project)[:2]
    assert (mended["user"], mended["is_system"]) == (None, True)
    assert (seen["user"], seen["is_system"]) == (None, False)
    mended, seen, created = client.get(functions_path(project, function["id"], "activity/")).json()["results"]
    assert mended["user"] == {"first_name": "System", "email": None, "is_system": True}
    assert seen["user"] is None
    assert created["user"] == {"first_name": user.first_name, "email": user.email}


@pytest.mark.parametrize("parent", ["projects", "environments"])
def test_the_activity_of_functions_and_of_one_function(api: Any, project: Any, user: Any, parent: str) -> None:
    client = api()
    one, other = make_function(client, project, name="one"), make_function(client, project, name="other")
    patch(client, project, one, deleted=True)
    every = client.get(functions_path(project, rest="activity/", parent=parent)).json()
    assert [entry["item_id"] for entry in every["results"]] == [one["id"], other["id"], one["id"]]
    assert (every["total_count"], every["next"], every["previous"]) == (3, None, None)
    mine = client.get(functions_path(project, one["id"], "activity/", parent)).json()
    assert [entry["activity"] for entry in mine["results"]] == ["updated", "created"], "also when it is deleted"
    assert set(mine["results"][0]) == {"id", "user", "activity", "scope", "item_id", "detail", "created_at"}


def test_pages_of_the_activity_of_a_resource(api: Any, project: Any) -> None:
    client = api()
    for number in range(12):
        make_function(client, project, name=f"f{number}")
    url = functions_path(project, rest="activity/")
    first = client.get(url).json()
    assert (len(first["results"]), first["total_count"], first["previous"]) == (10, 12, None)
    assert first["next"].endswith("?limit=10&page=2")
    second = client.get(first["next"]).json()
    assert (len(second["results"]), second["next"]) == (2, None)
    assert client.get(second["previous"]).json() == first | {"next": first["next"]}
    for params in ({"limit": "x", "page": "y"}, {"limit": "-1", "page": "0"}, {"limit": ""}):
        assert client.get(url, params).json()["results"] == first["results"]
    for page in ("3", "999999999", "9" * 40):
        beyond = client.get(url, {"page": page})
        assert beyond.status_code == 200
    assert client.get(url, {"page": "3"}).json()["results"] == []


@pytest.mark.parametrize("function", [str(uuid.uuid4()), "new"])
def test_the_activity_of_an_unknown_function_is_not_found(api: Any, project: Any, function: str) -> None:
    assert api().get(functions_path(project, function, "activity/")).status_code == 404


def test_another_project_sees_nothing(api: Any, project: Any, user: Any, other_project: Any, other_user: Any) -> None:
    function = make_function(api(), project)
    theirs = api(owner=other_user)
    assert log(theirs, other_project) == []
    assert log(theirs, other_project, item_id=function["id"]) == []
    assert theirs.get(functions_path(other_project, rest="activity/")).json()["total_count"] == 0
    assert theirs.get(functions_path(other_project, function["id"], "activity/")).status_code == 404
    assert theirs.get(path(project)).status_code == 403


def test_reading_needs_the_scope_of_the_log(api: Any, project: Any) -> None:
    function = make_function(api(), project)
    urls = [
        path(project),
        functions_path(project, rest="activity/"),
        functions_path(project, function["id"], "activity/"),
    ]
    for url in urls:
        assert api("activity_log:read").get(url).status_code == 200
        refused = api("hog_function:write").get(url)
        assert (refused.status_code, refused.json()["detail"]) == (
            403,
            "API key missing required scope 'activity_log:read'",
        )
