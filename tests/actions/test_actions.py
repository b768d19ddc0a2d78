"""Actions over HTTP, and the filters that follow them (hog_functions.md 2.7, hog_language.md 9)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

pytestmark = pytest.mark.django_db

DOCS: dict[str, Any] = {"event": "$pageview", "url": "docs"}
WHOLE_STEP: dict[str, Any] = {
    "event": "$pageview",
    "properties": None,
    "selector": None,
    "selector_regex": None,
    "tag_name": None,
    "text": None,
    "text_matching": None,
    "href": None,
    "href_matching": None,
    "url": "docs",
    "url_matching": "contains",
}


def path(project: Any, parent: str = "projects", action: Any = "") -> str:
    return f"/api/{parent}/{project.pk}/actions/{action and str(action) + '/'}"


def make(client: Any, project: Any, **body: Any) -> dict[str, Any]:
    response = client.post(path(project), {"name": "Reads the docs", "steps": [DOCS], **body})
    assert response.status_code == 201, response.content
    return response.json()


def make_function(client: Any, project: Any, **body: Any) -> dict[str, Any]:
    response = client.post(f"/api/projects/{project.pk}/hog_functions/", {"hog": "print(1)", "enabled": True, **body})
    assert response.status_code == 201, response.content
    return response.json()


def filters_of(client: Any, project: Any, function: dict[str, Any]) -> dict[str, Any]:
    return client.get(f"/api/projects/{project.pk}/hog_functions/{function['id']}/").json()["filters"]


def on(action: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"actions": [{"id": action["id"], "type": "actions", "name": "docs", "order": 0}], **more}


@pytest.mark.parametrize("parent", ["projects", "environments"])
def test_an_action_is_created_shown_and_changed_under_both_prefixes(
    api: Any, project: Any, user: Any, parent: str
) -> None:
    client = api()
    created = client.post(path(project, parent), {"name": "Reads the docs", "tags": ["B", "a", "b"], "steps": [DOCS]})
    assert created.status_code == 201
    shown = created.json()
    assert shown | {"id": 0, "created_at": 0, "created_by": 0, "last_calculated_at": 0} == {
        "id": 0,
        "name": "Reads the docs",
        "description": "",
        "tags": ["b", "a"],
        "post_to_slack": False,
        "slack_message_format": "",
        "steps": [WHOLE_STEP],
        "created_at": 0,
        "created_by": 0,
        "deleted": False,
        "is_calculating": False,
        "last_calculated_at": 0,
        "team_id": project.pk,
        "is_action": True,
        "bytecode_error": None,
        "pinned_at": None,
        "creation_context": None,
    }
    assert isinstance(shown["id"], int)
    assert shown["created_by"]["email"] == user.email
    one = path(project, parent, shown["id"])
    assert client.get(one).json() == shown
    changed = client.patch(one, {"description": "About reading"}).json()
    assert changed == shown | {"description": "About reading"}, "steps that were not sent are not compiled again"
    replaced = client.put(one, {"name": "Signs up", "steps": [{"event": "sign up"}]}).json()
    assert (replaced["name"], replaced["description"]) == ("Signs up", "About reading")
    assert replaced["steps"] == [{**WHOLE_STEP, "event": "sign up", "url": None}]
    assert replaced["last_calculated_at"] > shown["last_calculated_at"]


def test_the_list_needs_two_queries_and_shows_what_changed_last_first(
    api: Any, project: Any, django_assert_num_queries: Any
) -> None:
    client = api()
    names = [make(client, project, name=f"a{number}")["name"] for number in range(3)]
    with django_assert_num_queries(2):  # key and project; rows with their creators
        page = client.get(path(project)).json()
    assert [action["name"] for action in page["results"]] == names[::-1]
    assert (page["count"], page["next"], page["previous"]) == (3, None, None)
    page = client.get(path(project), {"limit": 1, "offset": 1}).json()
    assert [action["name"] for action in page["results"]] == ["a1"]
    assert page["count"] == 3


@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({"name": "x" * 401}, "max_length", "name"),
        ({"name": ["x"]}, "invalid_input", "name"),
        ({"name": "x\0"}, "null_characters_not_allowed", "name"),
        ({"description": None}, "null", "description"),
        ({"slack_message_format": "x" * 1201}, "max_length", "slack_message_format"),
        ({"post_to_slack": "maybe"}, "invalid_input", "post_to_slack"),
        ({"tags": "x"}, "not_a_list", "tags"),
        ({"tags": [["x"]]}, "invalid_input", "tags__0"),
        ({"pinned_at": "tomorrow"}, "invalid_input", "pinned_at"),
        ({"steps": None}, "null", "steps"),
        ({"steps": "x"}, "not_a_list", "steps__non_field_errors"),
        ({"steps": {"event": "x"}}, "not_a_list", "steps__non_field_errors"),
        ({"steps": [{}] * 1001}, "max_length", "steps__non_field_errors"),
        ({"steps": ["x"]}, "invalid_input", "steps__0__non_field_errors"),
        ({"steps": [{}, {"event": {}}]}, "invalid_input", "steps__1__event"),
        ({"steps": [{"url_matching": "fuzzy"}]}, "invalid_choice", "steps__0__url_matching"),
        ({"steps": [{"href_matching": ["exact"]}]}, "invalid_choice", "steps__0__href_matching"),
        ({"steps": [{"text_matching": ""}]}, "invalid_choice", "steps__0__text_matching"),
        ({"steps": [{"properties": {}}]}, "not_a_list", "steps__0__properties"),
        ({"steps": [{"properties": ["x"]}]}, "not_a_dict", "steps__0__properties__0"),
        ([], "invalid_input", None),
    ],
)  # fmt: skip
def test_input_that_breaks_a_rule_is_refused_by_code_and_field(
    api: Any, project: Any, body: Any, code: str, attr: str | None
) -> None:
    client = api()
    for response in (
        client.post(path(project), body),
        client.patch(path(project, action=make(client, project)["id"]), body),
    ):
        answer = response.json()
        assert response.status_code == 400
        assert (answer["type"], answer["code"], answer["attr"]) == ("validation_error", code, attr)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ({"event": "$autocapture", "selector": "a:hover"}, "selector"),
        ({"properties": [{"type": "cohort", "key": "id", "value": 3}]}, "cohort"),
    ],
)
def test_steps_that_filters_cannot_use_are_stored_and_say_so(
    api: Any, project: Any, step: dict[str, Any], problem: str
) -> None:
    client = api()
    action = make(client, project, steps=[step])
    assert problem in action["bytecode_error"].lower()
    mended = client.patch(path(project, action=action["id"]), {"steps": [DOCS]}).json()
    assert mended["bytecode_error"] is None


def test_a_selector_shows_the_expression_that_it_stands_for(api: Any, project: Any) -> None:
    step = {"event": "$autocapture", "selector": "button.buy", "selector_regex": "mine"}
    shown = make(api(), project, steps=[step])["steps"][0]
    assert "button" in shown["selector_regex"], "computed, whatever was sent"


def test_a_name_exists_once_among_the_actions_of_a_project(
    api: Any, project: Any, other_project: Any, other_user: Any
) -> None:
    client = api()
    first = make(client, project)
    taken = {
        "type": "validation_error",
        "code": "unique",
        "detail": f"This project already has an action with this name, ID {first['id']}",
        "attr": "name",
    }
    again = client.post(path(project), {"name": "Reads the docs"})
    assert (again.status_code, again.json()) == (400, taken)
    second = make(client, project, name="Other")
    assert client.patch(path(project, action=second["id"]), {"name": "Reads the docs"}).json() == taken
    make(api(owner=other_user), other_project)
    for _ in range(2):
        make(client, project, name=None)


def test_a_deleted_action_is_gone_until_it_is_restored_by_a_literal_false(api: Any, project: Any) -> None:
    client = api()
    action = make(client, project)
    one = path(project, action=action["id"])
    refused = client.delete(one)
    assert (refused.status_code, refused.content) == (405, b"")
    deleted = client.patch(one, {"deleted": True})
    assert (deleted.status_code, deleted.json()) == (200, action | {"deleted": True})
    assert client.get(path(project)).json()["count"] == 0
    for response in (
        client.get(one),
        client.patch(one, {"name": "x"}),
        client.patch(one, {"deleted": "false"}),
        client.put(one, {"name": "x", "deleted": False}),
    ):
        assert response.status_code == 404
    namesake = make(client, project)
    assert client.patch(one, {"deleted": False}).json()["code"] == "unique"
    client.patch(path(project, action=namesake["id"]), {"deleted": True})
    assert client.patch(one, {"deleted": False}).json() == action
    assert client.get(one).json() == action


def test_pinning_notes_the_time_and_keeps_the_first(api: Any, project: Any) -> None:
    client = api()
    one = path(project, action=make(client, project)["id"])
    pinned = client.patch(one, {"pinned_at": "2020-01-01T00:00:00Z"}).json()["pinned_at"]
    assert pinned > "2026"
    assert client.patch(one, {"pinned_at": "2021-01-01T00:00:00Z"}).json()["pinned_at"] == pinned
    assert client.patch(one, {"pinned_at": None}).json()["pinned_at"] is None


@pytest.mark.parametrize("method", ["get", "put", "patch"])
@pytest.mark.parametrize("action", ["0", "1" * 19, "9" * 19, "9" * 40, "-1", "x", "٣", uuid.uuid4(), "%00"])
def test_an_unknown_or_malformed_id_is_not_found(api: Any, project: Any, method: str, action: str) -> None:
    response = getattr(api(), method)(path(project, action=action), {"name": "x"})
    assert (response.status_code, response.json()["code"], response.json()["detail"]) == (
        404,
        "not_found",
        "Not found.",
    )


@pytest.mark.parametrize("method", ["get", "put", "patch"])
def test_an_action_of_another_project_is_not_found(
    api: Any, project: Any, other_project: Any, other_user: Any, method: str
) -> None:
    theirs = make(api(owner=other_user), other_project)
    response = getattr(api(), method)(path(project, action=theirs["id"]), {"name": "x"})
    assert response.status_code == 404
    assert api(owner=other_user).get(path(other_project, action=theirs["id"])).json() == theirs


def test_reading_needs_the_read_scope_and_writing_the_write_scope(api: Any, project: Any) -> None:
    reader = api("action:read")
    assert reader.get(path(project)).status_code == 200
    refused = reader.post(path(project), {"name": "x"})
    assert (refused.status_code, refused.json()["detail"]) == (403, "API key missing required scope 'action:write'")
    writer = api("action:write")
    action = make(writer, project)
    assert writer.get(path(project, action=action["id"])).status_code == 200, "writing includes reading"
    assert api("hog_function:write").get(path(project)).status_code == 403


def test_a_function_runs_on_the_events_of_an_action_and_follows_its_steps(api: Any, project: Any) -> None:
    client = api()
    action = make(client, project)
    function = make_function(client, project, filters=on(action))
    as_event = {"events": [{"id": "sign up", "type": "events"}]}
    expected = make_function(client, project, filters=as_event)["filters"]["bytecode"]
    assert "%docs%" in function["filters"]["bytecode"]
    untouched = make_function(client, project, filters=on(make(client, project, name="Other")))
    client.patch(path(project, action=action["id"]), {"steps": [{"event": "sign up", "url_matching": None}]})
    assert filters_of(client, project, function) == {**function["filters"], "bytecode": expected}
    shown = client.get(f"/api/projects/{project.pk}/hog_functions/{function['id']}/").json()
    assert shown["updated_at"] > function["updated_at"], "workers notice by the time of the last change"
    assert client.get(f"/api/projects/{project.pk}/hog_functions/{untouched['id']}/").json() == untouched


def test_mappings_follow_an_action_too(api: Any, project: Any) -> None:
    client = api()
    action = make(client, project)
    function = make_function(client, project, mappings=[{"name": "a"}, {"name": "b", "filters": on(action)}])
    client.patch(path(project, action=action["id"]), {"steps": [{"event": "sign up"}]})
    shown = client.get(f"/api/projects/{project.pk}/hog_functions/{function['id']}/").json()["mappings"]
    assert "sign up" in shown[1]["filters"]["bytecode"]
    assert shown[0] == function["mappings"][0]


@pytest.mark.parametrize("id_", [1, "x", None, 2**70, "9" * 5000, True, 1.5])
def test_filters_with_an_action_that_the_project_does_not_have_are_refused(
    api: Any, project: Any, other_project: Any, other_user: Any, id_: Any
) -> None:
    theirs = make(api(owner=other_user), other_project)["id"]
    body = {"hog": "print(1)", "filters": {"actions": [{"id": theirs if id_ == 1 else id_, "type": "actions"}]}}
    response = api().post(f"/api/projects/{project.pk}/hog_functions/", body)
    if id_ is None:
        assert response.status_code == 201, "an entry without an id matches nothing"
        return
    assert response.status_code == 400
    assert response.json()["attr"] == "filters__non_field_errors"
    assert response.json()["detail"] == "Invalid filter configuration: Action matching query does not exist."


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"deleted": True}, "Action matching query does not exist."),
        ({"steps": [{"properties": [{"type": "cohort", "key": "id", "value": 3}]}]}, "ohort"),
    ],
)
def test_a_function_whose_action_fails_it_matches_nothing_and_says_why_until_it_is_mended(
    api: Any, project: Any, change: dict[str, Any], problem: str
) -> None:
    client = api()
    action = make(client, project)
    function = make_function(client, project, filters=on(action))
    client.patch(path(project, action=action["id"]), change)
    broken = filters_of(client, project, function)
    assert broken["bytecode"] is None
    assert problem in broken["bytecode_error"]
    client.patch(path(project, action=action["id"]), {"deleted": False, "steps": [DOCS]})
    assert filters_of(client, project, function) == function["filters"]


def test_functions_follow_the_test_account_filters_of_their_project(api: Any, project: Any) -> None:
    client = api()
    function = make_function(client, project, filters={"filter_test_accounts": True})
    plain = make_function(client, project)
    mine = {"key": "email", "type": "person", "operator": "not_icontains", "value": "@example.com"}
    one = f"/api/projects/{project.pk}/"
    assert client.patch(one, {"test_account_filters": [mine]}).status_code == 200
    assert "%@example.com%" in filters_of(client, project, function)["bytecode"]
    assert client.get(f"{one}hog_functions/{plain['id']}/").json() == plain
    client.patch(one, {"test_account_filters": [{"key": "id", "type": "cohort", "value": 4}]})
    broken = filters_of(client, project, function)
    assert broken["bytecode"] is None
    assert "cohort id=4" in broken["bytecode_error"]
    client.patch(one, {"test_account_filters": []})
    assert filters_of(client, project, function) == function["filters"]


def test_compiling_many_functions_again_reads_each_action_once(
    api: Any, project: Any, django_assert_max_num_queries: Any
) -> None:
    client = api()
    action = make(client, project)
    for number in range(5):
        make_function(client, project, name=f"f{number}", filters=on(action))
    with django_assert_max_num_queries(18):  # 13, a lock and savepoints among them, and one a function
        client.patch(path(project, action=action["id"]), {"steps": [{"event": "x"}]})


def test_an_action_may_not_exceed_a_megabyte(api: Any, project: Any) -> None:
    client = api()
    refused = client.post(path(project), {"name": "Large", "steps": [{"url": "x" * 400_000}] * 3})
    assert (refused.status_code, refused.json()["attr"]) == (400, "steps")
    action = make(client, project, description="x" * 800_000)
    refused = client.patch(path(project, action=action["id"]), {"steps": [{"url": "x" * 400_000}]})
    assert (refused.status_code, refused.json()["attr"]) == (400, "steps")
    assert client.patch(path(project, action=action["id"]), {"description": "short"}).status_code == 200
