"""Destinations from the catalogue: what their receivers are sent when an event passes through the worker."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import pytest

from hogapi.runtime import templates
from tests.conftest import Received
from tests.templates import test_with_integrations
from tests.templates.conftest import ANONYMOUS, EVENT, Library

pytestmark = pytest.mark.django_db

SHOWN_EVENT = {
    "uuid": EVENT["uuid"],
    "event": "order completed",
    "distinct_id": "user-1",
    "timestamp": "2024-05-06T07:08:09.000Z",
}


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@dataclass(frozen=True)
class Case:
    """What a template with these inputs sends for the event."""

    template_id: str
    receiver: str
    inputs: dict[str, Any]
    method: str
    url: str
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    skips_anonymous: bool = False


DISCORD = "https://discord.com/api/webhooks/123/abc"
TEAMS = "https://prod-1.westus.logic.azure.com:443/workflows/1/triggers/manual/paths/invoke?api-version=1&sig=x"
MAKE = "https://hook.eu1.make.com/abc123"
CUSTOMER_IO = {"site_id": "site", "token": "tok"}
PERSON = {"email": "Ada@Example.com", "first_name": "Ada", "last_name": "Lovelace"}

CASES = [
    Case(
        "template-discord",
        "Discord",
        {"webhookUrl": DISCORD, "content": "{event.event}: {event.properties.total}"},
        "POST",
        DISCORD,
        {"content": "order completed: 42.5"},
    ),
    Case(
        "template-microsoft-teams",
        "Microsoft Teams",
        {"webhookUrl": TEAMS},
        "POST",
        TEAMS,
        {
            "type": "message",
            "attachments": [
                {
                    "contentType": "application/vnd.microsoft.card.adaptive",
                    "contentUrl": None,
                    "content": {
                        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                        "type": "AdaptiveCard",
                        "version": "1.2",
                        "body": [
                            {
                                "type": "TextBlock",
                                "text": "**Ada@Example.com** triggered event: 'order completed'",
                                "wrap": True,
                            }
                        ],
                    },
                }
            ],
        },
    ),
    Case(
        "template-zapier",
        "Zapier",
        {
            "hook": "hooks/catch/1/abc/",
            "body": {"who": "{person.properties.email}", "total": "{event.properties.total}"},
        },
        "POST",
        "https://hooks.zapier.com/hooks/catch/1/abc/",
        {"who": "Ada@Example.com", "total": 42.5},
    ),
    Case(
        "template-make",
        "Make",
        {"webhookUrl": MAKE, "body": {"data": {"event": "{event.event}", "order": "{event.properties.total}"}}},
        "POST",
        MAKE,
        {"data": {"event": "order completed", "order": 42.5}},
    ),
    Case(
        "template-customerio",
        "Customer.io",
        {**CUSTOMER_IO, "include_all_properties": True, "attributes": {"coupon": "other", "empty": ""}},
        "POST",
        "https://track.customer.io/api/v2/entity",
        {
            "type": "person",
            "action": "event",
            "name": "order completed",
            "identifiers": {"email": "Ada@Example.com"},
            "attributes": {"total": 42.5, "coupon": "other"},
            "timestamp": 1714979289,
        },
        {"Authorization": basic("site", "tok")},
        skips_anonymous=True,
    ),
    Case(
        "template-sendgrid",
        "SendGrid",
        {"api_key": "SG.1", "properties": {"first_name": "{person.properties.first_name}", "city": ""}},
        "PUT",
        "https://api.sendgrid.com/v3/marketing/contacts",
        {"contacts": [{"email": "Ada@Example.com", "first_name": "Ada"}]},
        {"Authorization": "Bearer SG.1"},
        skips_anonymous=True,
    ),
    Case(
        "template-mailchimp",
        "Mailchimp",
        {
            "apiKey": "key-us9",
            "audienceId": "a1b2",
            "dataCenter": "us9",
            "doubleOptIn": True,
            "properties": {"FNAME": "{person.properties.first_name}", "PHONE": "{person.properties.phone}"},
        },
        "PUT",
        # The digest is that of the address in lower case.
        "https://us9.api.mailchimp.com/3.0/lists/a1b2/members/3e3417d7ef77d5932a6734b916515ed5",
        {"email_address": "Ada@Example.com", "status_if_new": "pending", "merge_fields": {"FNAME": "Ada"}},
        {"Authorization": basic("apikey", "key-us9")},
        skips_anonymous=True,
    ),
    Case(
        "template-klaviyo-user",
        "Klaviyo",
        {
            "apiKey": "pk_1",
            "include_all_properties": True,
            "properties": {"first_name": "{person.properties.first_name}", "tier": "gold"},
        },
        "POST",
        "https://a.klaviyo.com/api/profile-import",
        {
            "data": {
                "type": "profile",
                "attributes": {
                    "email": "Ada@Example.com",
                    "first_name": "Ada",
                    "properties": {
                        "name": "Ada Lovelace",
                        "first_name": "Ada",
                        "last_name": "Lovelace",
                        "plan": "pro",
                        "tier": "gold",
                    },
                },
            }
        },
        {"Authorization": "Klaviyo-API-Key pk_1", "revision": "2025-07-15"},
        skips_anonymous=True,
    ),
    Case(
        "template-klaviyo-event",
        "Klaviyo",
        {"apiKey": "pk_1", "include_all_properties": True, "properties": {"source": "shop"}},
        "POST",
        "https://a.klaviyo.com/api/events",
        {
            "data": {
                "type": "event",
                "attributes": {
                    "properties": {"total": 42.5, "coupon": "SPRING", "source": "shop"},
                    "time": SHOWN_EVENT["timestamp"],
                    "unique_id": EVENT["uuid"],
                    "metric": {"data": {"type": "metric", "attributes": {"name": "order completed"}}},
                    "profile": {"data": {"type": "profile", "attributes": {"email": "Ada@Example.com"}}},
                },
            }
        },
        {"Authorization": "Klaviyo-API-Key pk_1", "revision": "2025-07-15"},
        skips_anonymous=True,
    ),
    Case(
        "template-braze",
        "Braze",
        {
            "brazeEndpoint": "https://rest.fra-01.braze.eu",
            "apiKey": "bz",
            "attributes": {"email": "{person.properties.email}"},
            "event": {"external_id": "{event.distinct_id}", "name": "{event.event}", "time": "{event.timestamp}"},
        },
        "POST",
        "https://rest.fra-01.braze.eu/users/track",
        {
            "attributes": [{"email": "Ada@Example.com", "external_id": "user-1"}],
            "events": [{"external_id": "user-1", "name": "order completed", "time": SHOWN_EVENT["timestamp"]}],
        },
        {"Authorization": "Bearer bz"},
    ),
    Case(
        "template-loops",
        "Loops",
        {
            "apiKey": "lo",
            "include_all_properties": True,
            "properties": {"firstName": "{person.properties.first_name}", "plan": "free"},
        },
        "PUT",
        "https://app.loops.so/api/v1/contacts/update",
        {**PERSON, "name": "Ada Lovelace", "firstName": "Ada", "plan": "free", "userId": "user-1"},
        {"Authorization": "Bearer lo"},
        skips_anonymous=True,
    ),
    Case(
        "template-loops-send-event",
        "Loops",
        {"apiKey": "lo", "include_all_properties": True},
        "POST",
        "https://app.loops.so/api/v1/events/send",
        {
            "email": "Ada@Example.com",
            "userId": "user-1",
            "eventName": "order completed",
            "eventProperties": {"total": 42.5, "coupon": "SPRING"},
        },
        {"Authorization": "Bearer lo", "Idempotency-Key": EVENT["uuid"]},
        skips_anonymous=True,
    ),
    Case(
        "template-zendesk",
        "Zendesk",
        {
            "subdomain": "acme",
            "admin_email": "admin@acme.example",
            "token": "zt",
            "attributes": {"plan": "{person.properties.plan}", "phone": "{person.properties.phone}"},
        },
        "POST",
        "https://acme.zendesk.com/api/v2/users/create_or_update",
        {
            "user": {
                "email": "Ada@Example.com",
                "name": "Ada Lovelace",
                "skip_verify_email": True,
                "user_fields": {"plan": "pro"},
            }
        },
        {"Authorization": basic("admin@acme.example/token", "zt")},
        skips_anonymous=True,
    ),
    Case(
        "template-airtable",
        "Airtable",
        {"access_token": "pat1", "base_id": "app1", "table_name": "Our orders/7", "fields": {"N": "{event.event}"}},
        "POST",
        "https://api.airtable.com/v0/app1/Our%20orders%2F7",
        {"fields": {"N": "order completed"}, "typecast": True},
        {"Authorization": "Bearer pat1"},
    ),
    Case(
        "template-activecampaign",
        "ActiveCampaign",
        {
            "accountName": "acme",
            "apiKey": "ac",
            "firstName": "{person.properties.first_name}",
            "lastName": "{person.properties.missing}",
            "attributes": {"5": "{person.properties.plan}", "6": ""},
        },
        "POST",
        "https://acme.api-us1.com/api/3/contact/sync",
        {
            "contact": {
                "email": "Ada@Example.com",
                "firstName": "Ada",
                "fieldValues": [{"field": "5", "value": "pro"}],
            }
        },
        {"Api-Token": "ac"},
        skips_anonymous=True,
    ),
    Case(
        "template-attio",
        "Attio",
        {"apiKey": "attio-key", "personAttributes": {"name": "{person.properties.name}", "job_title": ""}},
        "PUT",
        "https://api.attio.com/v2/objects/people/records?matching_attribute=email_addresses",
        {
            "data": {
                "values": {"email_addresses": [{"email_address": "Ada@Example.com"}], "name": "Ada Lovelace"},
            }
        },
        {"Authorization": "Bearer attio-key"},
        skips_anonymous=True,
    ),
]
IDS = [case.template_id for case in CASES]
# The webhook is tested below, the others in modules of their own.
WITH_TESTS_OF_THEIR_OWN = {
    "template-webhook",
    *("template-aws-kinesis", "template-meta-ads"),
    *test_with_integrations.TESTED,
}


def test_every_destination_of_the_catalogue_is_tested_here() -> None:
    described = [templates.read(folder) for folder in templates.CATALOGUE.iterdir()]
    destinations = {one["template_id"] for one in described if one["type"] == "destination"}
    assert destinations == {*IDS, *WITH_TESTS_OF_THEIR_OWN}


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_an_event_reaches_the_receiver_as_its_api_wants_it(library: Library, case: Case) -> None:
    function = library.create(case.template_id, case.inputs)
    (request,) = library.deliver(function)

    assert (request.method, library.outside.urls) == (case.method, [case.url])
    assert request.headers["Content-Type"] == "application/json"
    assert {name: request.headers.get(name) for name in case.headers} == case.headers
    assert request.json == case.body


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_refusal_fails_the_run_and_names_the_receiver(library: Library, case: Case) -> None:
    library.receiver.respond = lambda request: (400, {}, b'{"reason": "wrong field"}')
    answer = library.test_run(library.create(case.template_id, case.inputs), EVENT)
    assert answer["status"] == "error"
    (error,) = answer["errors"]
    assert error.startswith(f"Error('{case.receiver} answered with status 400: ")
    assert "wrong field" in error


@pytest.mark.parametrize("case", [case for case in CASES if case.skips_anonymous], ids=lambda case: case.template_id)
def test_an_event_of_nobody_known_is_skipped_and_said_so(library: Library, case: Case) -> None:
    answer = library.test_run(library.create(case.template_id, case.inputs), ANONYMOUS)
    assert (answer["status"], answer["errors"], library.receiver.requests) == ("success", [], [])
    assert any(f"so {case.receiver} is not told" in line["message"] for line in answer["logs"])


@pytest.mark.parametrize(
    ("template_id", "inputs"),
    [
        ("template-discord", {"webhookUrl": "https://discord.com.evil.example/api/webhooks/1/a"}),
        ("template-microsoft-teams", {"webhookUrl": "https://evil.example/?.webhook.office.com/"}),
        ("template-zapier", {"hook": "https://evil.example/hooks/catch/1"}),
        ("template-make", {"webhookUrl": "https://evil.example/hook.eu1.make.com/abc"}),
        ("template-mailchimp", {"apiKey": "k", "audienceId": "a", "dataCenter": "evil.example/"}),
        ("template-activecampaign", {"accountName": "evil.example/", "apiKey": "k"}),
        ("template-zendesk", {"subdomain": "evil.example/", "admin_email": "a@b.c", "token": "t"}),
    ],
)
def test_no_input_leads_the_call_to_another_host(library: Library, template_id: str, inputs: dict[str, Any]) -> None:
    answer = library.test_run(library.create(template_id, inputs), EVENT)
    assert (answer["status"], library.receiver.requests) == ("error", [])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_webhook_is_called_as_its_inputs_say(library: Library, method: str) -> None:
    inputs = {
        "url": "https://api.example/hooks/{event.distinct_id}?e={encodeURLComponent(event.event)}",
        "method": method,
        "body": {"total": "{event.properties.total}", "who": {"mail": "{person.properties.email}"}},
        "headers": {"X-Plan": "{person.properties.plan}", "Content-Type": "application/json"},
    }
    (request,) = library.deliver(library.create("template-webhook", inputs))
    assert library.outside.urls == ["https://api.example/hooks/user-1?e=order%20completed"]
    assert (request.method, request.headers["X-Plan"]) == (method, "pro")
    assert request.json == {"total": 42.5, "who": {"mail": "Ada@Example.com"}}


def test_a_webhook_posts_the_event_and_the_person_unless_told_otherwise(library: Library) -> None:
    (request,) = library.deliver(library.create("template-webhook", {"url": "https://api.example/"}))
    assert (request.method, request.headers["Content-Type"]) == ("POST", "application/json")
    assert set(request.json) == {"event", "person"}
    assert {key: request.json["event"][key] for key in SHOWN_EVENT} == SHOWN_EVENT


def test_a_webhook_that_refuses_fails_the_run(library: Library) -> None:
    library.receiver.respond = lambda request: (404, {}, b"")
    answer = library.test_run(library.create("template-webhook", {"url": "https://api.example/"}), EVENT)
    assert answer["errors"] == ["Error('The webhook answered with status 404')"]


def test_braze_forgets_nothing_that_an_event_does_not_tell(library: Library) -> None:
    inputs = {"brazeEndpoint": "https://rest.us-10.braze.com", "apiKey": "braze-key"}
    function = library.create("template-braze", {**inputs, "attributes": {"email": "{person.properties.email}"}})
    answer = library.test_run(function, ANONYMOUS)
    assert (answer["status"], library.receiver.requests) == ("success", [])
    assert any("so Braze is not told" in line["message"] for line in answer["logs"])

    inputs["attributes"] = {"email": "{person.properties.email}", "total": "{event.properties.total}"}
    (request,) = library.deliver(library.create("template-braze", inputs), ANONYMOUS)
    assert request.json == {"attributes": [{"total": 42.5, "external_id": "user-1"}]}


def test_discord_gets_no_more_than_it_takes(library: Library) -> None:
    (request,) = library.deliver(
        library.create("template-discord", {"webhookUrl": DISCORD, "content": "x" * 3000}),
    )
    assert request.json["content"] == "x" * 2000


def test_zapier_takes_the_whole_url_and_sends_the_event_unless_told_otherwise(library: Library) -> None:
    url = "https://hooks.zapier.com/hooks/catch/1/abc/"
    (request,) = library.deliver(library.create("template-zapier", {"hook": url}))
    assert library.outside.urls == [url]
    assert request.json["person"]["properties"]["plan"] == "pro"
    assert request.json == {
        "event": "order completed",
        "event_uuid": EVENT["uuid"],
        "distinct_id": "user-1",
        "timestamp": SHOWN_EVENT["timestamp"],
        "properties": {**EVENT["properties"], "$ip": "127.0.0.1"},
        "person": request.json["person"],
        "project_id": library.project.pk,
    }


@pytest.mark.parametrize(
    ("event", "inputs", "action", "name"),
    [
        ("$identify", {}, "identify", None),
        ("$pageview", {}, "page", "https://shop.example/thanks?order=7"),
        ("$screen", {}, "screen", "$screen"),
        ("order completed", {"action": "identify"}, "identify", None),
        ("order completed", {"action": "delete"}, "delete", None),
    ],
)
def test_customer_io_is_told_what_the_event_means(
    library: Library, event: str, inputs: dict[str, Any], action: str, name: str | None
) -> None:
    function = library.create(
        "template-customerio",
        {**CUSTOMER_IO, "host": "track-eu.customer.io", "include_all_properties": True, **inputs},
    )
    (request,) = library.deliver(function, {**EVENT, "event": event})
    assert library.outside.urls == ["https://track-eu.customer.io/api/v2/entity"]
    assert (request.json["action"], request.json.get("name")) == (action, name)
    if action == "identify":
        assert request.json["attributes"] == {**PERSON, "name": "Ada Lovelace", "plan": "pro"}
    assert ("attributes" in request.json) == (action != "delete")


def test_sendgrid_is_asked_for_the_ids_of_its_fields(library: Library) -> None:
    fields = (
        b'{"custom_fields": [{"id": "e1_T", "name": "plan"}, {"id": "e2_T", "name": "tier"}],'
        b' "reserved_fields": [{"id": "_rf0_T", "name": "first_name"}, {"id": "_rf1_T", "name": "email"},'
        b' {"id": "_rf2_T", "name": "last_clicked", "read_only": true}]}'
    )

    def respond(request: Received) -> tuple[int, dict[str, str], bytes]:
        return (200, {}, fields) if request.method == "GET" else (202, {}, b"{}")

    library.receiver.respond = respond
    inputs = {"api_key": "SG.1", "include_all_properties": True, "custom_fields": {"tier": "gold"}}
    asked, told = library.deliver(library.create("template-sendgrid", inputs))
    assert (asked.method, asked.path) == ("GET", "/v3/marketing/field_definitions")
    assert told.json == {
        "contacts": [
            {"email": "Ada@Example.com", "first_name": "Ada", "custom_fields": {"e1_T": "pro", "e2_T": "gold"}}
        ]
    }

    unknown = library.create("template-sendgrid", {**inputs, "custom_fields": {"shoe size": "42"}})
    assert library.test_run(unknown, EVENT)["errors"] == ["Error('SendGrid has no custom field named shoe size')"]


def test_loops_may_have_got_the_event_before(library: Library) -> None:
    library.receiver.respond = lambda request: (409, {}, b"{}")
    answer = library.test_run(library.create("template-loops-send-event", {"apiKey": "lo"}), EVENT)
    assert (answer["status"], len(library.receiver.requests)) == ("success", 1)


def test_secrets_of_templates_are_not_shown(library: Library) -> None:
    for case in CASES:
        function = library.create(case.template_id, case.inputs)
        secret = [item["key"] for item in function["inputs_schema"] if item["secret"]]
        assert all(function["inputs"][key] == {"secret": True} for key in secret)
