"""Instants and calendar buckets in a project's time zone."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Literal

Interval = Literal["hour", "day", "week"]
INTERVALS: tuple[Interval, ...] = ("day", "hour", "week")

# Upstream's letters: `m` is months, `M` minutes; other capitals are read and shift nothing (insights.md 5.2).
_RELATIVE = re.compile(r"-?(?P<number>[0-9]{1,9})?(?P<unit>[hdwmqysMHDWQY])(?P<edge>Start|End)?")
_LENGTHS = {"h": "hours", "d": "days", "w": "weeks", "s": "seconds", "M": "minutes"}
_WEEKS_IN_QUARTER = 13


def absolute(text: str, zone: tzinfo) -> datetime:
    """An ISO 8601 date, or date and time, as an aware datetime; in ``zone`` when it names none.

    Raises ``ValueError`` for other texts and for instants outside Python's calendar.
    """
    moment = datetime.fromisoformat(text)
    try:
        return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text} is outside the calendar") from error


def relative(text: str, now: datetime) -> datetime:
    """A relative form counted back from ``now`` (aware, in the project's zone): ``-7d``, ``-1mStart``, ``-2hEnd``,
    ``dStart``.

    ``Start`` and ``End`` move to the edge of the hour, day, month or year. Without them the time of day stays. The
    rules are those of insights.md 5.2. Raises ``ValueError`` for other texts and for instants outside the calendar.
    """
    match = _RELATIVE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a relative date")
    number, unit = int(match["number"] or 0), match["unit"]
    try:
        shifted = _shifted(now, number, unit)
        return _edge(shifted, unit, match["edge"]).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text} is outside the calendar") from error


def _shifted(now: datetime, number: int, unit: str) -> datetime:
    if unit in ("h", "M", "s"):  # true time: an hour ago is an hour ago on the day of a clock change too
        return (now.astimezone(UTC) - timedelta(**{_LENGTHS[unit]: number})).astimezone(now.tzinfo)
    if unit in _LENGTHS:
        return now - timedelta(**{_LENGTHS[unit]: number})
    if unit == "q":
        return now - timedelta(weeks=number * _WEEKS_IN_QUARTER)
    if unit in ("m", "y"):
        months = now.year * 12 + now.month - 1 - number * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        if year < 1:
            raise ValueError("before the first year")
        return now.replace(year=year, month=month + 1, day=min(now.day, calendar.monthrange(year, month + 1)[1]))
    return now


def _edge(moment: datetime, unit: str, edge: str | None) -> datetime:
    if edge is None:
        return moment
    start = edge == "Start"
    if unit == "h":
        return _at_edge(moment, moment.hour, start)
    if unit == "d":
        return _at_edge(moment, 0 if start else 23, start)
    if unit == "m":
        return moment.replace(day=1 if start else calendar.monthrange(moment.year, moment.month)[1])
    if unit == "y":
        # Upstream only sets day 31 of the shifted month at a year's end, and clients see it (insights.md 5.2).
        last = calendar.monthrange(moment.year, moment.month)[1]
        return moment.replace(month=1, day=1) if start else moment.replace(day=last)
    return moment


def _at_edge(moment: datetime, hour: int, start: bool) -> datetime:
    if start:
        return moment.replace(hour=hour, minute=0, second=0, microsecond=0)
    return moment.replace(hour=hour, minute=59, second=59, microsecond=999999)


def buckets(after: datetime, before: datetime, interval: Interval, zone: tzinfo) -> Iterator[datetime]:
    """Starts of the calendar hours, days or weeks (from Monday) of ``zone`` that touch ``after``..``before``.

    Days are the zone's days, of 23 or 25 hours when clocks change; hours are true hours, so the repeated one of autumn
    comes twice and the missing one of spring not at all.
    """
    if interval == "hour":
        yield from _hours(after, before, zone)
        return
    day = after.astimezone(zone).date()
    step = timedelta(days=1)
    if interval == "week":
        day -= timedelta(days=day.weekday())
        step = timedelta(weeks=1)
    while (start := datetime.combine(day, time(), zone)).astimezone(UTC) <= before:
        yield start
        day += step


def _hours(after: datetime, before: datetime, zone: tzinfo) -> Iterator[datetime]:
    start = after.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    while start.astimezone(UTC) <= before:
        yield start
        following = (start.astimezone(UTC) + timedelta(hours=1)).astimezone(zone)
        floored = following.replace(minute=0, second=0)
        # Where clocks change by half an hour, the floor may be the hour that has just been given.
        start = floored if floored.astimezone(UTC) > start.astimezone(UTC) else following
