"""CORS, and what SDKs ask for before they send their first event."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("hogapi.capture.urls")]

PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-own"}


@pytest.mark.parametrize("path", ["/e/", "/i/v0/e", "/batch/", "/flags/", "/decide/", "/array/phc_x/config"])
def test_a_preflight_request_mirrors_origin_and_headers(client: Client, path: str) -> None:
    answer = client.options(path, headers={"Origin": "https://shop.example", **PREFLIGHT})

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type,x-own"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"


def test_errors_are_readable_by_the_page_too(client: Client) -> None:
    answer = client.post("/e/", b"", content_type="text/plain", headers={"Origin": "https://shop.example"})

    assert answer.status_code == 400
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"


@pytest.mark.parametrize("path", ["/flags/", "/flags", "/flags/?v=2"])
def test_no_feature_flag_is_on(client: Client, path: str) -> None:
    answer = client.post(path, {"token": "phc_x", "distinct_id": "d"}, "application/json").json()

    assert re.fullmatch(r"[0-9a-f-]{36}", answer.pop("requestId"))
    assert answer == {"flags": {}, "errorsWhileComputingFlags": False}


def test_flags_bring_the_configuration_when_asked(client: Client) -> None:
    answer = client.post("/flags/?v=2&config=true", b"", content_type="text/plain").json()

    assert answer["supportedCompression"] == ["gzip", "gzip-js"]
    assert (answer["hasFeatureFlags"], answer["sessionRecording"], answer["flags"]) == (False, False, {})


def test_decide_answers_older_sdks(client: Client) -> None:
    answer = client.post("/decide/?v=3", b"", content_type="text/plain").json()

    assert (answer["featureFlags"], answer["featureFlagPayloads"]) == ({}, {})
    assert answer["errorsWhileComputingFlags"] is False


def test_the_configuration_comes_as_json_and_as_a_script(client: Client) -> None:
    config = client.get("/array/phc_x/config").json()
    script = client.get("/array/phc_x/config.js")

    assert config["token"] == "phc_x"
    assert config["analytics"] == {"endpoint": "/i/v0/e/"}
    assert script.headers["Content-Type"] == "application/javascript"
    inner = re.search(r'\["phc_x"\] = (.*);\n', script.content.decode())
    assert inner is not None
    assert json.loads(inner[1])["config"] == config


def test_a_token_that_could_break_out_of_the_script_is_not_found(client: Client) -> None:
    assert client.get('/array/x"];alert(1)//config.js').status_code == 404
