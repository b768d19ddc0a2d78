"""What a request may say, and what it hears when it says something else."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import QueryDict

from hogapi.api.errors import InvalidInput
from hogapi.runtime import observations
from hogapi.telemetry.metrics import MetricFilters

NOW = datetime(2026, 2, 15, 10, 30, tzinfo=UTC)


def test_logs_without_parameters_are_the_newest_fifty() -> None:
    assert observations.log_filters(QueryDict("limit=&after=&level=&search=")) == {
        "limit": 50,
        "after": None,
        "before": None,
        "levels": (),
        "search": None,
        "instance_id": None,
    }


def test_levels_may_be_separated_by_commas_or_repeated() -> None:
    assert observations.log_filters(QueryDict("level=info,WARN&level=error,"))["levels"] == ("info", "WARN", "error")


@pytest.mark.parametrize(
    ("query", "attr", "code"),
    [
        ("limit=0", "limit", "min_value"),
        ("limit=-3", "limit", "min_value"),
        ("limit=501", "limit", "max_value"),
        ("limit=9999999999999999999999999", "limit", "max_value"),
        ("limit=ten", "limit", "invalid_input"),
        ("limit=1.5", "limit", "invalid_input"),
        ("limit=٣", "limit", "invalid_input"),
        ("after=-1d", "after", "invalid_input"),
        ("after=yesterday", "after", "invalid_input"),
        ("before=2026-02-30", "before", "invalid_input"),
        ("before=0001-01-01T00:00:00%2B14:00", "before", "invalid_input"),
    ],
)
def test_logs_refuse_values_by_name(query: str, attr: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        observations.log_filters(QueryDict(query))
    assert (refusal.value.attr, refusal.value.get_codes()) == (attr, code)
    assert refusal.value.detail


def _metrics(query: str, timezone: str = "UTC") -> MetricFilters:
    return observations.metric_filters(QueryDict(query), timezone=timezone, now=NOW)


def test_metrics_default_to_the_last_seven_days_by_day_and_kind() -> None:
    filters = _metrics("")
    assert filters.after == datetime(2026, 2, 8, 10, 30, tzinfo=UTC)
    assert filters.before is None
    assert (filters.interval, filters.breakdown_by, filters.names, filters.kinds) == ("day", "kind", (), ())


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("-1mStart", datetime(2026, 1, 1, 10, 30, tzinfo=UTC)),
        ("2026-02-01", datetime(2026, 1, 31, 23, tzinfo=UTC)),
        ("2026-02-01T00:00:00Z", datetime(2026, 2, 1, tzinfo=UTC)),
        ("-1dStart", datetime(2026, 2, 13, 23, tzinfo=UTC)),
    ],
)
def test_metrics_bounds_without_a_zone_are_in_the_projects_zone(after: str, expected: datetime) -> None:
    assert _metrics(f"after={after}", "Europe/Paris").after == expected


def test_an_unknown_project_zone_counts_as_utc() -> None:
    assert _metrics("after=2026-02-01", "Mars/Olympus").after == datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "attr", "code"),
    [
        ("interval=month", "interval", "invalid_choice"),
        ("breakdown_by=level", "breakdown_by", "invalid_choice"),
        ("after=last+week", "after", "invalid_input"),
        ("before=-7x", "before", "invalid_input"),
        ("after=-99999y", "after", "invalid_input"),
        ("after=1900-01-01&interval=hour", "after", "invalid_input"),
        ("after=0001-01-01&before=9999-12-31", "after", "invalid_input"),
    ],
)
def test_metrics_refuse_values_by_name(query: str, attr: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        _metrics(query)
    assert (refusal.value.attr, refusal.value.get_codes()) == (attr, code)


@pytest.mark.parametrize("bound", ["1000-01-01", "9999-12-31T23:59:59Z"])
def test_bounds_beyond_what_clickhouse_holds_are_moved_to_its_edge(bound: str) -> None:
    filters: Any = _metrics(f"after={bound}&interval=week&before=2200-01-01")
    assert datetime(1900, 1, 1, tzinfo=UTC) <= filters.after <= datetime(2300, 1, 1, tzinfo=UTC)
