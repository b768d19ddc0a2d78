"""Every refusal: its status, its plain text, and that nothing of the request is kept."""

from __future__ import annotations

import base64
import gzip
import json
import uuid
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.db import OperationalError
from django.test import Client
from procrastinate.contrib.django.utils import connector_params

from hogapi.accounts.models import Project
from hogapi.capture import payloads, views
from hogapi.capture.models import CapturedBatch

pytestmark = [pytest.mark.django_db, pytest.mark.urls("hogapi.capture.urls")]

EVENT = {"event": "e", "distinct_id": "d", "token": "phc_x"}
NO_NAME = "failed to hydrate events from request: non-engage request missing event name attribute"
DEEP = "[" * 400 + "]" * 400
NESTED = '{"event":"e","distinct_id":"d","token":"phc_x","properties":{"x":' + DEEP + "}}"

REFUSALS: list[tuple[str, Any, int, str]] = [
    ("no body", b"", 400, "request missing data payload"),
    ("blank body", b"  \n", 400, "request missing data payload"),
    ("empty list", [], 400, "request holds no event"),
    ("empty batch", {"api_key": "phc_x", "batch": []}, 400, "request holds no event"),
    ("malformed JSON", b'{"event": ', 400, "failed to parse request: "),
    ("NaN", b'{"event":"e","distinct_id":"d","token":"t","properties":{"x":NaN}}', 400, "failed to parse request: "),
    ("lone surrogate", b'{"event":"\\ud800","distinct_id":"d","token":"t"}', 400, "failed to parse request: "),
    ("not UTF-8", b'{"event":"\xff"}', 400, "failed to parse request: "),
    ("deeper than Python", b"[" * 5000, 400, "failed to parse request: "),
    ("deep properties", NESTED.encode(), 400, "failed to parse request: nested too deeply"),
    ("deep distinct id", NESTED.replace('"d"', DEEP).encode(), 400, "failed to parse request: nested"),
    ("a number", b"17", 400, "request missing data payload|failed to parse request"),
    ("events that are no objects", [1], 400, "failed to parse request: every event must be an object"),
    ("batch that is no list", {"batch": {}, "api_key": "t"}, 400, "request holds no event|failed to parse"),
    ("properties that are no object", EVENT | {"properties": [1]}, 400, "failed to parse request: properties must"),
    ("no event name", {"distinct_id": "d", "token": "t"}, 400, NO_NAME),
    ("empty event name", EVENT | {"event": ""}, 400, "event submitted with an empty event name"),
    ("event name that is no text", EVENT | {"event": 5}, 400, "failed to parse request: event must be a string"),
    ("no distinct id", {"event": "e", "token": "t"}, 400, "event submitted without a distinct_id"),
    ("null distinct id", EVENT | {"distinct_id": None}, 400, "event submitted without a distinct_id"),
    ("empty distinct id", EVENT | {"distinct_id": ""}, 400, "event submitted without a distinct_id"),
    ("uuid that is none", EVENT | {"uuid": "17"}, 400, "failed to hydrate events from request: uuid"),
    ("uuid that is no text", EVENT | {"uuid": 17}, 400, "failed to hydrate events from request: uuid"),
    ("no token", {"event": "e", "distinct_id": "d"}, 401, "event submitted without an api_key"),
    (
        "tokens that differ",
        [EVENT, EVENT | {"token": "phc_y"}],
        401,
        "batch submitted with inconsistent api_key values",
    ),
    ("token that is no text", EVENT | {"token": 5}, 401, "API key is not valid: "),
    ("blank token", EVENT | {"token": "  "}, 401, "API key is not valid: empty"),
    ("long token", EVENT | {"token": "p" * 65}, 401, "API key is not valid: too_long"),
    ("token not ASCII", EVENT | {"token": "phc_é"}, 401, "API key is not valid: not_ascii"),
    ("personal key", EVENT | {"token": "phx_secret"}, 401, "API key is not valid: personal_api_key"),
    ("token with null", EVENT | {"token": "phc_\0"}, 401, "API key is not valid: null_byte"),
    ("truncated gzip", gzip.compress(b"{}" * 900)[:-9], 400, "failed to decode request: gzip data ends too early"),
    ("broken gzip", b"\x1f\x8b\x08" + b"x" * 50, 400, "failed to decode request: invalid gzip data"),
    ("base64 of nonsense", base64.b64encode(b"nonsense!"), 400, "failed to parse request: "),
]


@pytest.mark.parametrize(("body", "status", "text"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_a_bad_request_is_refused_in_plain_text(client: Client, body: Any, status: int, text: str) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post("/e/", data, content_type="application/json")

    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (status, "text/plain")
    assert any(answer.content.decode().startswith(option) for option in text.split("|")), answer.content


def test_a_form_needs_its_data_field(client: Client) -> None:
    answer = client.post("/e/", b"event=e", content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 400
    assert answer.content == b"failed to decode request: expected form data in request payload"


def test_one_bad_event_refuses_the_whole_batch(client: Client, project: Project) -> None:
    token = project.environment.api_token
    answer = client.post("/batch/", {"api_key": token, "batch": [EVENT, {"event": "e"}]}, "application/json")

    assert answer.status_code == 400
    assert not CapturedBatch.objects.exists()


def test_more_events_than_a_request_may_hold_are_413(client: Client, project: Project) -> None:
    token = project.environment.api_token
    for count, status in ((payloads.MAX_EVENTS, 200), (payloads.MAX_EVENTS + 1, 413)):
        answer = client.post("/batch/", {"api_key": token, "batch": [EVENT] * count}, "application/json")
        assert answer.status_code == status

    assert answer.content == b"maximum event size exceeded: the request holds more than 50000 events"
    assert sum(CapturedBatch.objects.values_list("count", flat=True)) == payloads.MAX_EVENTS


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [("/e/", 2 * 2**20 + 1, 413), ("/batch/", 2 * 2**20 + 1, 200), ("/batch/", 20 * 2**20 + 1, 413)],
)
def test_a_body_over_the_limit_of_its_path_is_413(
    client: Client, project: Project, path: str, size: int, status: int
) -> None:
    document = json.dumps(EVENT | {"token": project.environment.api_token}).encode()

    answer = client.post(path, document + b" " * (size - len(document)), content_type="application/json")
    assert answer.status_code == status
    if status == 413:
        assert answer.content.startswith(b"maximum event size exceeded: ")


def test_a_gzip_bomb_is_inflated_no_further_than_the_limit(client: Client) -> None:
    bomb = gzip.compress(b" " * (200 * 2**20), compresslevel=9)
    with mock.patch.object(views.payloads, "read", side_effect=AssertionError("it must not get here")):
        answer = client.post("/batch/", bomb, content_type="application/json")

    assert answer.status_code == 413


def test_a_chunked_body_is_read_up_to_the_limit(client: Client, project: Project) -> None:
    from io import BytesIO

    document = json.dumps(EVENT | {"token": project.environment.api_token}).encode()
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}

    read = client.post("/e/", content_type="application/json", **chunked, **{"wsgi.input": BytesIO(document)})
    refused = client.post(
        "/e/", content_type="application/json", **chunked, **{"wsgi.input": BytesIO(b" " * (2**21 + 1))}
    )
    assert (read.status_code, refused.status_code) == (200, 413)
    assert CapturedBatch.objects.count() == 1


def test_an_outage_of_postgresql_is_503_with_retry_after(client: Client, project: Project) -> None:
    with mock.patch.object(views.inbox, "accept", side_effect=OperationalError("gone")):
        answer = client.post("/e/", EVENT | {"token": project.environment.api_token}, "application/json")

    assert (answer.status_code, answer.content) == (503, b"transient error, please retry")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(client: Client, method: str) -> None:
    assert client.generic(method, "/e/").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_an_event_is_committed_to_disk_before_the_answer(client: Client, project: Project) -> None:
    """The row is visible to another connection at once, and commits wait for the write-ahead log."""
    event = EVENT | {"token": project.environment.api_token, "uuid": str(uuid.uuid4())}
    assert client.post("/e/", event, "application/json").status_code == 200

    with psycopg.connect(**connector_params()) as other:
        assert other.execute("SELECT count(*) FROM captured_batch").fetchone() == (1,)
        assert other.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert other.execute("SHOW fsync").fetchone() == ("on",)
