"""Runs that wait for their time: failed calls before their next attempt.

They wait in their own row (``Invocation.status`` queued, ``scheduled_at``), not as jobs: a scheduled job would hold its
function's lock until its time came, and everything behind it would wait too.
"""

from __future__ import annotations

from django.db import connection, transaction

from hogapi.worker import jobs

RUNS_PER_ROUND = 2_000

_TAKE_DUE = """
    UPDATE runtime_invocation SET status = 'running'
    WHERE id IN (
        SELECT id FROM runtime_invocation
        WHERE status = 'queued' AND scheduled_at <= clock_timestamp()
        ORDER BY scheduled_at
        LIMIT %s
        FOR UPDATE SKIP LOCKED
    )
    RETURNING source, source_id, id
"""


@transaction.atomic
def release_due() -> int:
    """Queue delivery jobs for runs whose time has come; return the number of runs."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_DUE, [RUNS_PER_ROUND])
        due = cursor.fetchall()
    jobs.defer_runs(due)
    return len(due)
