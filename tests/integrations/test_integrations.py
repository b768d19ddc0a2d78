"""Integrations over HTTP, and the functions that use them."""

from __future__ import annotations

import ipaddress
import uuid
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet

from hog_functions.consumer import HogFunctionConsumer
from hogapi.definitions.models import Integration
from hogapi.runtime.globals import Subject, event_globals
from hogapi.runtime.integrations import sensitive_config
from hogapi.runtime.invocation import Conduct, Outcome, run
from integrations.configurations import divided

pytestmark = pytest.mark.django_db

SLACK: dict[str, Any] = {
    "kind": "slack",
    "config": {"team": {"id": "T1", "name": "Hedgehogs"}, "scope": "chat:write"},
    "sensitive_config": {"access_token": "xoxb-sesame-open"},
}
SCHEMA = [{"key": "slack", "type": "integration", "integration": "slack", "required": True}]
HOG = "print(inputs.slack.access_token, inputs.slack.team.name, inputs.slack['$integration_id'])"


def path(project: Any, parent: str = "projects", integration: Any = "") -> str:
    return f"/api/{parent}/{project.pk}/integrations/{integration and str(integration) + '/'}"


def functions_path(project: Any, rest: str = "") -> str:
    return f"/api/projects/{project.pk}/hog_functions/{rest}"


def nested(levels: int) -> list[Any]:
    return [nested(levels - 1)] if levels else []


def make(client: Any, project: Any, **body: Any) -> dict[str, Any]:
    response = client.post(path(project), {**SLACK, **body})
    assert response.status_code == 201, response.content
    return response.json()


def using(integration: Any, **more: Any) -> dict[str, Any]:
    inputs = {"slack": {"value": integration}}
    return {"hog": HOG, "type": "destination", "inputs_schema": SCHEMA, "inputs": inputs, "enabled": True, **more}


def messages(client: Any, project: Any, function: dict[str, Any], **body: Any) -> list[str]:
    request = {"configuration": function, "globals": {"event": {"uuid": "1", "event": "e"}}, **body}
    response = client.post(functions_path(project, "new/invocations/"), request)
    assert response.status_code == 200, response.content
    return [line["message"] for line in response.json()["logs"]]


@pytest.mark.parametrize("parent", ["projects", "environments"])
def test_an_integration_is_created_shown_and_deleted_under_both_prefixes(
    api: Any, project: Any, user: Any, parent: str
) -> None:
    client = api()
    created = client.post(path(project, parent), SLACK)
    assert created.status_code == 201
    shown = created.json()
    assert shown | {"id": 0, "created_at": 0, "created_by": 0} == {
        "id": 0,
        "kind": "slack",
        "display_name": "Hedgehogs",
        "config": SLACK["config"],
        "errors": "",
        "created_at": 0,
        "created_by": 0,
    }
    assert shown["created_by"]["email"] == user.email
    one = path(project, parent, shown["id"])
    assert client.get(one).json() == shown
    assert client.get(path(project, parent)).json()["results"] == [shown]
    deleted = client.delete(one)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert client.get(one).status_code == 404
    for method in (client.put, client.patch):
        assert method(one, SLACK).status_code == 405


def test_the_list_needs_two_queries_and_knows_kinds(api: Any, project: Any, django_assert_num_queries: Any) -> None:
    client = api()
    kinds = ["slack", "github", "slack"]
    for kind in kinds:
        make(client, project, kind=kind)
    with django_assert_num_queries(2):  # key and project; rows with their creators
        page = client.get(path(project)).json()
    assert [one["kind"] for one in page["results"]] == kinds
    assert page["count"] == 3
    assert client.get(path(project), {"kind": "slack"}).json()["count"] == 2
    assert client.get(path(project), {"kind": "nonsense"}).json()["count"] == 0
    assert client.get(path(project), {"kind": "\0"}).status_code == 400
    assert len(client.get(path(project), {"limit": 1, "offset": 1}).json()["results"]) == 1


@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({"kind": ...}, "required", "kind"),
        ({"kind": "pigeon"}, "invalid_choice", "kind"),
        ({"kind": None}, "null", "kind"),
        ({"display_name": ""}, "blank", "display_name"),
        ({"display_name": "x" * 401}, "max_length", "display_name"),
        ({"config": None}, "null", "config"),
        ({"config": [1]}, "not_a_dict", "config"),
        ({"config": "x"}, "not_a_dict", "config"),
        ({"sensitive_config": "x"}, "not_a_dict", "sensitive_config"),
        ({"sensitive_config": {"a": "x" * 2**20}}, "invalid_input", "sensitive_config"),
        ({"config": {"a": "\0"}}, "null_characters_not_allowed", "config__a"),
        ({"config": {"a": nested(70)}}, "invalid_input", "config"),
    ],
)  # fmt: skip
def test_input_that_breaks_a_rule_is_refused_by_code_and_field(
    api: Any, project: Any, body: Any, code: str, attr: str | None
) -> None:
    given = {key: value for key, value in {**SLACK, **body}.items() if value is not ...}
    response = api().post(path(project), given)
    answer = response.json()
    assert response.status_code == 400
    assert (answer["type"], answer["code"], answer["attr"]) == ("validation_error", code, attr)


def test_secrets_are_encrypted_and_never_shown_wherever_they_were_sent(api: Any, project: Any) -> None:
    client = api()
    config = {"team": {"name": "H"}, "authed_user": {"id": "U1", "access_token": "sesame-1"}, "apiKey": "sesame-2"}
    shown = make(client, project, config=config, sensitive_config={"authed_user": {"refresh_token": "sesame-3"}})
    assert shown["config"] == {"team": {"name": "H"}, "authed_user": {"id": "U1"}}
    for url in (path(project), path(project, integration=shown["id"]), f"/api/projects/{project.pk}/activity_log/"):
        assert "sesame" not in client.get(url).content.decode()
    stored = Integration.objects.get(pk=shown["id"])
    assert stored.sensitive_config is not None
    assert stored.sensitive_config.startswith("gAAAA")
    hog = "print(inputs.slack.authed_user.id, jsonStringify(keys(inputs.slack.authed_user)), inputs.slack.apiKey)"
    (line,) = [one for one in messages(client, project, using(shown["id"], hog=hog)) if "U1" in one]
    assert line == 'U1, ["id","access_token","refresh_token"], ***REDACTED***'


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        ("access_token", True), ("refreshToken", True), ("API-KEY", True), ("key", True), ("private_key", True),
        ("client_secret", True), ("password", True), ("key_info", True), ("credentials", True),
        ("monkey", False), ("token_type", False), ("keyboard", False), ("secretary", False), ("account_sid", False),
    ],
)  # fmt: skip
def test_names_tell_secrets(name: str, is_secret: bool) -> None:
    assert divided({name: "x"}) == (({}, {name: "x"}) if is_secret else ({name: "x"}, {}))


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"team": {"name": "T"}, "name": "N"}, "T"),
        ({"name": "N", "email": "e@example.com"}, "N"),
        ({"email": "e@example.com"}, "e@example.com"),
        ({"name": 3, "team": "x"}, "slack"),
        ({}, "slack"),
    ],
)
def test_an_integration_is_called_what_its_configuration_says(
    api: Any, project: Any, config: dict[str, Any], name: str
) -> None:
    assert make(api(), project, config=config)["display_name"] == name
    assert make(api(), project, config=config, display_name="Ours")["display_name"] == "Ours"


def test_any_json_is_a_configuration(api: Any, project: Any) -> None:
    config = {"a": [None, 2**70, -1.5, {"ü": True}], "": {}}
    shown = make(api(), project, config=config, sensitive_config={"b": 2**70, "c": [None, {"ü": 1}]})
    assert shown["config"] == config
    assert sensitive_config(Integration.objects.get(pk=shown["id"])) == {"b": 2**70, "c": [None, {"ü": 1}]}


@pytest.mark.parametrize("method", ["get", "delete"])
@pytest.mark.parametrize("integration", ["0", "9" * 19, "9" * 40, "-1", "x", "٣", uuid.uuid4(), "%00"])
def test_an_unknown_or_malformed_id_is_not_found(api: Any, project: Any, method: str, integration: Any) -> None:
    response = getattr(api(), method)(path(project, integration=integration))
    assert (response.status_code, response.json()["code"], response.json()["detail"]) == (
        404,
        "not_found",
        "Not found.",
    )


@pytest.mark.parametrize("method", ["get", "delete"])
def test_an_integration_of_another_project_is_not_found(
    api: Any, project: Any, other_project: Any, other_user: Any, method: str
) -> None:
    theirs = make(api(owner=other_user), other_project)
    assert getattr(api(), method)(path(project, integration=theirs["id"])).status_code == 404
    assert api(owner=other_user).get(path(other_project, integration=theirs["id"])).json() == theirs
    assert api().get(path(project)).json()["count"] == 0


def test_reading_needs_the_read_scope_and_writing_the_write_scope(api: Any, project: Any) -> None:
    reader = api("integration:read")
    assert reader.get(path(project)).status_code == 200
    refused = reader.post(path(project), SLACK)
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "API key missing required scope 'integration:write'",
    )
    writer = api("integration:write")
    one = path(project, integration=make(writer, project)["id"])
    assert writer.get(one).status_code == 200, "writing includes reading"
    assert reader.delete(one).status_code == 403
    assert writer.delete(one).status_code == 204
    assert api("hog_function:write").get(path(project)).status_code == 403


def test_making_and_deleting_is_told_in_the_activity_log(api: Any, project: Any) -> None:
    client = api()
    made = make(client, project)
    client.delete(path(project, integration=made["id"]))
    entries = client.get(f"/api/projects/{project.pk}/activity_log/", {"scope": "Integration"}).json()["results"]
    assert [(entry["activity"], entry["item_id"]) for entry in entries] == [
        ("deleted", str(made["id"])),
        ("created", str(made["id"])),
    ]
    assert (entries[0]["detail"]["name"], entries[0]["detail"]["type"]) == ("Hedgehogs", "slack")


def test_secrets_under_a_key_that_is_gone_are_told_and_fail_runs(api: Any, project: Any, settings: Any) -> None:
    client = api()
    made = make(client, project)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    shown = client.get(path(project, integration=made["id"]))
    assert shown.status_code == 200
    assert "cannot be read" in shown.json()["errors"]
    assert any("input slack" in line for line in messages(client, project, using(made["id"])))


def test_a_program_sees_the_configuration_with_its_secrets_and_the_log_does_not(api: Any, project: Any) -> None:
    client = api()
    made = make(client, project)
    assert f"***REDACTED***, Hedgehogs, {made['id']}" in messages(client, project, using(made["id"]))
    call = "fetch('https://example.com/', {'headers': {'Authorization': f'Bearer {inputs.slack.access_token}'}})"
    logged = messages(client, project, using(made["id"], hog=call))
    assert "Bearer ***REDACTED***" in " ".join(logged)
    assert "sesame" not in " ".join(logged)


def test_a_call_carries_the_secret(api: Any, project: Any, receiver: Any, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    client = api()
    made = make(client, project)
    call = f"fetch('{receiver.url}/', {{'headers': {{'Authorization': f'Bearer {{inputs.slack.access_token}}'}}}})"
    lines = messages(client, project, using(made["id"], hog=call), mock_async_functions=False)
    (request,) = receiver.requests
    assert request.headers["Authorization"] == "Bearer xoxb-sesame-open"
    assert "sesame" not in " ".join(lines)


def test_inputs_after_it_and_mappings_may_use_an_integration(api: Any, project: Any) -> None:
    client = api()
    made, other = make(client, project), make(client, project, config={"team": {"name": "Foxes"}})
    schema = [*SCHEMA, {"key": "text", "type": "string"}]
    text = {"value": "of {inputs.slack.team.name}"}
    mapping = {"inputs_schema": SCHEMA, "inputs": {"slack": {"value": other["id"]}}}
    function = using(
        made["id"],
        hog="print(inputs.text, inputs.slack.access_token, inputs.slack.team.name)",
        inputs_schema=schema,
        inputs={"text": text, "slack": {"value": made["id"]}},
    )
    assert "of Hedgehogs, ***REDACTED***, Hedgehogs" in messages(client, project, function)
    assert any(
        "***REDACTED***, Foxes" in line for line in messages(client, project, {**function, "mappings": [mapping]})
    )


@pytest.mark.parametrize("which", ["theirs", "unknown", "huge", "negative"])
def test_an_integration_has_to_be_one_of_the_project(
    api: Any, project: Any, other_project: Any, other_user: Any, which: str
) -> None:
    client = api()
    theirs = make(api(owner=other_user), other_project)["id"]
    value = {"theirs": theirs, "unknown": theirs + 999, "huge": 2**70, "negative": -1}[which]
    mapping = {"inputs_schema": SCHEMA, "inputs": {"slack": {"value": value}}}
    for body, attr in (
        (using(value), "inputs__slack"),
        ({"hog": "print(1)", "mappings": [mapping]}, "mappings__0__inputs__slack"),
    ):
        answer = client.post(functions_path(project), body).json()
        assert (answer["attr"], answer["code"], answer["detail"]) == (
            attr,
            "does_not_exist",
            "Integration does not exist.",
        )
    request = {"configuration": using(value), "globals": {"event": {}}}
    answer = client.post(functions_path(project, "new/invocations/"), request).json()
    assert (answer["attr"], answer["code"]) == ("configuration__inputs__slack", "does_not_exist")


def test_a_delivery_uses_the_integration_as_it_is_now(api: Any, project: Any, django_assert_num_queries: Any) -> None:
    client = api()
    made = make(client, project)
    created = client.post(functions_path(project), using(made["id"]))
    assert created.status_code == 201, created.content
    assert created.json()["inputs"]["slack"]["value"] == made["id"], "shown as it was sent"
    consumer = HogFunctionConsumer()
    function_id = UUID(created.json()["id"])
    subject = Subject(project.pk, project.name)
    events = event_globals(subject, uuid="1", event="e", distinct_id="d", properties={}, timestamp=datetime.now(UTC))
    consumer.program(function_id)
    with django_assert_num_queries(2):  # version of the function; integration
        program = consumer.program(function_id)
    assert program is not None
    result = run(program, events, conduct=Conduct.DELIVERED)
    assert result.outcome is Outcome.SUCCEEDED
    assert f"***REDACTED***, Hedgehogs, {made['id']}" in [line.message for line in result.logs]
    client.delete(path(project, integration=made["id"]))
    program = consumer.program(function_id)
    assert program is not None
    result = run(program, events, conduct=Conduct.DELIVERED)
    assert result.outcome is Outcome.INPUTS_FAILED
    assert "The integration of the input slack does not exist any more" in result.errors[0]
    assert client.patch(functions_path(project, f"{function_id}/"), {"name": "x"}).status_code == 200
