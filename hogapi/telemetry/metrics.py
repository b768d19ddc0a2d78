"""What functions and flows did, counted: ``app_metrics2`` (hog_functions.md 3.6 and 4)."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypedDict
from zoneinfo import ZoneInfo

from hogapi.telemetry import client, columns, periods, writer

Breakdown = Literal["kind", "name"]
BREAKDOWNS: tuple[Breakdown, ...] = ("kind", "name")


@dataclass(frozen=True, slots=True)
class Metric:
    """``count`` occurrences of something at ``timestamp`` (aware), e.g. kind ``success``, name ``succeeded``."""

    team_id: int
    app_source: str
    app_source_id: str
    metric_kind: str
    metric_name: str
    timestamp: datetime
    instance_id: str = ""
    count: int = 1


class Series(TypedDict):
    """Counts of one kind or name, one value a label."""

    name: str
    values: list[int]


class MetricSeries(TypedDict):
    """The answer of ``series``: labels are bucket starts in the project's time zone."""

    labels: list[str]
    series: list[Series]


@dataclass(frozen=True, slots=True)
class MetricFilters:
    """What to count. ``before`` is None when the request gave none; ``now`` is when it was made."""

    after: datetime
    before: datetime | None
    now: datetime
    zone: ZoneInfo
    interval: periods.Interval = "day"
    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    breakdown_by: Breakdown = "kind"
    instance_id: str | None = None


def record(metrics: Sequence[Metric]) -> None:
    """Write ``metrics`` in the caller's transaction, those that differ in count only as one row."""
    totals: Counter[tuple[Any, ...]] = Counter()
    for metric in metrics:
        totals[
            metric.team_id,
            metric.app_source,
            metric.app_source_id,
            columns.text(metric.instance_id),
            metric.metric_kind,
            metric.metric_name,
            metric.timestamp,
        ] += metric.count
    if totals:
        writer.enqueue("app_metrics2", [_row(key, count) for key, count in totals.items()])


def _row(key: tuple[Any, ...], count: int) -> dict[str, Any]:
    team_id, app_source, app_source_id, instance_id, kind, name, moment = key
    return {
        "team_id": team_id,
        "timestamp": columns.timestamp(moment),
        "app_source": app_source,
        "app_source_id": app_source_id,
        "instance_id": instance_id,
        "metric_kind": kind,
        "metric_name": name,
        "count": count,
    }


def series(*, team_id: int, app_source: str, app_source_id: str, filters: MetricFilters) -> MetricSeries:
    """Counts by bucket and kind (or name), from ``after`` to ``before`` (or now), both inclusive.

    The first bucket starts at the calendar hour, day or week (Monday) of ``after`` in the project's zone; buckets
    without data are 0; series are sorted by name. Raises ``client.ClickHouseError``.
    """
    before = filters.before or filters.now
    starts = list(periods.buckets(filters.after, before, filters.interval, filters.zone))
    label = "%Y-%m-%dT%H:%M" if filters.interval == "hour" else "%Y-%m-%d"
    labels = [start.strftime(label) for start in starts]
    if not starts:
        return {"labels": labels, "series": []}
    where, values = _conditions(team_id, app_source, app_source_id, filters, before=before)
    edges = [int(start.timestamp()) for start in starts]
    rows = client.query(
        # The project's calendar is applied here and not in ClickHouse, whose zone data may be of another age.
        f"SELECT roundDown(toUnixTimestamp64Second(timestamp), {{edges:Array(Int64)}}) AS edge, "  # noqa: S608
        f"metric_{filters.breakdown_by} AS name, sum(count) FROM app_metrics2 WHERE {where} GROUP BY edge, name",
        values | {"edges": edges},
    )
    found: dict[str, list[int]] = {}
    for edge, name, count in rows:
        found.setdefault(name, [0] * len(edges))[bisect.bisect_left(edges, edge)] = count
    return {"labels": labels, "series": [{"name": name, "values": found[name]} for name in sorted(found)]}


def totals(*, team_id: int, app_source: str, app_source_id: str, filters: MetricFilters) -> dict[str, int]:
    """Counts by kind (or name) from ``after`` on, and up to ``before`` when the request gave one, both inclusive.

    Raises ``client.ClickHouseError``.
    """
    where, values = _conditions(team_id, app_source, app_source_id, filters, before=filters.before)
    rows = client.query(
        f"SELECT metric_{filters.breakdown_by} AS name, sum(count) FROM app_metrics2 "  # noqa: S608
        f"WHERE {where} GROUP BY name ORDER BY name",
        values,
    )
    return {name: int(count) for name, count in rows}


def _conditions(
    team_id: int, app_source: str, app_source_id: str, filters: MetricFilters, *, before: datetime | None
) -> tuple[str, dict[str, Any]]:
    conditions = [
        "team_id = {team_id:Int64}",
        "app_source = {app_source:String}",
        "app_source_id = {app_source_id:String}",
        "timestamp >= {after:DateTime64(6, 'UTC')}",
    ]
    values: dict[str, Any] = {
        "team_id": team_id,
        "app_source": app_source,
        "app_source_id": app_source_id,
        "after": columns.timestamp(filters.after),
    }
    if before is not None:
        conditions.append("timestamp <= {before:DateTime64(6, 'UTC')}")
        values["before"] = columns.timestamp(before)
    for column, wanted in (("metric_name", filters.names), ("metric_kind", filters.kinds)):
        if wanted:
            conditions.append(f"{column} IN {{{column}:Array(String)}}")
            values[column] = [columns.text(value) for value in wanted]
    if filters.instance_id:
        conditions.append("instance_id = {instance_id:String}")
        values["instance_id"] = columns.text(filters.instance_id)
    return " AND ".join(conditions), values
