"""Relative dates and calendar buckets, clock changes included."""

import itertools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hogapi.telemetry import periods

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 2, 15, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-7d", "2026-02-08 10:30:00"),
        ("7d", "2026-02-08 10:30:00"),
        ("-24h", "2026-02-14 10:30:00"),
        ("-2w", "2026-02-01 10:30:00"),
        ("-1m", "2026-01-15 10:30:00"),
        ("-1q", "2025-11-16 10:30:00"),
        ("-1y", "2025-02-15 10:30:00"),
        ("-90M", "2026-02-15 09:00:00"),
        ("-30s", "2026-02-15 10:29:30"),
        ("dStart", "2026-02-15 00:00:00"),
        ("-1dStart", "2026-02-14 00:00:00"),
        ("-1dEnd", "2026-02-14 23:59:59.999999"),
        ("-1mStart", "2026-01-01 10:30:00"),
        ("-1mEnd", "2026-01-31 10:30:00"),
        ("mEnd", "2026-02-28 10:30:00"),
        ("yEnd", "2026-02-28 10:30:00"),
        ("-1yStart", "2025-01-01 10:30:00"),
        ("hStart", "2026-02-15 10:00:00"),
        ("-2hEnd", "2026-02-15 08:59:59.999999"),
        ("-1wStart", "2026-02-08 10:30:00"),
        ("-5D", "2026-02-15 10:30:00"),
    ],
)
def test_relative_dates_count_back_from_now(text: str, expected: str) -> None:
    assert periods.relative(text, NOW) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "-", "yesterday", "-7", "7x", "-7d ", "-7dMiddle", "all", "-9999y", "-999999999d"]
)
def test_other_texts_are_no_relative_dates(text: str) -> None:
    with pytest.raises(ValueError):
        periods.relative(text, NOW)


def test_a_month_back_from_a_long_month_ends_on_the_last_day_of_the_short_one() -> None:
    assert periods.relative("-1m", datetime(2026, 3, 31, tzinfo=UTC)) == datetime(2026, 2, 28, tzinfo=UTC)


def test_days_are_those_of_the_zone_and_hours_are_true_hours() -> None:
    noon_after_change = datetime(2026, 3, 29, 12, tzinfo=PARIS)
    assert periods.relative("-1d", noon_after_change) == datetime(2026, 3, 28, 12, tzinfo=PARIS)
    assert periods.relative("-24h", noon_after_change) == datetime(2026, 3, 28, 11, tzinfo=PARIS)


@pytest.mark.parametrize(
    "text", ["2026-02-01", "2026-02-01T00:00", "2026-01-31T23:00:00Z", "2026-02-01T00:00:00+01:00"]
)
def test_absolute_dates_without_a_zone_are_local(text: str) -> None:
    assert periods.absolute(text, PARIS) == datetime(2026, 2, 1, tzinfo=PARIS)


@pytest.mark.parametrize(
    "text", ["", "-1d", "2026-13-01", "0001-01-01T00:00:00+14:00", "now", "1700000000000000000000"]
)
def test_other_texts_are_no_absolute_dates(text: str) -> None:
    with pytest.raises(ValueError):
        periods.absolute(text, PARIS)


def _starts(after: str, before: str, interval: periods.Interval, zone: str) -> list[str]:
    bounds = [datetime.fromisoformat(text) for text in (after, before)]
    return [
        start.astimezone(UTC).strftime("%m-%d %H:%M")
        for start in periods.buckets(bounds[0], bounds[1], interval, ZoneInfo(zone))
    ]


def test_days_start_at_local_midnight_on_both_sides_of_a_clock_change() -> None:
    assert _starts("2026-03-28T12:00Z", "2026-03-30T12:00Z", "day", "Europe/Paris") == [
        "03-27 23:00",
        "03-28 23:00",
        "03-29 22:00",
    ]


def test_weeks_start_on_monday() -> None:
    assert _starts("2026-02-15T12:00Z", "2026-02-23T00:00Z", "week", "UTC") == [
        "02-09 00:00",
        "02-16 00:00",
        "02-23 00:00",
    ]


def test_a_bucket_that_starts_at_the_upper_bound_is_included_and_later_ones_are_not() -> None:
    assert _starts("2026-02-15T22:59Z", "2026-02-16T00:00Z", "hour", "UTC") == [
        "02-15 22:00",
        "02-15 23:00",
        "02-16 00:00",
    ]
    assert _starts("2026-02-15T22:59Z", "2026-02-15T23:59Z", "hour", "UTC") == ["02-15 22:00", "02-15 23:00"]


def test_no_bucket_when_the_bounds_are_reversed() -> None:
    assert _starts("2026-02-15T12:00Z", "2026-02-13T12:00Z", "day", "UTC") == []


@pytest.mark.parametrize(
    ("zone", "after", "before"),
    [
        ("Europe/Paris", "2026-10-24T20:00Z", "2026-10-25T06:00Z"),
        ("Europe/Paris", "2026-03-28T20:00Z", "2026-03-29T06:00Z"),
        ("Asia/Kolkata", "2026-03-28T20:00Z", "2026-03-29T06:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T10:00Z", "2026-04-04T20:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T10:00Z", "2026-10-03T20:00Z"),
    ],
)
def test_hours_follow_each_other_without_gap_or_repetition(zone: str, after: str, before: str) -> None:
    bounds = [datetime.fromisoformat(text) for text in (after, before)]
    starts = [start.astimezone(UTC) for start in periods.buckets(bounds[0], bounds[1], "hour", ZoneInfo(zone))]
    lengths = {(b - a).total_seconds() / 60 for a, b in itertools.pairwise(starts)}
    assert starts[0] <= bounds[0]
    assert min(lengths) > 0
    assert max(lengths) <= 60
    assert 0 <= (bounds[1] - starts[-1]).total_seconds() < 3600


def test_the_repeated_hour_of_autumn_comes_twice() -> None:
    starts = periods.buckets(
        datetime(2026, 10, 25, 0, tzinfo=PARIS), datetime(2026, 10, 25, 4, tzinfo=PARIS), "hour", PARIS
    )
    assert [start.strftime("%H:%M") for start in starts] == ["00:00", "01:00", "02:00", "02:00", "03:00", "04:00"]


def test_the_missing_hour_of_spring_does_not_come() -> None:
    starts = periods.buckets(
        datetime(2026, 3, 29, 0, tzinfo=PARIS), datetime(2026, 3, 29, 4, tzinfo=PARIS), "hour", PARIS
    )
    assert [start.strftime("%H:%M") for start in starts] == ["00:00", "01:00", "03:00", "04:00"]
