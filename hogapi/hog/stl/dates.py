"""Dates and instants (spec hog_language.md 5, 5.1). Weeks begin on Monday."""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from time import time
from typing import Any

from hogapi.hog import values
from hogapi.hog.errors import HogVMError
from hogapi.hog.meter import Run
from hogapi.hog.stl.registry import native
from hogapi.hog.temporal import HogDate, HogDateTime, instant, parse_datetime, parse_seconds, zone_info


def _zone(value: Any) -> str:
    if value is None:
        return "UTC"
    if value.__class__ is not str:
        raise HogVMError("A time zone must be a string")
    zone_info(value)
    return str(value)


def _instant_of(value: Any, message: str = "Expected a DateTime") -> HogDateTime:
    if value.__class__ is not HogDateTime:
        raise HogVMError(message)
    found: HogDateTime = value
    return found


def _moment(value: Any) -> datetime:
    """Return what a date, an instant, a date-like text or a number of seconds means, as an aware datetime."""
    if value.__class__ is HogDate:
        day = value.to_date()
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    found = value if value.__class__ is HogDateTime else to_datetime_value(value, "UTC")
    if found is None:
        raise HogVMError("Expected a Date or DateTime")
    moment: datetime = found.to_datetime()
    return moment


def _back(moment: datetime, zone: str) -> HogDateTime:
    return HogDateTime(instant(moment), zone)


def _zone_of(value: Any) -> str:
    return value.zone if value.__class__ is HogDateTime else "UTC"


@native("now", least=0, most=1)
def now(run: Run, zone: Any = None) -> HogDateTime:
    """The current instant, shown in UTC or in ``zone``."""
    return HogDateTime(math.floor(time() * 1000) / 1000, _zone(zone))


@native("today")
def today(run: Run) -> HogDate:
    """The current day in UTC."""
    return HogDate.of(datetime.now(UTC).date())


def to_datetime_value(value: Any, zone: str) -> HogDateTime | None:
    """Return the instant that ``value`` means (number: seconds since 1970), None when it means none."""
    if value.__class__ is HogDateTime:
        return HogDateTime(value.dt, value.zone)
    if value.__class__ is HogDate:
        return HogDateTime(value.seconds, zone)
    if value.__class__ is float:
        return HogDateTime(value, zone) if value - value == 0 else None
    seconds = parse_seconds(value, zone) if value.__class__ is str else None
    return None if seconds is None else HogDateTime(seconds, zone)


@native("toDateTime", least=1, most=2)
def to_datetime(run: Run, value: Any, zone: Any = None) -> HogDateTime | None:
    """The instant that a text, a number of seconds or a date means; null for anything else."""
    return to_datetime_value(value, _zone(zone))


@native("toDate", least=1, most=1)
def to_date(run: Run, value: Any) -> HogDate | None:
    """The day that a text, a number of seconds or an instant falls on (in its zone); null for anything else."""
    if value.__class__ is HogDate:
        return HogDate(value.year, value.month, value.day)
    if value.__class__ is str:
        moment = parse_datetime(value)
        return None if moment is None else HogDate.of(moment.astimezone(UTC).date())
    found = to_datetime_value(value, "UTC")
    return None if found is None else HogDate.of(found.to_datetime().date())


@native("toUnixTimestamp", least=1, most=2)
def to_unix_timestamp(run: Run, value: Any, zone: Any = None) -> float | None:
    """Seconds since 1970."""
    found = to_datetime_value(value, _zone(zone))
    return None if found is None else found.dt


@native("toUnixTimestampMilli", least=1, most=2)
def to_unix_timestamp_milli(run: Run, value: Any, zone: Any = None) -> float | None:
    """Milliseconds since 1970."""
    seconds = to_unix_timestamp(run, value, zone)
    return None if seconds is None else float(round(seconds * 1000))


@native("fromUnixTimestamp", least=1, most=1)
def from_unix_timestamp(run: Run, value: Any) -> HogDateTime:
    """The instant ``value`` seconds after 1970."""
    return HogDateTime(values.to_number(value), "UTC")


@native("fromUnixTimestampMilli", least=1, most=1)
def from_unix_timestamp_milli(run: Run, value: Any) -> HogDateTime:
    """The instant ``value`` milliseconds after 1970."""
    return HogDateTime(values.to_number(value) / 1000, "UTC")


@native("toTimeZone", least=2, most=2)
def to_time_zone(run: Run, value: Any, zone: Any) -> HogDateTime:
    """The same instant shown in another zone."""
    return HogDateTime(_instant_of(value).dt, _zone(zone))


_STEPS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "week": 604800.0}


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise HogVMError("Date is out of range")
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


@native("dateAdd", least=3, most=3)
def date_add(run: Run, unit: Any, amount: Any, value: Any) -> HogDate | HogDateTime:
    """``value`` moved by ``amount`` units; months and years clamp the day; a date stays a date."""
    name, count = values.js_text(unit), values.to_number(amount)
    if count - count != 0:
        raise HogVMError("dateAdd() needs a finite amount")
    moment, zone = _moment(value), _zone_of(value)
    try:
        if name in ("month", "year"):
            moved = _add_months(moment, int(count) * (12 if name == "year" else 1))
        elif name in ("day", "week"):
            moved = moment + timedelta(days=count * (7 if name == "week" else 1))
        elif name in _STEPS:
            moved = (moment.astimezone(UTC) + timedelta(seconds=count * _STEPS[name])).astimezone(moment.tzinfo)
        else:
            raise HogVMError(f"Unsupported interval unit: {name[:100]}")
    except (OverflowError, ValueError):
        raise HogVMError("Date is out of range") from None
    if value.__class__ is HogDate:
        return HogDate.of(date(moved.year, moved.month, moved.day))
    return _back(datetime.combine(moved, moment.timetz()) if not isinstance(moved, datetime) else moved, zone)


@native("addDays", least=2, most=2)
def add_days(run: Run, value: Any, days: Any) -> HogDate | HogDateTime:
    """``value`` moved by ``days`` days."""
    return date_add(run, "day", days, value)


@native("dateDiff", least=3, most=3)
def date_diff(run: Run, unit: Any, start: Any, end: Any) -> float:
    """Whole units from ``start`` to ``end``, rounded down; months and years count calendar pages."""
    name = values.js_text(unit)
    first, last = _moment(start), _moment(end)
    if name == "month":
        return float((last.year - first.year) * 12 + last.month - first.month)
    if name == "year":
        return float(last.year - first.year)
    if name not in _STEPS:
        raise HogVMError(f"Unsupported unit for dateDiff: {name[:100]}")
    return float(math.floor((instant(last) - instant(first)) / _STEPS[name]))


_START: dict[str, Callable[[datetime], datetime]] = {
    "year": lambda m: m.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0),
    "month": lambda m: m.replace(day=1, hour=0, minute=0, second=0, microsecond=0),
    "week": lambda m: (m - timedelta(days=m.weekday())).replace(hour=0, minute=0, second=0, microsecond=0),
    "day": lambda m: m.replace(hour=0, minute=0, second=0, microsecond=0),
    "hour": lambda m: m.replace(minute=0, second=0, microsecond=0),
    "minute": lambda m: m.replace(second=0, microsecond=0),
}


@native("dateTrunc", least=2, most=3)
def date_trunc(run: Run, unit: Any, value: Any, _zone: Any = None) -> HogDateTime:
    """The start of the year, month, day, hour or minute of an instant in its zone."""
    found = _instant_of(value, "Expected a DateTime for dateTrunc")
    name = values.js_text(unit)
    if name not in _START or name == "week":
        raise HogVMError(f"Unsupported unit for dateTrunc: {values.js_text(unit)[:100]}")
    return _back(_START[name](found.to_datetime()), found.zone)


def _start_of(unit: str, value: Any) -> HogDateTime:
    return _back(_START[unit](_moment(value)), _zone_of(value))


@native("toStartOfDay", least=1, most=2)
def to_start_of_day(run: Run, value: Any, _zone: Any = None) -> HogDateTime:
    """Midnight before ``value``."""
    return _start_of("day", value)


@native("toStartOfHour", least=1, most=1)
def to_start_of_hour(run: Run, value: Any) -> HogDateTime:
    """The full hour before ``value``."""
    return _start_of("hour", value)


@native("toStartOfMonth", least=1, most=1)
def to_start_of_month(run: Run, value: Any) -> HogDateTime:
    """The first midnight of the month of ``value``."""
    return _start_of("month", value)


@native("toStartOfWeek", least=1, most=2)
def to_start_of_week(run: Run, value: Any, _mode: Any = None) -> HogDateTime:
    """The midnight before the Monday of the week of ``value``."""
    return _start_of("week", value)


@native("extract", least=2, most=2)
def extract(run: Run, part: Any, value: Any) -> float:
    """The year, month, day, hour, minute or second of ``value`` in its zone."""
    name = values.js_text(part).lower()
    if name not in ("year", "month", "day", "hour", "minute", "second"):
        raise HogVMError(f"Unknown extract part: {values.js_text(part)[:100]}")
    return float(getattr(_moment(value), name))


@native("toYear", least=1, most=1)
def to_year(run: Run, value: Any) -> float:
    """The year of ``value``."""
    return float(_moment(value).year)


@native("toMonth", least=1, most=1)
def to_month(run: Run, value: Any) -> float:
    """The month of ``value``, from 1."""
    return float(_moment(value).month)


@native("toYYYYMM", least=1, most=1)
def to_year_month(run: Run, value: Any) -> float:
    """The year and month of ``value`` as one number."""
    moment = _moment(value)
    return float(moment.year * 100 + moment.month)


def _interval(value: Any, unit: str) -> dict[str, Any]:
    return {"__hogInterval__": True, "value": value, "unit": unit}


@native("toIntervalDay", least=1, most=1)
def to_interval_day(run: Run, value: Any) -> dict[str, Any]:
    """An interval of days."""
    return _interval(value, "day")


@native("toIntervalHour", least=1, most=1)
def to_interval_hour(run: Run, value: Any) -> dict[str, Any]:
    """An interval of hours."""
    return _interval(value, "hour")


@native("toIntervalMinute", least=1, most=1)
def to_interval_minute(run: Run, value: Any) -> dict[str, Any]:
    """An interval of minutes."""
    return _interval(value, "minute")


@native("toIntervalMonth", least=1, most=1)
def to_interval_month(run: Run, value: Any) -> dict[str, Any]:
    """An interval of months."""
    return _interval(value, "month")


_SAME_TOKENS = {"m": "c", "g": "C", "y": "C", "G": "Y", "I": "h", "l": "h", "k": "H", "S": "s"}


def _hour12(moment: datetime) -> int:
    return moment.hour % 12 or 12


_TOKENS: dict[str, Callable[[datetime], str]] = {
    "a": lambda m: calendar.day_abbr[m.weekday()],
    "b": lambda m: calendar.month_abbr[m.month],
    "c": lambda m: f"{m.month:02d}",
    "C": lambda m: f"{m.year % 100:02d}",
    "d": lambda m: f"{m.day:02d}",
    "D": lambda m: f"{m.month:02d}/{m.day:02d}/{m.year % 100:02d}",
    "e": lambda m: str(m.day),
    "f": lambda m: f"{m.microsecond // 1000:03d}",
    "F": lambda m: f"{m.year:04d}-{m.month:02d}-{m.day:02d}",
    "Y": lambda m: f"{m.year:04d}",
    "h": lambda m: f"{_hour12(m):02d}",
    "H": lambda m: f"{m.hour:02d}",
    "i": lambda m: f"{m.minute:02d}",
    "j": lambda m: f"{m.timetuple().tm_yday:03d}",
    "M": lambda m: calendar.month_name[m.month],
    "n": lambda m: "\n",
    "p": lambda m: "AM" if m.hour < 12 else "PM",
    "Q": lambda m: str((m.month + 2) // 3),
    "r": lambda m: f"{_hour12(m):02d}:{m.minute:02d} {'AM' if m.hour < 12 else 'PM'}",
    "R": lambda m: f"{m.hour:02d}:{m.minute:02d}",
    "s": lambda m: f"{m.second:02d}",
    "t": lambda m: "\t",
    "T": lambda m: f"{m.hour:02d}:{m.minute:02d}:{m.second:02d}",
    "u": lambda m: str(m.isoweekday()),
    "V": lambda m: str(m.isocalendar()[1]),
    "w": lambda m: str(m.isoweekday()),
    "W": lambda m: calendar.day_name[m.weekday()],
    "z": lambda m: m.strftime("%z"),
    "%": lambda m: "%",
}
_TOKEN = re.compile(r"%(.?)", re.DOTALL)


@native("formatDateTime", least=2, most=3)
def format_datetime(run: Run, value: Any, layout: Any, zone: Any = None) -> str:
    """``value`` written by ClickHouse's ``%`` tokens (spec 5.1), in its zone or in ``zone``; unknown tokens vanish."""
    moment = _instant_of(value).to_datetime()
    if zone is not None:
        moment = moment.astimezone(zone_info(_zone(zone)))
    text = values.js_text(layout)
    run.work(len(text), 1000.0)
    run.charge(12 * len(text))

    def fill(match: re.Match[str]) -> str:
        make = _TOKENS.get(_SAME_TOKENS.get(match[1], match[1]))
        return make(moment) if make is not None else ""

    return _TOKEN.sub(fill, text)
