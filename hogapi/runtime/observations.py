"""What a function's or flow's runs left behind: pages of logs, counts over time (hog_functions.md 3.5, 3.6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import structlog
from django.http import QueryDict

from hogapi.api.errors import InvalidInput, Unavailable
from hogapi.telemetry import client, logs, metrics, parameters

log = structlog.get_logger(__name__)


@contextmanager
def _told_to_the_client() -> Iterator[None]:
    try:
        yield
    except parameters.InvalidParameter as error:
        raise InvalidInput(error.detail, attr=error.attr, code=error.code) from None
    except client.ClickHouseError as error:
        log.exception("clickhouse failed", exc_info=error)
        raise Unavailable from error


def log_lines(*, project_id: int, source: str, source_id: UUID, params: QueryDict) -> list[dict[str, Any]]:
    """Return the lines that the query parameters of a ``logs`` request select, newest first.

    Raises InvalidInput, Unavailable.
    """
    with _told_to_the_client():
        lines = logs.read(team_id=project_id, log_source=source, log_source_id=str(source_id), **logs.filters(params))
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
    """Return ``{"labels", "series"}`` for the query parameters of a ``metrics`` request.

    Raises InvalidInput, Unavailable.
    """
    with _told_to_the_client():
        filters = metrics.filters(params, timezone=timezone)
        return dict(
            metrics.series(team_id=project_id, app_source=source, app_source_id=str(source_id), filters=filters)
        )


def totals(*, project_id: int, timezone: str, source: str, source_id: UUID, params: QueryDict) -> dict[str, Any]:
    """Return ``{"totals": {kind or name: count}}``. Raises InvalidInput, Unavailable."""
    with _told_to_the_client():
        filters = metrics.filters(params, timezone=timezone)
        found = metrics.totals(team_id=project_id, app_source=source, app_source_id=str(source_id), filters=filters)
        return {"totals": found}
