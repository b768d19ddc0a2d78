"""What functions and flows log: lines of ``log_entries`` (hog_functions.md 3.5 and 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hogapi.telemetry import client, columns, writer

DEFAULT_LIMIT = 50


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. ``instance_id`` is the run that wrote it; ``timestamp`` is aware; levels are ``debug`` to ``error``."""

    team_id: int
    log_source: str
    log_source_id: str
    instance_id: str
    timestamp: datetime
    level: str
    message: str


def record(lines: Sequence[LogLine]) -> None:
    """Write ``lines`` in the caller's transaction; they are readable once the flusher has moved them.

    Lines of one run in one microsecond are moved apart by a microsecond each, because rows with an equal key are one
    row to ClickHouse; this also keeps their order.
    """
    if lines:
        writer.enqueue("log_entries", _rows(lines))


def _rows(lines: Sequence[LogLine]) -> list[dict[str, Any]]:
    latest: dict[tuple[int, str, str, str], datetime] = {}
    taken: set[tuple[int, str, str, str, datetime]] = set()
    rows = []
    for line in lines:
        key = (line.team_id, line.log_source, line.log_source_id, line.instance_id)
        moment = columns.within_range(line.timestamp)
        if (*key, moment) in taken:
            moment = max(moment, latest[key]) + timedelta(microseconds=1)
        taken.add((*key, moment))
        latest[key] = max(moment, latest.get(key, moment))
        rows.append(
            {
                "team_id": line.team_id,
                "log_source": line.log_source,
                "log_source_id": line.log_source_id,
                "instance_id": columns.text(line.instance_id),
                "timestamp": columns.timestamp(moment),
                "level": line.level.lower(),
                "message": columns.text(line.message),
            }
        )
    return rows


def read(
    *,
    team_id: int,
    log_source: str,
    log_source_id: str,
    limit: int = DEFAULT_LIMIT,
    after: datetime | None = None,
    before: datetime | None = None,
    levels: Sequence[str] = (),
    search: str | None = None,
    instance_id: str | None = None,
) -> list[LogLine]:
    """The newest ``limit`` lines of a source, newest first; ``level`` comes in upper case.

    ``after`` and ``before`` are exclusive. ``levels`` match in any case. ``search`` matches anywhere in the message, in
    any case, with ``%`` and ``_`` as wildcards. Raises ``client.ClickHouseError``.
    """
    conditions = ["team_id = {team_id:UInt64}", "log_source = {log_source:String}", "log_source_id = {id:String}"]
    values: dict[str, Any] = {"team_id": team_id, "log_source": log_source, "id": log_source_id, "limit": limit}
    if after is not None:
        conditions.append("timestamp > {after:DateTime64(6, 'UTC')}")
        values["after"] = columns.timestamp(after)
    if before is not None:
        conditions.append("timestamp < {before:DateTime64(6, 'UTC')}")
        values["before"] = columns.timestamp(before)
    if levels:
        conditions.append("lower(level) IN {levels:Array(String)}")
        values["levels"] = [columns.text(level).lower() for level in levels]
    if search:
        # A backslash is text to who searches, while LIKE would take it as an escape.
        conditions.append("message ILIKE {search:String}")
        values["search"] = "%" + columns.text(search).replace("\\", "\\\\") + "%"
    if instance_id:
        conditions.append("instance_id = {instance_id:String}")
        values["instance_id"] = columns.text(instance_id)
    rows = client.query(
        f"SELECT instance_id, timestamp, upper(level), message FROM log_entries WHERE {' AND '.join(conditions)} "  # noqa: S608
        "ORDER BY timestamp DESC LIMIT {limit:UInt32}",
        values,
    )
    return [
        LogLine(team_id, log_source, log_source_id, instance, moment, level, message)
        for instance, moment, level, message in rows
    ]
