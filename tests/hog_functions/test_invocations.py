"""POST hog_functions/:id/invocations/ (hog_functions.md 3.1)."""

from __future__ import annotations

import ipaddress
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest

from hog_functions import trials
from hog_functions.models import HogFunction
from hogapi.runtime.models import Invocation
from tests.hog_functions.conftest import WEBHOOK, Functions, assert_refused

GLOBALS = {
    "event": {
        "uuid": "0191b7a2-0000-7000-8000-000000000001",
        "event": "$pageview",
        "distinct_id": "ada",
        "properties": {"$browser": "Firefox"},
        "timestamp": "2026-01-02T03:04:05Z",
        "url": "http://x/e",
    }
}


def lines(response: Any) -> list[tuple[str, str]]:
    return [(line["level"], line["message"]) for line in response.json()["logs"]]


def test_a_new_function_is_tried_with_mocked_calls(functions: Functions) -> None:
    response = functions.invoke(configuration=WEBHOOK, globals=GLOBALS)
    body = response.json()
    assert response.status_code == 200, body
    assert list(body) == ["result", "status", "errors", "logs"]
    assert (body["result"], body["status"], body["errors"]) == (None, "success", [])
    found = lines(response)
    assert found[0] == ("info", "Async function 'fetch' was mocked with arguments:")
    assert found[1][1].startswith('fetch(\'https://example.com/$pageview\', {\n  "method": "POST"')
    assert "***REDACTED***" in found[1][1]
    assert found[-1][0] == "debug"
    assert body["logs"][0]["timestamp"].endswith("Z")
    assert not HogFunction.objects.exists()
    assert not Invocation.objects.exists()


def test_a_stored_function_is_tried_with_its_secrets_and_its_program(functions: Functions) -> None:
    created = functions.create(hog="print(inputs.url, inputs.key)")
    response = functions.invoke(created["id"], configuration={"inputs": {"url": {"value": "changed"}}}, globals=GLOBALS)
    assert lines(response)[0] == ("info", "changed, ***REDACTED***")
    assert functions.get(created["id"]).json() == created


def test_the_configuration_wins_over_what_is_stored(functions: Functions) -> None:
    created = functions.create(hog="print('stored')")
    response = functions.invoke(created["id"], configuration={"hog": "print('proposed')"}, globals=GLOBALS)
    assert lines(response)[0] == ("info", "proposed")


def test_an_unknown_function_is_a_new_one(functions: Functions, api: Any, other_project: Any, other_user: Any) -> None:
    theirs = Functions(api(owner=other_user), other_project.pk).create(hog="print('theirs')")
    deleted = functions.create()
    functions.patch(deleted["id"], deleted=True)
    for function_id in ("new", "nonsense", str(uuid4()), deleted["id"], theirs["id"]):
        response = functions.invoke(function_id, configuration={"hog": "print('mine')"}, globals=GLOBALS)
        assert (response.status_code, lines(response)[0]) == (200, ("info", "mine"))


def test_real_calls_go_out(functions: Functions, receiver: Any, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    configuration = {**WEBHOOK, "inputs": {**WEBHOOK["inputs"], "url": {"value": receiver.url + "/{event.event}"}}}
    response = functions.invoke(configuration=configuration, globals=GLOBALS, mock_async_functions=False)
    assert response.json()["status"] == "success"
    (request,) = receiver.requests
    assert (request.method, request.path, request.json) == ("POST", "/$pageview", {"name": "$pageview", "count": 3})
    assert request.headers["X-Key"] == "open sesame"


def test_the_webhook_template_posts_the_event(
    functions: Functions, receiver: Any, settings: Any, webhook_template: None
) -> None:
    settings.OUTBOUND_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    values = {
        "url": {"value": receiver.url},
        "method": {"value": "POST"},
        "headers": {"value": {"X-Event": "{event.event}"}},
        "body": {"value": {"event": "{event}", "person": "{person}"}},
        "debug": {"value": True},
    }
    created = functions.create(template_id="template-webhook", hog=..., inputs_schema=..., inputs=values)
    response = functions.invoke(created["id"], configuration={}, globals=GLOBALS, mock_async_functions=False)
    assert response.json()["status"] == "success", response.json()
    (request,) = receiver.requests
    assert request.json == {"event": GLOBALS["event"], "person": None}
    assert request.headers["X-Event"] == "$pageview"
    assert [level for level, _ in lines(response)] == ["info", "info", "debug"]
    receiver.respond = lambda request: (404, {}, b"")
    response = functions.invoke(created["id"], configuration={}, globals=GLOBALS, mock_async_functions=False)
    assert response.json()["status"] == "error"
    assert "The webhook answered with status 404" in response.json()["errors"][0]


def test_a_forbidden_address_is_refused_and_logged(functions: Functions) -> None:
    configuration = {**WEBHOOK, "inputs": {"url": {"value": "http://169.254.169.254/latest"}}}
    response = functions.invoke(configuration=configuration, globals=GLOBALS, mock_async_functions=False)
    assert response.json()["status"] == "error"
    assert lines(response)[0] == (
        "error",
        "HTTP fetch failed on attempt 1 with status code (none). Error: The address of 169.254.169.254 is not allowed: "
        "it is private, local or reserved.",
    )


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "10.0.0.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fe80::1]",
    ],
    ids=["name", "loopback", "private", "decimal", "octal", "hexadecimal", "IPv6", "mapped", "link-local"],
)
def test_every_spelling_of_a_forbidden_address_is_refused_and_logged(
    functions: Functions, settings: Any, host: str
) -> None:
    settings.OUTBOUND_ALLOW = []
    configuration = {**WEBHOOK, "inputs": {"url": {"value": f"http://{host}:9/"}}}
    response = functions.invoke(configuration=configuration, globals=GLOBALS, mock_async_functions=False)
    assert response.json()["status"] == "error"
    level, message = lines(response)[0]
    assert level == "error"
    assert message.startswith("HTTP fetch failed on attempt 1 with status code (none). Error: The address of ")
    assert message.endswith(" is not allowed: it is private, local or reserved.")


def test_an_event_that_does_not_match_is_skipped(functions: Functions) -> None:
    other = {"event": {**GLOBALS["event"], "event": "$exception"}}
    body = functions.invoke(configuration=WEBHOOK, globals=other).json()
    assert (body["status"], body["errors"]) == ("skipped", [])
    assert [line["message"] for line in body["logs"]] == ["Mapping trigger not matching filters was ignored."]


def test_each_matching_mapping_runs(functions: Functions) -> None:
    def mapping(event: str) -> dict[str, Any]:
        return {
            "filters": {"events": [{"id": event, "type": "events"}]},
            "inputs_schema": [{"key": "word", "type": "string"}],
            "inputs": {"word": {"value": event + " {event.distinct_id}"}},
        }

    configuration = {
        "hog": "print(inputs.word)",
        "mappings": [mapping("$pageview"), mapping("$exception"), mapping("$pageview")],
    }
    response = functions.invoke(configuration=configuration, globals=GLOBALS)
    assert response.json()["status"] == "success"
    assert [text for level, text in lines(response) if level == "info"] == [
        "Mapping trigger not matching filters was ignored.",
        "$pageview ada",
        "$pageview ada",
    ]


def test_inputs_that_fail_skip_the_run(functions: Functions) -> None:
    configuration = {**WEBHOOK, "inputs": {"url": {"value": "{unknown.global}"}}}
    response = functions.invoke(configuration=configuration, globals=GLOBALS)
    assert response.json()["status"] == "skipped"
    level, text = lines(response)[-1]
    assert level == "error"
    assert text.startswith("Error building inputs for event 0191b7a2-0000-7000-8000-000000000001: ")


def test_a_failing_program_is_an_error(functions: Functions) -> None:
    response = functions.invoke(configuration={"hog": "throw Error('no luck')"}, globals=GLOBALS)
    body = response.json()
    assert (response.status_code, body["status"], body["result"]) == (200, "error", None)
    assert "no luck" in body["errors"][0]


def test_a_clickhouse_event_wins_over_globals(functions: Functions) -> None:
    event = {
        "uuid": "0191b7a2-0000-7000-8000-000000000002",
        "event": "stored",
        "distinct_id": "grace",
        "properties": '{"plan": "pro"}',
        "timestamp": "2026-01-02 03:04:05.000",
        "person_id": "0191b7a2-0000-7000-8000-000000000003",
        "person_properties": '{"email": "grace@example.com"}',
    }
    configuration = {
        "hog": "print(event.event, event.properties.plan, person.name, project.name, source.name)",
        "name": "F",
    }
    response = functions.invoke(configuration=configuration, clickhouse_event=event, globals=GLOBALS)
    assert lines(response)[0] == ("info", "stored, pro, grace@example.com, Burrow, F")


def test_the_project_is_known_under_what_the_client_says(functions: Functions) -> None:
    configuration = {"hog": "print(project.id > 0, project.name, person, groups)"}
    response = functions.invoke(configuration=configuration, globals={**GLOBALS, "project": {"name": "Mine"}})
    assert lines(response)[0] == ("info", "true, Mine, null, {}")


def test_a_transformation_answers_the_event_that_it_made(functions: Functions) -> None:
    configuration = {"type": "transformation", "hog": "let e := event; e.properties.seen := true; return e"}
    body = functions.invoke(configuration=configuration, globals=GLOBALS).json()
    assert body["status"] == "success"
    assert body["result"]["properties"] == {"$browser": "Firefox", "seen": True}
    assert {"ip", "site_url", "team_id", "now"} <= body["result"].keys()
    dropped = functions.invoke(configuration={"type": "transformation", "hog": "return null"}, globals=GLOBALS).json()
    assert (dropped["status"], dropped["result"]) == ("success", None)


@pytest.mark.parametrize(
    ("changes", "attr", "code", "detail"),
    [
        ({"configuration": ...}, "configuration", "required", "This field is required."),
        ({"configuration": None}, "configuration", "null", None),
        ({"configuration": "x"}, "configuration__non_field_errors", "invalid_input", None),
        ({"configuration": {"hog": "let a ="}}, "configuration__hog", "invalid_input", None),
        (
            {"configuration": {**WEBHOOK, "inputs": {}}},
            "configuration__inputs__url",
            "invalid_input",
            "This field is required.",
        ),
        ({"configuration": {**WEBHOOK, "inputs": None}}, "configuration__inputs", "null", None),
        ({"configuration": {**WEBHOOK, "type": "pigeon"}}, "configuration__type", "invalid_choice", None),
        (
            {"configuration": {**WEBHOOK, "type": "site_app"}},
            "configuration__type",
            "invalid_input",
            "Invalid function type",
        ),
        (
            {"configuration": {**WEBHOOK, "type": "source_webhook"}},
            "configuration__type",
            "invalid_input",
            "Invalid function type",
        ),
        (
            {"configuration": {**WEBHOOK, "filters": {"actions": [{"id": 1, "type": "actions"}]}}},
            "configuration__filters__non_field_errors",
            "invalid_input",
            None,
        ),
        ({"globals": ...}, "globals", "invalid_input", "Missing event"),
        ({"globals": {"person": {}}}, "globals", "invalid_input", "Missing event"),
        ({"globals": {"event": "x"}}, "globals", "invalid_input", "Missing event"),
        ({"globals": "x"}, "globals", "not_a_dict", None),
        ({"clickhouse_event": [1]}, "clickhouse_event", "not_a_dict", None),
        ({"mock_async_functions": "perhaps"}, "mock_async_functions", "invalid_input", "Must be a valid boolean."),
        ({"invocation_id": "7"}, "invocation_id", "invalid_input", "Invalid invocation ID"),
        ({"invocation_id": {"a": 1}}, "invocation_id", "invalid_input", None),
    ],
    ids=lambda one: str(one)[:40],
)
def test_bad_requests(functions: Functions, changes: dict[str, Any], attr: str, code: str, detail: str | None) -> None:
    body = {"configuration": WEBHOOK, "globals": GLOBALS, **changes}
    response = functions.invoke(**{key: value for key, value in body.items() if value is not ...})
    assert_refused(response, attr=attr, code=code, detail=detail)


def test_the_type_of_a_stored_function_stays(functions: Functions) -> None:
    created = functions.create()
    response = functions.invoke(created["id"], configuration={**WEBHOOK, "type": "transformation"}, globals=GLOBALS)
    assert_refused(response, attr="configuration__type", detail="Cannot modify the type of an existing function")


def test_odd_globals_never_break_the_server(functions: Functions) -> None:
    for odd in (
        {"event": {}},
        {"event": {"uuid": 5, "properties": 7, "elements_chain": {}}, "person": "x", "groups": [1], "project": 3},
        {"event": {"event": None, "timestamp": []}, "inputs": {"url": "mine"}, "source": 1},
    ):
        response = functions.invoke(configuration={"hog": "print(inputs)"}, globals=odd)
        assert response.status_code == 200, response.json()
        assert lines(response)[0] == ("info", "{}")


def test_tests_with_real_calls_leave_threads_for_others(functions: Functions, settings: Any, receiver: Any) -> None:
    settings.OUTBOUND_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    busy: dict[str, Any] = {"configuration": {**WEBHOOK, "hog": f"fetch('{receiver.url}')"}, "globals": GLOBALS}
    with ExitStack() as others:
        while trials._real_calls.acquire(blocking=False):
            others.callback(trials._real_calls.release)
        refused = functions.invoke(**busy, mock_async_functions=False)
        assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
        assert refused.headers["Retry-After"] == "5"
        assert functions.invoke(**busy).status_code == 200
    assert functions.invoke(**busy, mock_async_functions=False).status_code == 200
    assert len(receiver.requests) == 1


def test_a_test_of_many_slow_mappings_ends(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials.invocation, "MAX_TEST_SECONDS", 0.2)
    slow = {**WEBHOOK, "hog": "while (true) {}", "mappings": [{"name": str(number)} for number in range(20)]}
    response = functions.invoke(configuration=slow, globals=GLOBALS)
    assert ("warn", "The test took more than 0.2 seconds: further mappings were not run.") in lines(response)
    assert len(response.json()["errors"]) < 5


def test_mappings_are_limited_in_number(functions: Functions) -> None:
    many = {**WEBHOOK, "mappings": [{}] * 101}
    refused = functions.invoke(configuration=many, globals=GLOBALS)
    assert_refused(refused, attr="configuration__mappings", code="max_length")
