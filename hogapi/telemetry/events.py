"""Captured events on their way to the ``events`` table (insights.md 8, groups_auth_platform.md A.15)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson

from hogapi.telemetry import columns, writer

PersonMode = Literal["full", "propertyless", "force_upgrade"]


@dataclass(frozen=True, slots=True)
class CapturedEvent:
    """One event of a project (``team_id``). Times are aware; ``properties`` is a JSON object.

    ``person_id`` and what follows describe the person as it was when the event was taken in; absent when unknown.
    """

    uuid: UUID
    team_id: int
    event: str
    distinct_id: str
    properties: dict[str, Any]
    timestamp: datetime
    created_at: datetime
    elements_chain: str = ""
    person_id: UUID | None = None
    person_properties: dict[str, Any] = field(default_factory=dict)
    person_created_at: datetime | None = None
    person_mode: PersonMode = "full"


def record(events: Sequence[CapturedEvent]) -> None:
    """Write ``events`` in the caller's transaction; they can be queried once the flusher has moved them."""
    if events:
        writer.enqueue("events", [_row(event) for event in events])


def _row(event: CapturedEvent) -> dict[str, Any]:
    row: dict[str, Any] = {
        "uuid": str(event.uuid),
        "team_id": event.team_id,
        "event": columns.text(event.event),
        "distinct_id": columns.text(event.distinct_id),
        "properties": _json(event.properties),
        "timestamp": columns.timestamp(event.timestamp),
        "created_at": columns.timestamp(event.created_at),
        "person_properties": _json(event.person_properties),
        "person_mode": event.person_mode,
    }
    if event.elements_chain:
        row["elements_chain"] = columns.text(event.elements_chain)
    if event.person_id is not None:
        row["person_id"] = str(event.person_id)
    if event.person_created_at is not None:
        row["person_created_at"] = columns.timestamp(event.person_created_at)
    return row


def _json(properties: Mapping[str, Any]) -> str:
    """JSON text of ``properties``; values that orjson refuses (long integers, half characters) still get through."""
    try:
        return orjson.dumps(properties).decode()
    except TypeError:
        return columns.text(json.dumps(properties, default=str, separators=(",", ":")))
