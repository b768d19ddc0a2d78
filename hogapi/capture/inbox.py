"""The durable inbox: the events of a request, in rows of bounded size, written before the request is answered.

A single INSERT in its own transaction, with PostgreSQL's synchronous commit: once ``accept`` has returned, the events
survive the death of every process. It goes past the ORM, which costs more than the rest of the request together.
"""

from __future__ import annotations

from datetime import datetime
from itertools import chain

from django.db import connection

from hogapi.capture.models import CapturedBatch
from hogapi.capture.payloads import Batch

CHANNEL = "hogapi_inbox"
"""PostgreSQL notification channel that tells ingesters about new rows."""

_INSERT = f"""
    WITH batch AS (
        INSERT INTO captured_batch (project_id, payload, count, size, ip, received_at)
        VALUES {{rows}}
    )
    SELECT pg_notify('{CHANNEL}', '')
"""  # noqa: S608 - the channel is a constant
_ROW = "(%s, %s, %s, %s, %s, %s)"


def accept(*, project_id: int, batch: Batch, ip: str | None, received_at: datetime) -> None:
    """Make ``batch`` durable and wake the ingesters. Raises django.db.Error when PostgreSQL cannot take it."""
    rows = [(project_id, part.payload, part.count, len(part.payload), ip, received_at) for part in batch.parts]
    statement = _INSERT.format(rows=", ".join([_ROW] * len(rows)))
    with connection.cursor() as cursor:
        cursor.execute(statement, list(chain.from_iterable(rows)))


def refused() -> int:
    """Return how many rows stand aside because they could not be read."""
    return CapturedBatch.objects.exclude(refused=None).count()


def requeue_refused() -> int:
    """Let the ingesters try again the rows that stand aside, and return their number."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE captured_batch SET refused = NULL WHERE refused IS NOT NULL")
        rows: int = cursor.rowcount
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    return rows
