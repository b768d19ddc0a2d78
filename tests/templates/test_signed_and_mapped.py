"""Destinations of the catalogue that sign their requests, or run once for each mapping."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from hogapi.runtime import templates
from tests.conftest import Received
from tests.templates.conftest import EVENT, Library

pytestmark = pytest.mark.django_db

KINESIS = "template-aws-kinesis"
META = "template-meta-ads"
AWS = {"aws_access_key_id": "AKIA1", "aws_secret_access_key": "secret/key", "aws_kinesis_stream_name": "events"}


def signature(request: Received, *, host: str, region: str, secret: str) -> str:
    """Signature version 4, as the receiver computes it from what arrived."""
    headers = {name.lower(): value for name, value in request.headers.items()} | {"host": host}
    names = ["content-type", "host", "x-amz-date", "x-amz-target"]
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    digest = hashlib.sha256(request.body).hexdigest()
    canonical = "\n".join([request.method, request.path, "", lines, ";".join(names), digest])
    moment = headers["x-amz-date"]
    scope = f"{moment[:8]}/{region}/kinesis/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in (moment[:8], region, "kinesis", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()


@pytest.mark.parametrize(
    ("region", "host"),
    [("eu-west-1", "kinesis.eu-west-1.amazonaws.com"), ("cn-north-1", "kinesis.cn-north-1.amazonaws.com.cn")],
)
def test_kinesis_gets_a_signed_record(library: Library, region: str, host: str) -> None:
    inputs = {**AWS, "aws_region": region, "payload": {"name": "{event.event}", "who": "Löve"}}
    (request,) = library.deliver(library.create(KINESIS, inputs))

    assert (request.method, library.outside.urls) == ("POST", [f"https://{host}/"])
    assert request.headers["X-Amz-Target"] == "Kinesis_20131202.PutRecord"
    assert request.headers["Content-Type"] == "application/x-amz-json-1.1"
    sent_at = datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - sent_at).total_seconds()) < 60
    assert request.headers["Authorization"] == (
        f"AWS4-HMAC-SHA256 Credential=AKIA1/{sent_at:%Y%m%d}/{region}/kinesis/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
        f"Signature={signature(request, host=host, region=region, secret='secret/key')}"
    )
    assert set(request.json) == {"StreamName", "PartitionKey", "Data"}
    assert (request.json["StreamName"], request.json["PartitionKey"]) == ("events", "user-1")
    assert json.loads(base64.b64decode(request.json["Data"])) == {"name": "order completed", "who": "Löve"}


def test_kinesis_takes_the_arn_and_the_key_of_a_partition(library: Library) -> None:
    arn = "arn:aws:kinesis:us-east-1:1:stream/events"
    inputs = {**AWS, "aws_kinesis_stream_name": arn, "aws_kinesis_partition_key": "{event.event}"}
    (request,) = library.deliver(library.create(KINESIS, inputs))
    assert (request.json["StreamARN"], request.json["PartitionKey"]) == (arn, "order completed")


def test_a_refusal_of_kinesis_fails_the_run_and_hides_the_secret(library: Library) -> None:
    library.receiver.respond = lambda request: (400, {}, b'{"__type": "ResourceNotFoundException"}')
    answer = library.test_run(library.create(KINESIS, AWS), EVENT)
    (error,) = answer["errors"]
    assert error.startswith("Error('AWS Kinesis answered with status 400: ")
    assert "ResourceNotFoundException" in error
    assert "secret/key" not in json.dumps(answer)


def test_a_region_leads_to_no_other_host(library: Library) -> None:
    answer = library.test_run(library.create(KINESIS, {**AWS, "aws_region": "evil.example/"}), EVENT)
    assert (answer["status"], library.receiver.requests) == ("error", [])


def mapping(name: str) -> dict[str, Any]:
    """The mapping that a form makes of the template's proposal of this name."""
    (proposed,) = [
        one for one in templates.read(templates.CATALOGUE / META)["mapping_templates"] if one["name"] == name
    ]
    assert list(proposed) == ["name", "include_by_default", "filters", "inputs", "inputs_schema"]
    defaults = {one["key"]: {"value": one["default"]} for one in proposed["inputs_schema"] if "default" in one}
    return {
        "name": name,
        "filters": proposed["filters"],
        "inputs_schema": proposed["inputs_schema"],
        "inputs": {**defaults, **proposed["inputs"]},
    }


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_meta_gets_the_conversion_that_the_mapping_describes(library: Library) -> None:
    mappings = [mapping("Page viewed"), mapping("Order completed")]
    function = library.create(META, {"accessToken": "EAA1", "pixelId": "42", "testEventCode": "T1"}, mappings=mappings)
    properties = {**EVENT["properties"], "currency": "EUR", "order_id": "7", "fbclid": "click"}
    (request,) = library.deliver(function, {**EVENT, "event": "Order Completed", "properties": properties})

    assert (request.method, library.outside.urls) == ("POST", ["https://graph.facebook.com/v23.0/42/events"])
    assert request.json == {
        "access_token": "EAA1",
        "test_event_code": "T1",
        "data": [
            {
                "event_name": "Purchase",
                "event_id": EVENT["uuid"],
                "event_time": 1714979289,
                "action_source": "website",
                "event_source_url": "https://shop.example/thanks?order=7",
                "user_data": {
                    "em": sha("ada@example.com"),
                    "fn": sha("ada"),
                    "ln": sha("lovelace"),
                    "external_id": sha("user-1"),
                    "client_ip_address": "127.0.0.1",
                    "fbc": "fb.1.1714979289000.click",
                },
                "custom_data": {"currency": "EUR", "value": 42.5, "order_id": "7"},
            }
        ],
    }


def test_all_proposals_for_meta_can_be_used_as_they_are(library: Library) -> None:
    names = [one["name"] for one in templates.read(templates.CATALOGUE / META)["mapping_templates"]]
    created = library.create(META, {"accessToken": "EAA1", "pixelId": "4"}, mappings=[mapping(name) for name in names])
    assert len(created["mappings"]) == len(names) == 7


def test_a_refusal_of_meta_fails_the_run(library: Library) -> None:
    library.receiver.respond = lambda request: (400, {}, b'{"error": {"message": "Invalid parameter"}}')
    function = library.create(META, {"accessToken": "EAA1", "pixelId": "4"}, mappings=[mapping("Page viewed")])
    (error,) = library.test_run(function, {**EVENT, "event": "$pageview"})["errors"]
    assert error.startswith("Error('Meta answered with status 400: ")
    assert "Invalid parameter" in error
