"""GET :id/logs/, :id/metrics/, :id/metrics/totals/ (hog_functions.md 3.5, 3.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hogapi.telemetry import logs, metrics, writer
from hogapi.telemetry.logs import LogLine
from hogapi.telemetry.metrics import Metric
from tests.hog_functions.conftest import Functions, assert_refused

pytestmark = pytest.mark.usefixtures("clickhouse")

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def observed(functions: Functions, project: Any) -> str:
    """A function with three lines and four counts; beside it, those of another function."""
    ours = functions.create()["id"]
    theirs = functions.create()["id"]

    def line(source_id: str, age: int, level: str, message: str, run: str) -> LogLine:
        return LogLine(project.pk, "hog_function", source_id, run, NOW - timedelta(minutes=age), level, message)

    def count(source_id: str, kind: str, name: str, count: int, days: int = 0) -> Metric:
        return Metric(project.pk, "hog_function", source_id, kind, name, NOW - timedelta(days=days), count=count)

    logs.record(
        [
            line(ours, 3, "info", "started", "run-1"),
            line(ours, 2, "error", "it broke", "run-1"),
            line(ours, 1, "debug", "done", "run-2"),
            line(theirs, 1, "info", "not yours", "run-3"),
        ]
    )
    metrics.record(
        [
            count(ours, "success", "succeeded", 3),
            count(ours, "success", "succeeded", 2, days=1),
            count(ours, "failure", "failed", 1),
            count(ours, "other", "triggered", 40, days=30),
            count(theirs, "success", "succeeded", 100),
        ]
    )
    writer.flush()
    return str(ours)


@pytest.mark.parametrize("parent", ["projects", "environments"])
def test_logs_newest_first_on_both_prefixes(functions: Functions, observed: str, project: Any, parent: str) -> None:
    response = functions.client.get(f"/api/{parent}/{project.pk}/hog_functions/{observed}/logs/")
    body = response.json()
    assert response.status_code == 200, body
    assert list(body) == ["count", "next", "previous", "results"]
    assert body["count"] == 3
    assert [(one["level"], one["message"]) for one in body["results"]] == [
        ("DEBUG", "done"),
        ("ERROR", "it broke"),
        ("INFO", "started"),
    ]
    assert list(body["results"][0]) == ["log_source_id", "instance_id", "timestamp", "level", "message"]
    assert body["results"][0]["log_source_id"] == observed


@pytest.mark.parametrize(
    ("params", "messages"),
    [
        ({"limit": "1"}, ["done"]),
        ({"level": "error,Debug"}, ["done", "it broke"]),
        ({"search": "BROKE"}, ["it broke"]),
        ({"instance_id": "run-1"}, ["it broke", "started"]),
        ({"after": (NOW - timedelta(seconds=90)).isoformat()}, ["done"]),
        ({"before": (NOW - timedelta(minutes=2)).isoformat()}, ["started"]),
        ({"offset": "1"}, ["it broke", "started"]),
    ],
    ids=str,
)
def test_logs_are_narrowed(functions: Functions, observed: str, params: dict[str, str], messages: list[str]) -> None:
    response = functions.client.get(functions.of(observed, "logs/"), params)
    assert [one["message"] for one in response.json()["results"]] == messages


@pytest.mark.parametrize(
    ("path", "params", "attr", "code"),
    [
        ("logs/", {"limit": "0"}, "limit", "min_value"),
        ("logs/", {"limit": "501"}, "limit", "max_value"),
        ("logs/", {"limit": "x"}, "limit", "invalid_input"),
        ("logs/", {"after": "-1d"}, "after", "invalid_input"),
        ("metrics/", {"interval": "year"}, "interval", "invalid_choice"),
        ("metrics/", {"breakdown_by": "colour"}, "breakdown_by", "invalid_choice"),
        ("metrics/totals/", {"breakdown_by": "colour"}, "breakdown_by", "invalid_choice"),
    ],
)
def test_bad_parameters(
    functions: Functions, observed: str, path: str, params: dict[str, str], attr: str, code: str
) -> None:
    assert_refused(functions.client.get(functions.of(observed, path), params), attr=attr, code=code)


@pytest.mark.parametrize("parent", ["projects", "environments"])
def test_metrics_by_day(functions: Functions, observed: str, project: Any, parent: str) -> None:
    response = functions.client.get(f"/api/{parent}/{project.pk}/hog_functions/{observed}/metrics")
    body = response.json()
    assert response.status_code == 200, body
    assert len(body["labels"]) == 8
    assert body["labels"][-1] == NOW.strftime("%Y-%m-%d")
    assert body["series"] == [
        {"name": "failure", "values": [0, 0, 0, 0, 0, 0, 0, 1]},
        {"name": "success", "values": [0, 0, 0, 0, 0, 0, 2, 3]},
    ]


def test_metrics_without_data_have_their_labels(functions: Functions) -> None:
    created = functions.create()
    body = functions.client.get(functions.of(created["id"], "metrics/")).json()
    assert (len(body["labels"]), body["series"]) == (8, [])


@pytest.mark.parametrize(
    ("params", "totals"),
    [
        ({}, {"failure": 1, "success": 5}),
        ({"breakdown_by": "name"}, {"failed": 1, "succeeded": 5}),
        ({"kind": "failure"}, {"failure": 1}),
        ({"name": "succeeded,triggered", "after": "-90d"}, {"other": 40, "success": 5}),
        ({"instance_id": "nobody"}, {}),
    ],
    ids=str,
)
def test_totals(functions: Functions, observed: str, params: dict[str, str], totals: dict[str, int]) -> None:
    response = functions.client.get(functions.of(observed, "metrics/totals/"), params)
    assert (response.status_code, response.json()) == (200, {"totals": totals})


def test_a_clickhouse_outage_is_told_and_passes(
    functions: Functions, observed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hogapi.telemetry import client

    def unavailable(*args: Any, **options: Any) -> Any:
        raise client.ClickHouseUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(client, "query", unavailable)
        response = functions.client.get(functions.of(observed, "logs/"))
        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert functions.client.get(functions.of(observed, "logs/")).status_code == 200
