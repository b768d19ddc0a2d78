"""From a row of the inbox to events as ClickHouse and functions see them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from hogapi.capture.models import CapturedBatch
from hogapi.telemetry.events import CapturedEvent
from hogapi.worker import counters, elements

log = structlog.get_logger(__name__)

_PERSONS = uuid.UUID("0c6b5d0e-3c0f-5a52-9d4b-5f6f0a5a1f11")


class UnreadableBatch(ValueError):
    """A batch of which no event can be read, however often one tries."""


def events_of(batch: CapturedBatch, *, keep_ip: bool) -> list[CapturedEvent]:
    """Return the events of ``batch``; one that cannot be read is logged, counted and left out.

    Raises UnreadableBatch.
    """
    try:
        documents = orjson.loads(bytes(batch.payload))
    except orjson.JSONDecodeError as error:
        raise UnreadableBatch(f"The batch is no JSON: {error}") from error
    if not isinstance(documents, list):
        raise UnreadableBatch("The batch is no list of events.")
    events = []
    for document in documents:
        try:
            events.append(_event(document, batch, ip=batch.ip if keep_ip else None))
        except Exception as error:  # whatever is wrong with one event, the others must not wait for it
            counters.UNREADABLE.inc()
            log.error("event_unreadable", batch=batch.id, project=batch.project_id, error=repr(error))
    return events


def person_id(project_id: int, distinct_id: str) -> uuid.UUID:
    """The id of the person that a distinct id names: derived from it, so that every event of it agrees."""
    return uuid.uuid5(_PERSONS, f"{project_id}:{distinct_id}")


def _event(document: dict[str, Any], batch: CapturedBatch, *, ip: str | None) -> CapturedEvent:
    properties: dict[str, Any] = document["properties"]
    if ip is not None:
        properties.setdefault("$ip", ip)
    distinct_id: str = document["distinct_id"]
    return CapturedEvent(
        uuid=uuid.UUID(document["uuid"]),
        team_id=batch.project_id,
        event=document["event"],
        distinct_id=distinct_id,
        properties=properties,
        timestamp=datetime.fromisoformat(document["timestamp"]),
        created_at=batch.received_at.astimezone(UTC),
        person_id=person_id(batch.project_id, distinct_id),
        person_properties=_stated_person_properties(properties),
        elements_chain=elements.take_chain(properties),
    )


def _stated_person_properties(properties: dict[str, Any]) -> dict[str, Any]:
    """What the event itself says about its person: ``$set`` over ``$set_once``."""
    stated: dict[str, Any] = {}
    for name in ("$set_once", "$set"):
        if isinstance(values := properties.get(name), dict):
            stated |= values
    return stated
