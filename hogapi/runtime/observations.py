"""What a function's or flow's runs left behind: pages of logs, counts over time (hog_functions.md 3.5, 3.6).

From the query parameters of a request to the rows of an answer. Raises InvalidInput for parameters that cannot be used,
and ``telemetry.client.ClickHouseError``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import QueryDict

from hogapi.api import parameters
from hogapi.api.errors import InvalidInput
from hogapi.telemetry import columns, logs, metrics, periods
from hogapi.telemetry.metrics import MetricFilters

MOST_LINES = 500
DEFAULT_PERIOD = timedelta(days=7)
MOST_BUCKETS = 20_000
_STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


def log_lines(*, project_id: int, source: str, source_id: UUID, params: QueryDict) -> list[dict[str, Any]]:
    """Return the lines that the parameters of a ``logs`` request select, newest first."""
    lines = logs.read(team_id=project_id, log_source=source, log_source_id=str(source_id), **log_filters(params))
    return [
        {
            "log_source_id": line.log_source_id,
            "instance_id": line.instance_id,
            "timestamp": line.timestamp,
            "level": line.level,
            "message": line.message,
        }
        for line in lines
    ]


def series(*, project_id: int, timezone: str, source: str, source_id: UUID, params: QueryDict) -> dict[str, Any]:
    """Return ``{"labels", "series"}`` for the parameters of a ``metrics`` request."""
    filters = metric_filters(params, timezone=timezone)
    return dict(metrics.series(team_id=project_id, app_source=source, app_source_id=str(source_id), filters=filters))


def totals(*, project_id: int, timezone: str, source: str, source_id: UUID, params: QueryDict) -> dict[str, Any]:
    """Return ``{"totals": {kind or name: count}}``."""
    filters = metric_filters(params, timezone=timezone)
    return {
        "totals": metrics.totals(team_id=project_id, app_source=source, app_source_id=str(source_id), filters=filters)
    }


def log_filters(params: QueryDict) -> dict[str, Any]:
    """Return the optional arguments of ``telemetry.logs.read`` that a request gives. Raises InvalidInput."""
    return {
        "limit": parameters.integer(params, "limit", default=logs.DEFAULT_LIMIT, lowest=1, highest=MOST_LINES),
        "after": parameters.moment(params, "after"),
        "before": parameters.moment(params, "before"),
        "levels": parameters.names(params, "level"),
        "search": params.get("search") or None,
        "instance_id": params.get("instance_id") or None,
    }


def metric_filters(params: QueryDict, *, timezone: str, now: datetime | None = None) -> MetricFilters:
    """Return what a request of a project in ``timezone`` (IANA name; UTC when unknown) counts. Raises InvalidInput."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    now = now or datetime.now(UTC)
    after = parameters.moment_or_period(params, "after", zone=zone, now=now)
    before = parameters.moment_or_period(params, "before", zone=zone, now=now)
    interval = parameters.choice(params, "interval", periods.INTERVALS)
    found = MetricFilters(
        after=columns.within_range(after or now - DEFAULT_PERIOD),
        before=None if before is None else columns.within_range(before),
        now=now,
        zone=zone,
        interval=interval,
        names=parameters.names(params, "name"),
        kinds=parameters.names(params, "kind"),
        breakdown_by=parameters.choice(params, "breakdown_by", metrics.BREAKDOWNS),
        instance_id=params.get("instance_id") or None,
    )
    if (found.before or now) - found.after > MOST_BUCKETS * _STEPS[interval]:
        raise InvalidInput(f"The period is longer than {MOST_BUCKETS} {interval}s.", attr="after")
    return found
