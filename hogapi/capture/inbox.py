"""The durable inbox: one row per accepted request, written before the request is answered.

A single INSERT in its own transaction, with PostgreSQL's synchronous commit: once ``accept`` has returned, the events
survive the death of every process. It goes past the ORM, which costs more than the rest of the request together.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from hogapi.capture.payloads import Batch

CHANNEL = "hogapi_inbox"
"""PostgreSQL notification channel that tells ingesters about new rows."""

_INSERT = f"""
    WITH batch AS (
        INSERT INTO captured_batch (project_id, payload, count, size, ip, received_at)
        VALUES (%s, %s, %s, %s, %s, %s)
    )
    SELECT pg_notify('{CHANNEL}', '')
"""  # noqa: S608 - the channel is a constant


def accept(*, project_id: int, batch: Batch, ip: str | None, received_at: datetime) -> None:
    """Make ``batch`` durable and wake the ingesters. Raises django.db.Error when PostgreSQL cannot take it."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [project_id, batch.payload, batch.count, len(batch.payload), ip, received_at])
