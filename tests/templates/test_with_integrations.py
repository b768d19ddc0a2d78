"""Destinations of the catalogue whose credential is an integration of the project."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.conftest import Received
from tests.templates.conftest import ANONYMOUS, EVENT, Library

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Case:
    """What a template with this integration and these inputs sends for the event, and what it is answered."""

    template_id: str
    receiver: str
    integration: tuple[str, str, dict[str, Any]]
    """Key of the input, kind, configuration."""
    inputs: dict[str, Any]
    url: str
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    answer: tuple[int, Any] = (200, {})
    method: str = "POST"


SLACK = ("slack_workspace", "slack", {"access_token": "xoxb-secret", "team": {"name": "Acme"}})
TWILIO = ("twilio_account", "twilio", {"account_sid": "AC1", "auth_token": "twilio-secret"})
HUBSPOT = ("oauth", "hubspot", {"access_token": "hub-secret"})
GITHUB = ("integration", "github", {"access_token": "ghs-secret", "account": {"name": "acme"}})
GITLAB = (
    "integration",
    "gitlab",
    {"hostname": "https://git.acme.example/", "project_id": 7, "access_token": "gl-secret"},
)
LINEAR = ("integration", "linear", {"access_token": "lin-secret"})
SALESFORCE = ("oauth", "salesforce", {"access_token": "sf-secret", "instance_url": "https://acme.my.salesforce.com/"})
MUTATION = "mutation Open($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { id } } }"
ISSUE = {"title": "Order of {person.name}", "body": "Worth {event.properties.total}"}
OPENED = {"data": {"issueCreate": {"success": True, "issue": {"id": "1"}}}}

CASES = [
    Case(
        "template-slack",
        "Slack",
        SLACK,
        {"channel": "C1|#orders", "text": "{event.event}", "blocks": [{"type": "section", "n": "{event.event}"}]},
        "https://slack.com/api/chat.postMessage",
        {
            "channel": "C1",
            "icon_emoji": ":hedgehog:",
            "username": "PostHog",
            "blocks": [{"type": "section", "n": "order completed"}],
            "text": "order completed",
        },
        {"Authorization": "Bearer xoxb-secret"},
        (200, {"ok": True}),
    ),
    Case(
        "template-twilio",
        "Twilio",
        TWILIO,
        {"from_number": "+15550001", "to_number": "+32 2&To=1", "message": "Thanks, {person.properties.name}!"},
        "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json",
        {"To": ["+32 2&To=1"], "From": ["+15550001"], "Body": ["Thanks, Ada Lovelace!"]},
        {"Authorization": "Basic " + base64.b64encode(b"AC1:twilio-secret").decode()},
        (201, {"sid": "SM1"}),
    ),
    Case(
        "template-hubspot",
        "HubSpot",
        HUBSPOT,
        {"properties": {"firstname": "{person.properties.first_name}", "phone": "{person.properties.phone}"}},
        "https://api.hubapi.com/crm/v3/objects/contacts/batch/upsert",
        {
            "inputs": [
                {
                    "idProperty": "email",
                    "id": "Ada@Example.com",
                    "properties": {"email": "Ada@Example.com", "firstname": "Ada"},
                }
            ]
        },
        {"Authorization": "Bearer hub-secret"},
    ),
    Case(
        "template-github",
        "GitHub",
        GITHUB,
        {"repository": "shop", **ISSUE},
        "https://api.github.com/repos/acme/shop/issues",
        {"title": "Order of Ada@Example.com", "body": "Worth 42.5"},
        {"Authorization": "Bearer ghs-secret", "X-GitHub-Api-Version": "2022-11-28"},
        (201, {}),
    ),
    Case(
        "template-gitlab",
        "GitLab",
        GITLAB,
        ISSUE,
        "https://git.acme.example/api/v4/projects/7/issues",
        {"title": "Order of Ada@Example.com", "description": "Worth 42.5"},
        {"PRIVATE-TOKEN": "gl-secret"},
        (201, {}),
    ),
    Case(
        "template-linear",
        "Linear",
        LINEAR,
        {"team": "team-1", **ISSUE},
        "https://api.linear.app/graphql",
        {
            "query": MUTATION,
            "variables": {
                "input": {"teamId": "team-1", "title": "Order of Ada@Example.com", "description": "Worth 42.5"}
            },
        },
        {"Authorization": "Bearer lin-secret"},
        (200, OPENED),
    ),
    Case(
        "template-salesforce-create",
        "Salesforce",
        SALESFORCE,
        {"path": "Lead", "properties": {"LastName": "{person.properties.last_name}", "Company": ""}},
        "https://acme.my.salesforce.com/services/data/v61.0/sobjects/Lead",
        {"LastName": "Lovelace"},
        {"Authorization": "Bearer sf-secret"},
        (201, {"success": True}),
    ),
    Case(
        "template-salesforce-update",
        "Salesforce",
        SALESFORCE,
        {},
        "https://acme.my.salesforce.com/services/data/v61.0/sobjects/Contact/External_ID__c/user-1",
        {"Email": "Ada@Example.com"},
        {"Authorization": "Bearer sf-secret"},
        (200, {}),
        "PATCH",
    ),
]
TESTED = {*(case.template_id for case in CASES), "template-intercom"}
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.template_id)


def create(library: Library, template_id: str, integration: tuple[str, str, Any], inputs: dict[str, Any]) -> Any:
    """A function from the template, with an integration that was made for it."""
    key, kind, config = integration
    url = f"/api/projects/{library.project.pk}/integrations/"
    response = library.client.post(url, {"kind": kind, "config": config}, format="json")
    assert response.status_code == 201, response.json()
    return library.create(template_id, {key: response.json()["id"], **inputs})


def answer(library: Library, status: int, body: Any) -> None:
    library.receiver.respond = lambda request: (status, {}, json.dumps(body).encode())


@each_case
def test_an_event_reaches_the_receiver_with_the_credential_of_the_integration(library: Library, case: Case) -> None:
    answer(library, *case.answer)
    function = create(library, case.template_id, case.integration, case.inputs)
    (request,) = library.deliver(function)

    assert (request.method, library.outside.urls) == (case.method, [case.url])
    assert {name: request.headers.get(name) for name in case.headers} == case.headers
    form = request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert (parse_qs(request.body.decode(), strict_parsing=True) if form else request.json) == case.body
    assert library.test_run(function, EVENT)["status"] == "success"


@each_case
def test_a_refusal_fails_the_run_and_shows_no_credential(library: Library, case: Case) -> None:
    answer(library, 400, {"reason": "wrong field"})
    found = library.test_run(create(library, case.template_id, case.integration, case.inputs), EVENT)
    (error,) = found["errors"]
    assert error.startswith(f"Error('{case.receiver} answered with status 400: ")
    assert "-secret" not in json.dumps(found)


@pytest.mark.parametrize(
    ("template_id", "status", "body", "reason"),
    [
        ("template-slack", 200, {"ok": False, "error": "not_in_channel"}, "Slack refused the message: not_in_channel"),
        ("template-hubspot", 207, {"errors": [{"message": "bad"}]}, "HubSpot refused the contact: "),
        ("template-linear", 200, {"errors": [{"message": "bad"}]}, "Linear refused the issue: "),
        ("template-linear", 200, "nonsense", "Linear refused the issue: "),
    ],
)
def test_a_refusal_with_a_good_status_is_noticed(
    library: Library, template_id: str, status: int, body: Any, reason: str
) -> None:
    (case,) = [case for case in CASES if case.template_id == template_id]
    answer(library, status, body)
    found = library.test_run(create(library, template_id, case.integration, case.inputs), EVENT)
    assert found["errors"][0].startswith(f"Error('{reason}")


@pytest.mark.parametrize(
    ("template_id", "integration", "inputs"),
    [
        ("template-hubspot", HUBSPOT, {}),
        ("template-twilio", TWILIO, {"from_number": "+1"}),
        ("template-salesforce-update", SALESFORCE, {"path": "Contact/Mail__c/{person.properties.email}"}),
        ("template-intercom", ("oauth", "intercom", {"access_token": "ic-secret"}), {}),
    ],
)
def test_an_event_of_nobody_known_is_skipped(library: Library, template_id: str, integration: Any, inputs: Any) -> None:
    found = library.test_run(create(library, template_id, integration, inputs), ANONYMOUS)
    assert (found["status"], library.receiver.requests) == ("success", [])
    assert any("is not told" in line["message"] for line in found["logs"])


def test_a_repository_may_be_named_with_its_owner(library: Library) -> None:
    library.deliver(create(library, "template-github", GITHUB, {"repository": "other/tools", **ISSUE}))
    assert library.outside.urls == ["https://api.github.com/repos/other/tools/issues"]


@pytest.mark.parametrize(
    ("region", "host", "known"),
    [("US", "api.intercom.io", False), ("EU", "api.eu.intercom.io", True), ("AU", "api.au.intercom.io", True)],
)
def test_intercom_is_asked_for_the_contact_and_told_of_it(
    library: Library, region: str, host: str, known: bool
) -> None:
    def respond(request: Received) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, json.dumps({"data": [{"id": "c1"}] if known else []}).encode()

    library.receiver.respond = respond
    integration = ("oauth", "intercom", {"access_token": "ic-secret", "app": {"region": region}})
    inputs = {"include_all_properties": True, "properties": {"name": "{person.properties.name}", "tier": "gold"}}
    asked, told = library.deliver(create(library, "template-intercom", integration, inputs))

    assert asked.headers["Authorization"] == told.headers["Authorization"] == "Bearer ic-secret"
    assert asked.headers["Intercom-Version"] == "2.11"
    assert asked.json == {"query": {"field": "email", "operator": "=", "value": "Ada@Example.com"}}
    end = "contacts/c1" if known else "contacts"
    assert library.outside.urls == [f"https://{host}/contacts/search", f"https://{host}/{end}"]
    assert told.method == ("PUT" if known else "POST")
    assert told.json == {
        "email": "Ada@Example.com",
        "name": "Ada Lovelace",
        "custom_attributes": {"first_name": "Ada", "last_name": "Lovelace", "plan": "pro", "tier": "gold"},
        **({} if known else {"role": "user"}),
    }


def test_a_refusal_of_intercom_fails_the_run(library: Library) -> None:
    answer(library, 401, {"errors": []})
    found = library.test_run(
        create(library, "template-intercom", ("oauth", "intercom", {"access_token": "x1"}), {}), EVENT
    )
    assert found["errors"][0].startswith("Error('Intercom answered with status 401: ")
