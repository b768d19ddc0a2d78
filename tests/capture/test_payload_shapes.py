"""What a request may look like, and what it means (groups_auth_platform.md G)."""

from __future__ import annotations

import base64
import gzip
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hogapi.accounts.models import Project
from hogapi.capture.models import CapturedBatch

pytestmark = [pytest.mark.django_db, pytest.mark.urls("hogapi.capture.urls")]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
EVENT_PATHS = ["/e", "/i/v0/e", "/capture", "/track", "/engage", "/batch"]


@pytest.fixture
def token(project: Project) -> str:
    return project.environment.api_token


def stored() -> list[dict[str, Any]]:
    return [event for row in CapturedBatch.objects.order_by("id") for event in orjson.loads(bytes(row.payload))]


def post(client: Client, document: Any, path: str = "/batch/", content_type: str = JSON, **headers: str) -> Any:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return client.post(path, body, content_type=content_type, headers=headers)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", EVENT_PATHS)
def test_every_path_takes_an_event_with_and_without_a_slash(client: Client, token: str, path: str, slash: str) -> None:
    answer = post(client, {"api_key": token, "event": "signed up", "distinct_id": "ada"}, path + slash)

    assert (answer.status_code, answer.json()) == (200, {"status": "Ok"})
    assert [(event["event"], event["distinct_id"]) for event in stored()] == [("signed up", "ada")]


def test_a_batch_is_one_row_of_its_project_with_its_size(client: Client, token: str, project: Project) -> None:
    batch = [{"event": "a", "distinct_id": "1"}, {"event": "b", "distinct_id": "2", "properties": {"n": [1, None]}}]
    post(client, {"api_key": token, "batch": batch})

    row = CapturedBatch.objects.get()
    assert (row.project_id, row.count, row.size, row.refused) == (project.pk, 2, len(bytes(row.payload)), None)
    assert [event["properties"] for event in stored()] == [{}, {"n": [1, None]}]


def test_a_large_batch_is_rows_of_bounded_size_in_one_statement(client: Client, token: str) -> None:
    batch = [{"event": str(number), "distinct_id": "d"} for number in range(2_500)]
    batch[2_100:2_100] = [{"event": "$performance_event", "distinct_id": "d"}] * 1_000
    with CaptureQueriesContext(connection) as queries:
        assert post(client, {"api_key": token, "batch": batch}).status_code == 200

    assert sum(query["sql"].count("INSERT INTO captured_batch") for query in queries) == 1
    assert list(CapturedBatch.objects.order_by("id").values_list("count", flat=True)) == [1000, 1000, 100, 400]
    assert [event["event"] for event in stored()] == [str(number) for number in range(2_500)]


SHAPES: dict[str, Callable[[str], Any]] = {
    "batch with api_key": lambda t: {"api_key": t, "batch": [{"event": "e", "distinct_id": "d"}]},
    "batch with token": lambda t: {"token": t, "batch": [{"event": "e", "distinct_id": "d"}]},
    "batch whose events carry the token": lambda t: {"batch": [{"event": "e", "distinct_id": "d", "token": t}]},
    "list": lambda t: [{"event": "e", "distinct_id": "d", "api_key": t}],
    "event with token": lambda t: {"event": "e", "distinct_id": "d", "token": t},
    "event with $token": lambda t: {"event": "e", "distinct_id": "d", "$token": t},
    "event with properties.token": lambda t: {"event": "e", "distinct_id": "d", "properties": {"token": t}},
    "event with $distinct_id": lambda t: {"event": "e", "$distinct_id": "d", "token": t},
    "event with properties.distinct_id": lambda t: {"event": "e", "properties": {"distinct_id": "d"}, "token": t},
    "token with spaces around": lambda t: {"event": "e", "distinct_id": "d", "token": f" {t} "},
    "batch token wins": lambda t: {"api_key": t, "batch": [{"event": "e", "distinct_id": "d", "token": "phc_other"}]},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_an_event_is_found_in_every_shape(client: Client, token: str, shape: Callable[[str], Any]) -> None:
    assert post(client, shape(token), "/e/").status_code == 200

    assert [(event["event"], event["distinct_id"]) for event in stored()] == [("e", "d")]


ENCODINGS: dict[str, Callable[[bytes], tuple[str, bytes, str, dict[str, str]]]] = {
    "plain": lambda b: ("/e/", b, JSON, {}),
    "plain as text": lambda b: ("/e/", b, "text/plain", {}),
    "plain labelled as a form, as curl does": lambda b: ("/e/", b, FORM, {}),
    "gzip with header": lambda b: ("/batch/", gzip.compress(b), JSON, {"Content-Encoding": "gzip"}),
    "gzip without any hint": lambda b: ("/e/", gzip.compress(b), "text/plain", {}),
    "gzip-js in the query": lambda b: ("/e/?compression=gzip-js", gzip.compress(b), "text/plain", {}),
    "base64 in the body": lambda b: ("/e/?compression=base64", base64.b64encode(b), "text/plain", {}),
    "base64 without a hint": lambda b: ("/e/", base64.b64encode(b), "text/plain", {}),
    "base64 of gzip": lambda b: ("/e/", base64.b64encode(gzip.compress(b)), "text/plain", {}),
    "form with base64": lambda b: ("/e/", b"data=" + quote(base64.b64encode(b)).encode(), FORM, {}),
    "form with unescaped base64": lambda b: ("/e/", b"data=" + base64.b64encode(b), FORM, {}),
    "form with JSON": lambda b: ("/e/", b"data=" + quote(b).encode() + b"&compression=", FORM, {}),
    "JSON in the query": lambda b: (f"/e/?data={quote(b)}", b"", "text/plain", {}),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
def test_every_encoding_is_recognised_by_its_bytes(client: Client, token: str, encode: Any) -> None:
    document = {"token": token, "event": "é?>~", "distinct_id": "d", "properties": {"text": "snow ☃ >>>???"}}
    path, body, content_type, headers = encode(json.dumps(document).encode())

    assert post(client, body, path, content_type, **headers).status_code == 200
    assert [(event["event"], event["properties"]) for event in stored()] == [("é?>~", {"text": "snow ☃ >>>???"})]


def test_a_get_request_carries_its_event_in_the_query(client: Client, token: str) -> None:
    data = base64.b64encode(json.dumps({"token": token, "event": "seen", "distinct_id": "d"}).encode()).decode()

    assert client.get("/e/", {"data": data, "beacon": "1"}).status_code == 204
    assert [event["event"] for event in stored()] == ["seen"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("ada", "ada"), (7, "7"), (1.5, "1.5"), (True, "true"), ({"a": 1}, '{"a":1}'), ("é" * 300, "é" * 200)],
)
def test_a_distinct_id_becomes_text_of_at_most_200_characters(
    client: Client, token: str, given: Any, kept: str
) -> None:
    post(client, {"token": token, "event": "e", "distinct_id": given})

    assert [event["distinct_id"] for event in stored()] == [kept]


def test_a_uuid_is_kept_and_a_missing_one_is_time_ordered(client: Client, token: str) -> None:
    own = str(uuid.uuid4())
    batch = [{"event": "e", "distinct_id": "d", "uuid": value} for value in (own, own.upper(), "", None)]
    post(client, {"token": token, "batch": batch})

    ids = [event["uuid"] for event in stored()]
    assert ids[:2] == [own, own]
    assert [uuid.UUID(i).version for i in ids[2:]] == [7, 7]
    assert len(set(ids)) == 3


def _moment(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["timestamp"])


def test_timestamps_are_corrected_by_the_clients_clock(client: Client, token: str) -> None:
    slow = datetime.now(UTC) - timedelta(hours=2)  # a client two hours behind, whose event is a minute old
    event = {"event": "e", "distinct_id": "d", "timestamp": (slow - timedelta(minutes=1)).isoformat()}
    ignoring = event | {"properties": {"$ignore_sent_at": True}}
    post(client, {"token": token, "batch": [event, ignoring], "sent_at": slow.isoformat()})
    milliseconds = int(slow.timestamp() * 1000)
    post(client, event | {"token": token}, f"/e/?_={milliseconds}")
    post(client, event | {"token": token}, f"/e/?_={milliseconds // 1000}")

    ages = [(datetime.now(UTC) - _moment(event)).total_seconds() for event in stored()]
    assert ages == pytest.approx([60, 7260, 60, 7260], abs=5)


@pytest.mark.parametrize(
    ("fields", "age"),
    [
        ({}, 0),
        ({"offset": 90_000}, 90),
        ({"timestamp": "not a date"}, 0),
        ({"timestamp": 5}, 0),
        ({"timestamp": "0001-01-01T00:00:00Z"}, 0),
        ({"timestamp": "9999-12-31T23:59:59Z"}, 0),
        ({"offset": 1e300}, 0),
        ({"timestamp": "9999-12-31T23:59:59-12:00"}, 0),
    ],
)
def test_a_timestamp_that_cannot_be_is_the_time_of_arrival(
    client: Client, token: str, fields: dict[str, Any], age: int
) -> None:
    post(client, {"token": token, "event": "e", "distinct_id": "d", **fields})

    assert (datetime.now(UTC) - _moment(stored()[0])).total_seconds() == pytest.approx(age, abs=5)


def test_a_timestamp_without_zone_is_utc(client: Client, token: str) -> None:
    post(client, {"token": token, "event": "e", "distinct_id": "d", "timestamp": "2024-02-29T12:00:00.123"})

    assert _moment(stored()[0]) == datetime(2024, 2, 29, 12, 0, 0, 123000, tzinfo=UTC)


def test_person_properties_beside_the_event_join_those_inside(client: Client, token: str) -> None:
    event = {"event": "$set", "distinct_id": "d", "$set": {"a": 1}, "properties": {"$set": {"a": 0, "b": 2}}}
    post(client, {"token": token, **event, "$set_once": {"c": 3}})

    assert stored()[0]["properties"] == {"$set": {"a": 1, "b": 2}, "$set_once": {"c": 3}}


def test_engage_takes_an_event_without_a_name_for_an_identify(client: Client, token: str) -> None:
    post(client, {"token": token, "distinct_id": "d", "$set": {"a": 1}}, "/engage/")

    assert [event["event"] for event in stored()] == ["$identify"]


def test_performance_events_are_dropped_with_success(client: Client, token: str) -> None:
    performance = {"event": "$performance_event", "distinct_id": "d"}
    answer = post(client, {"token": token, "batch": [performance]})
    post(client, {"token": token, "batch": [performance, {"event": "kept", "distinct_id": "d"}]})

    assert answer.status_code == 200
    assert [event["event"] for event in stored()] == ["kept"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [(r"a\u0000b", "a�b"), (r"a\\u0000b", r"a\u0000b"), (r"\u0000\u0000", "��"), (r"\\\u0000", "\\�")],
)
def test_null_characters_are_replaced_since_postgresql_holds_none(
    client: Client, token: str, written: str, kept: str
) -> None:
    post(client, f'{{"token":"{token}","event":"e","distinct_id":"d","properties":{{"x":"{written}"}}}}'.encode())

    assert stored()[0]["properties"] == {"x": kept}


@pytest.mark.parametrize("token", ["phc_nobody_has_this_token"])
def test_events_of_an_unknown_token_are_answered_with_success_and_dropped(client: Client, token: str) -> None:
    assert post(client, {"api_key": token, "batch": [{"event": "e", "distinct_id": "d"}]}).status_code == 200

    assert stored() == []
