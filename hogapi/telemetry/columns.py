"""How Python values are written in ClickHouse columns."""

from __future__ import annotations

from datetime import UTC, datetime

# What DateTime64(6) holds with certainty; beyond, ClickHouse's calendar functions saturate or wrap.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2299, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


def within_range(moment: datetime) -> datetime:
    """``moment`` (aware) or the nearest instant that ClickHouse can hold."""
    return min(max(moment, EARLIEST), LATEST)


def timestamp(moment: datetime) -> str:
    """Text of an aware ``moment`` for a ``DateTime64(6, 'UTC')`` column."""
    return within_range(moment).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def text(value: str) -> str:
    """``value`` as valid Unicode: half characters, which user programs can produce, become question marks."""
    return value if value.isascii() else value.encode(errors="replace").decode()
