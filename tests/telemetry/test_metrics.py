"""Counting: buckets, breakdowns, bounds and clock changes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from hogapi.runtime import observations
from hogapi.telemetry import client, metrics, writer
from hogapi.telemetry.metrics import Metric

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clickhouse", "any_age")]

NOW = datetime(2026, 2, 15, 10, 30, tzinfo=UTC)
SOURCE: dict[str, Any] = {"team_id": 1, "app_source": "hog_function", "app_source_id": "f"}


@pytest.fixture
def any_age() -> Iterator[None]:
    """Fixed dates: rows older than the table keeps stay while the test runs."""
    client.command("SYSTEM STOP TTL MERGES app_metrics2")
    yield
    client.command("SYSTEM START TTL MERGES app_metrics2")


def _metric(at: str, kind: str = "success", name: str = "succeeded", count: int = 1, **values: Any) -> Metric:
    moment = datetime.fromisoformat(at)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Metric(**{**SOURCE, **values}, metric_kind=kind, metric_name=name, count=count, timestamp=moment)


def _record(*recorded: Metric) -> None:
    metrics.record(recorded)
    writer.flush()


def _filters(query: str, timezone: str = "UTC") -> metrics.MetricFilters:
    return observations.metric_filters(QueryDict(query), timezone=timezone, now=NOW)


def _series(query: str = "", timezone: str = "UTC") -> metrics.MetricSeries:
    return metrics.series(**SOURCE, filters=_filters(query, timezone))


def _totals(query: str = "", timezone: str = "UTC") -> dict[str, int]:
    return metrics.totals(**SOURCE, filters=_filters(query, timezone))


def test_the_default_is_eight_day_labels_and_one_series_a_kind_sorted_by_name() -> None:
    _record(
        _metric("2026-02-15 09:00", count=3),
        _metric("2026-02-10 09:00"),
        _metric("2026-02-10 10:00", kind="failure", name="failed", count=2),
    )
    assert _series() == {
        "labels": [f"2026-02-{day:02}" for day in range(8, 16)],
        "series": [
            {"name": "failure", "values": [0, 0, 2, 0, 0, 0, 0, 0]},
            {"name": "success", "values": [0, 0, 1, 0, 0, 0, 0, 3]},
        ],
    }


def test_without_data_there_are_labels_and_no_series() -> None:
    assert _series("interval=week") == {"labels": ["2026-02-02", "2026-02-09"], "series": []}
    assert _totals() == {}


def test_hours_are_labelled_with_their_time() -> None:
    _record(_metric("2026-02-15 09:59:59.999999"), _metric("2026-02-15 10:00"))
    assert _series("interval=hour&after=-1h") == {
        "labels": ["2026-02-15T09:00", "2026-02-15T10:00"],
        "series": [{"name": "success", "values": [1, 1]}],
    }


def test_weeks_start_on_monday() -> None:
    _record(_metric("2026-02-08 23:00"), _metric("2026-02-09 00:00"))
    series = _series("interval=week&after=2026-02-04")
    assert series["labels"] == ["2026-02-02", "2026-02-09"]
    assert series["series"] == [{"name": "success", "values": [1, 1]}]


def test_bounds_are_inclusive_instants() -> None:
    _record(
        _metric("2026-02-10 11:59:59.999999", name="early"),
        _metric("2026-02-10 12:00", name="first"),
        _metric("2026-02-11 12:00", name="last"),
        _metric("2026-02-11 12:00:00.000001", name="late"),
    )
    bounds = "after=2026-02-10T12:00:00Z&before=2026-02-11T12:00:00Z&breakdown_by=name"
    assert _totals(bounds) == {"first": 1, "last": 1}
    assert [series["name"] for series in _series(bounds)["series"]] == ["first", "last"]


def test_totals_have_no_upper_bound_unless_one_is_given_and_start_seven_days_ago() -> None:
    _record(
        _metric("2026-02-08 10:29", name="old"), _metric("2026-02-08 10:31"), _metric("2026-02-20 10:00", name="later")
    )
    assert _totals("breakdown_by=name") == {"later": 1, "succeeded": 1}
    assert _totals("breakdown_by=name&before=2026-02-15") == {"succeeded": 1}


@pytest.mark.parametrize(
    ("query", "totals"),
    [
        ("breakdown_by=name", {"a": 1, "b": 2, "c": 4}),
        ("breakdown_by=kind", {"one": 3, "two": 4}),
        ("name=b", {"one": 2}),
        ("name=b,c&breakdown_by=name", {"b": 2, "c": 4}),
        ("name=b&name=c&breakdown_by=name", {"b": 2, "c": 4}),
        ("kind=two", {"two": 4}),
        ("kind=one,two&name=a", {"one": 1}),
        ("instance_id=x", {"two": 4}),
        ("instance_id=nowhere", {}),
        ("name=%ED%A0%80'", {}),
    ],
)
def test_name_kind_and_instance_narrow_series_and_totals_alike(query: str, totals: dict[str, int]) -> None:
    day = "2026-02-14 10:00"
    _record(
        _metric(day, "one", "a", 1),
        _metric(day, "one", "b", 2),
        _metric(day, "two", "c", 4, instance_id="x"),
        _metric(day, "two", "c", 8, team_id=2),
        _metric(day, "two", "c", 16, app_source="hog_flow"),
        _metric(day, "two", "c", 32, app_source_id="g"),
    )
    assert _totals(query) == totals
    assert {series["name"]: sum(series["values"]) for series in _series(query)["series"]} == totals


@pytest.mark.parametrize(
    ("zone", "at", "label"),
    [
        ("America/New_York", "2026-02-14T04:59:59+00:00", "2026-02-13"),
        ("America/New_York", "2026-02-14T05:00:00+00:00", "2026-02-14"),
        ("Asia/Kolkata", "2026-02-13T18:29:59+00:00", "2026-02-13"),
        ("Asia/Kolkata", "2026-02-13T18:30:00+00:00", "2026-02-14"),
        ("Pacific/Kiritimati", "2026-02-13T10:00:00+00:00", "2026-02-14"),
    ],
)
def test_days_are_the_projects_days(zone: str, at: str, label: str) -> None:
    _record(_metric(at))
    answer = _series("", zone)
    assert dict(zip(answer["labels"], answer["series"][0]["values"], strict=True))[label] == 1


def test_days_of_half_hour_zones_stay_right_when_rows_are_summed() -> None:
    _record(_metric("2026-02-13 18:29:30"))
    _record(_metric("2026-02-13 18:30:30"))
    client.command("OPTIMIZE TABLE app_metrics2 FINAL")
    values = _series("", "Asia/Kolkata")["series"][0]["values"]
    assert values == [0, 0, 0, 0, 0, 1, 1, 0]


def test_the_spring_day_has_23_hours_and_the_autumn_day_25() -> None:
    zone = ZoneInfo("Europe/Paris")
    for day in (datetime(2026, 3, 29, tzinfo=zone), datetime(2025, 10, 26, tzinfo=zone)):
        first = day.astimezone(UTC)
        _record(*(_metric((first + timedelta(hours=hour)).isoformat()) for hour in range(-1, 27)))
    spring = _series("after=2026-03-28&before=2026-03-30T12:00", "Europe/Paris")
    assert spring["labels"] == ["2026-03-28", "2026-03-29", "2026-03-30"]
    assert spring["series"][0]["values"] == [1, 23, 4]
    autumn = _series("after=2025-10-25&before=2025-10-27T12:00", "Europe/Paris")
    assert autumn["series"][0]["values"] == [1, 25, 2]


def test_the_repeated_hour_of_autumn_has_two_buckets() -> None:
    _record(
        _metric("2025-10-26T00:10:00+00:00", count=1),
        _metric("2025-10-26T01:10:00+00:00", count=2),
    )
    answer = _series("interval=hour&after=2025-10-26T00:00&before=2025-10-26T03:00", "Europe/Paris")
    assert [label[-5:] for label in answer["labels"]] == ["00:00", "01:00", "02:00", "02:00", "03:00"]
    assert answer["series"][0]["values"] == [0, 0, 1, 2, 0]


def test_counts_of_one_moment_become_one_row() -> None:
    _record(*[_metric("2026-02-14 10:00")] * 100)
    assert _totals() == {"success": 100}
    assert client.query("SELECT count(), any(instance_id) FROM app_metrics2") == [(1, "")]


def test_a_year_of_hours_is_answered() -> None:
    _record(_metric("2026-02-14 10:00"))
    answer = _series("interval=hour&after=-1y")
    assert len(answer["labels"]) == 365 * 24 + 1
    assert sum(answer["series"][0]["values"]) == 1
