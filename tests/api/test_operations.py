"""Health, metrics, request ids, CORS: what runs beside the resources (issue A)."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import structlog
from rest_framework.test import APIClient

from hogapi.telemetry import client

pytestmark = pytest.mark.django_db


def fail() -> None:
    """Stand for an engine that does not answer."""
    raise ConnectionError("refused")


def test_the_process_is_live_without_its_engines(settings: Any) -> None:
    settings.READINESS_CHECKS = {"clickhouse": "tests.api.test_operations.fail"}
    response = APIClient().get("/_livez")
    assert (response.status_code, response.content) == (200, b"ok")


def test_readiness_names_the_engine_that_does_not_answer(settings: Any) -> None:
    settings.READINESS_CHECKS = {"postgres": "hogapi.api.health.check_postgres"}
    response = APIClient().get("/_readyz")
    assert (response.status_code, response.json()) == (200, {"postgres": "ok"})
    settings.READINESS_CHECKS |= {"clickhouse": f"{__name__}.fail"}
    response = APIClient().get("/_readyz")
    assert (response.status_code, response.json()) == (503, {"postgres": "ok", "clickhouse": "unavailable"})


def test_readiness_asks_both_engines(clickhouse: None, monkeypatch: pytest.MonkeyPatch) -> None:
    response = APIClient().get("/_readyz")
    assert (response.status_code, response.json()) == (200, {"postgres": "ok", "clickhouse": "ok"})

    def away(*args: Any, **options: Any) -> Any:
        raise client.ClickHouseUnavailable("away")

    monkeypatch.setattr(client, "query", away)
    response = APIClient().get("/_readyz")
    assert (response.status_code, response.json()) == (503, {"postgres": "ok", "clickhouse": "unavailable"})


def test_metrics_count_answers_by_route_not_by_address(api: Any, project: Any) -> None:
    api().get(f"/api/projects/{project.pk}/insight_variables/")
    APIClient().get("/some/unknown/page")
    text = APIClient().get("/_metrics").content.decode()
    assert "hogapi_http_requests_total{" in text
    assert "hogapi_http_request_seconds_bucket{" in text
    assert f"projects/{project.pk}" not in text
    assert "unknown/page" not in text


def test_a_request_id_is_taken_over_or_made(api: Any) -> None:
    assert APIClient().get("/_livez", headers={"x-request-id": "abc-123"}).headers["X-Request-Id"] == "abc-123"
    for bad in ("a b", "x" * 129, "", 'a"b', "ä"):
        made = APIClient().get("/_livez", headers={"x-request-id": bad}).headers["X-Request-Id"]
        assert made != bad
        assert len(made) == 36


def test_every_request_is_one_log_entry_with_its_id(api: Any, project: Any) -> None:
    client = api()
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as entries:
        client.get(f"/api/projects/{project.pk}/", headers={"x-request-id": "abc"})
    (entry,) = [entry for entry in entries if entry["event"] == "request"]
    assert (entry["status"], entry["method"], entry["path"], entry["request_id"]) == (
        200,
        "GET",
        f"/api/projects/{project.pk}/",
        "abc",
    )
    assert "phx_" not in json.dumps(entries, default=str)


def test_an_unforeseen_failure_is_logged_with_its_request(api: Any, project: Any, monkeypatch: Any) -> None:
    from hogapi.accounts import directory

    monkeypatch.setattr(directory, "project_with_settings", fail)
    client = api()
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as entries:
        response = client.get(f"/api/projects/{project.pk}/", headers={"x-request-id": "abc"})
    assert response.status_code == 500
    (entry,) = [entry for entry in entries if entry["event"] == "request failed"]
    assert (entry["log_level"], entry["request_id"]) == ("error", "abc")
    assert isinstance(entry["exc_info"], TypeError)


def test_other_sites_may_call_the_api(project: Any) -> None:
    origin = {"origin": "https://app.example"}
    response = APIClient().get(f"/api/projects/{project.pk}/", headers=origin)
    assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert "RateLimit" in response.headers["Access-Control-Expose-Headers"]
    preflight = APIClient().options(
        f"/api/projects/{project.pk}/",
        headers=origin | {"access-control-request-method": "PATCH", "access-control-request-headers": "authorization"},
    )
    assert preflight.status_code == 200
    assert "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
    assert "authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert "traceparent" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in APIClient().get("/login/", headers=origin).headers


def test_a_body_may_come_in_chunks(api: Any, project: Any, settings: Any) -> None:
    def post(body: bytes) -> Any:
        return api().generic(
            "POST",
            f"/api/projects/{project.pk}/insight_variables/",
            content_type="application/json",
            CONTENT_LENGTH="",
            CONTENT_TYPE="application/json",
            HTTP_TRANSFER_ENCODING="chunked",
            **{"wsgi.input": io.BytesIO(body)},
        )

    assert post(b'{"name": "x", "type": "String"}').status_code == 201
    settings.MAX_BODY_BYTES = 100
    assert post(b'{"name": "' + b"x" * 100 + b'", "type": "String"}').status_code == 413


def test_answers_name_their_length_and_forbid_guessing_and_framing(project: Any) -> None:
    for path in ("/login/", f"/api/projects/{project.pk}/", "/_livez"):
        response = APIClient().get(path)
        assert response.headers["Content-Length"] == str(len(response.content))
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
