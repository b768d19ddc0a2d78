"""Dates and instants of Hog, and the one grammar in which text is read as one of them (spec hog_language.md 4.1, 5)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hogapi.hog.errors import HogVMError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = -62135596800.0  # 0001-01-01, the first instant that `datetime` knows
_LATEST = 253402300799.999

_GRAMMAR = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"(?:([Zz])|([+-])(\d{2})(?::?(\d{2}))?)?)?",
    re.ASCII,
)


class HogDate:
    """A calendar day without a zone."""

    __slots__ = ("day", "month", "year")

    def __init__(self, year: int, month: int, day: int) -> None:
        self.year, self.month, self.day = year, month, day

    @property
    def seconds(self) -> float:
        """Midnight UTC of the day, in seconds since 1970."""
        return self.to_date().toordinal() * 86400.0 - 719163 * 86400.0

    def to_date(self) -> date:
        """Return the standard library's date; HogVMError when there is no such day."""
        try:
            return date(int(self.year), int(self.month), int(self.day))
        except (ValueError, OverflowError):
            raise HogVMError("Date is out of range") from None

    @classmethod
    def of(cls, day: date) -> HogDate:
        """Return the Hog value for ``day``."""
        return cls(day.year, day.month, day.day)


class HogDateTime:
    """An instant (``dt``: seconds since 1970, a float) shown in the IANA zone ``zone``."""

    __slots__ = ("dt", "zone")

    def __init__(self, dt: float, zone: str = "UTC") -> None:
        self.dt, self.zone = dt, zone

    @property
    def seconds(self) -> float:
        """The instant, in seconds since 1970."""
        return self.dt

    def to_datetime(self) -> datetime:
        """Return the aware ``datetime`` in the value's zone; HogVMError beyond the years 1 to 9999."""
        return local_time(self.dt, self.zone)


@lru_cache(maxsize=512)
def zone_info(name: str) -> tzinfo:
    """Return the zone called ``name`` (IANA name, ``UTC`` or a fixed offset such as ``UTC+2``); HogVMError if none."""
    if name.upper() in ("UTC", "Z", "GMT"):
        return UTC
    offset = re.fullmatch(r"(?:UTC)?([+-])(\d{1,2})(?::?(\d{2}))?", name, re.ASCII)
    if offset is not None:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        if minutes < 1440:
            return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise HogVMError(f"Unknown time zone: {name[:100]}") from None


def local_time(seconds: float, zone: str) -> datetime:
    """Return the instant ``seconds`` after 1970 as an aware datetime in ``zone``, to the millisecond."""
    if not _EARLIEST <= seconds <= _LATEST:
        raise HogVMError("DateTime is out of range")
    try:
        return (EPOCH + timedelta(milliseconds=round(seconds * 1000))).astimezone(zone_info(zone))
    except (OverflowError, ValueError):
        raise HogVMError("DateTime is out of range") from None


def instant(moment: datetime) -> float:
    """Return the seconds since 1970 of an aware ``moment``, exact to the millisecond."""
    delta = moment - EPOCH
    return (delta.days * 86400000 + delta.seconds * 1000 + delta.microseconds // 1000) / 1000


def parse_datetime(text: str, zone: str = "UTC") -> datetime | None:
    """Read ``text`` by the grammar of spec 5; None when it is not a date. Text without an offset is in ``zone``."""
    if len(text) > 200:
        return None
    match = _GRAMMAR.fullmatch(text.strip())
    if match is None:
        return None
    fraction = (match[7] or "")[:3].ljust(3, "0")
    hour, minute, second = int(match[4] or 0), int(match[5] or 0), int(match[6] or 0)
    try:
        if match[8]:
            info: tzinfo = UTC
        elif match[9]:
            offset = timedelta(hours=int(match[10]), minutes=int(match[11] or 0))
            info = timezone(-offset if match[9] == "-" else offset)
        else:
            info = zone_info(zone)
        day = int(match[1]), int(match[2]), int(match[3])
        return datetime(*day, hour, minute, second, int(fraction) * 1000, tzinfo=info)
    except ValueError:
        return None


def parse_seconds(text: str, zone: str = "UTC") -> float | None:
    """Return the instant that ``text`` names in seconds since 1970, or None."""
    moment = parse_datetime(text, zone)
    return None if moment is None else instant(moment)
