"""From the inbox to the outbox and to functions, in one transaction per round.

Each round claims rows that no other ingester holds, records their events for ClickHouse, creates the runs that
consumers want with the jobs that carry them out, and deletes the rows. Either all of it is committed or nothing, so an
event passes exactly once, whatever is killed in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import TypeVar

import structlog
from django.db import InterfaceError, InternalError, OperationalError, connection, transaction
from procrastinate.exceptions import ConnectorException

from hogapi.accounts.models import Environment
from hogapi.capture.models import CapturedBatch
from hogapi.runtime.models import Invocation
from hogapi.telemetry import events as telemetry_events
from hogapi.telemetry.events import CapturedEvent
from hogapi.worker import consumers, counters, intake, jobs, runs
from hogapi.worker.consumers import EventConsumer

log = structlog.get_logger(__name__)

# What one round takes at most (a single larger batch is taken alone): this bounds the memory of an ingester.
ROUND_BATCHES = 64
ROUND_EVENTS = 1_000
ROUND_BYTES = 2 * 1024 * 1024
# A round takes the first batch of each project that waits, in an order drawn by lot, then the second of each, and so
# on: a backlog delays other projects by its share of the rounds, and nobody waits for ever.
_CLAIM = """
    WITH RECURSIVE waiting AS (
        SELECT min(project_id) AS project_id FROM captured_batch WHERE refused IS NULL
        UNION ALL
        SELECT (SELECT min(project_id) FROM captured_batch WHERE refused IS NULL AND project_id > waiting.project_id)
        FROM waiting WHERE waiting.project_id IS NOT NULL
    ), drawn AS MATERIALIZED (
        SELECT project_id, random() AS lot FROM waiting WHERE project_id IS NOT NULL
    )
    SELECT batch.id, batch.count, batch.size
    FROM drawn
    CROSS JOIN LATERAL (
        SELECT id, row_number() OVER (ORDER BY id) AS turn
        FROM captured_batch
        WHERE refused IS NULL AND project_id = drawn.project_id
        ORDER BY id
        LIMIT (SELECT greatest(%(candidates)s / count(*), 4) FROM drawn)
    ) AS candidate
    JOIN captured_batch AS batch ON batch.id = candidate.id
    ORDER BY candidate.turn, drawn.lot
    LIMIT %(batches)s
    FOR UPDATE OF batch SKIP LOCKED
"""
# Of all projects together: enough that ingesters side by side find batches which the others have not locked.
_CANDIDATES = 16 * ROUND_BATCHES

# PostgreSQL cannot be reached; the queue has an exception of its own for that.
OUTAGES = (OperationalError, InterfaceError, ConnectorException)
# What no event is to blame for: it passes when the machine or the installation is in order again.
TEMPORARY = (*OUTAGES, InternalError, ImportError, MemoryError, ConnectionError)

T = TypeVar("T")


def ingest_once() -> int:
    """Ingest one round and return its number of events; 0 when nothing waits.

    A batch that cannot be read is set aside (``CapturedBatch.refused``). One that fails for any other reason stays
    where it is, to be tried again. The others of its round are ingested in both cases; raises what went wrong when
    there are none, or when PostgreSQL cannot be reached.
    """
    claimed: list[int] = []
    try:
        return _ingest_round(claimed)
    except OUTAGES:
        raise
    except Exception:
        log.exception("ingestion_round_failed", batches=claimed)
        return _ingest_each(claimed)


@transaction.atomic
def _ingest_round(claimed: list[int]) -> int:
    claimed += _claim()
    return _ingest(CapturedBatch.objects.filter(id__in=claimed).order_by("project_id", "id")) if claimed else 0


def _claim() -> Iterator[int]:
    """Lock rows that nobody holds, each project's oldest first, and give the ids of as many as fit into a round."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"candidates": _CANDIDATES, "batches": ROUND_BATCHES})
        waiting = cursor.fetchall()
    events = size = 0
    for position, (batch_id, batch_count, batch_size) in enumerate(waiting):
        events, size = events + batch_count, size + batch_size
        if position and (events > ROUND_EVENTS or size > ROUND_BYTES):
            return
        yield batch_id


def _ingest_each(batch_ids: Iterable[int]) -> int:
    """Ingest these batches one by one; those that fail and can be read stay. Raises if there are only failures."""
    total = 0
    failure: Exception | None = None
    for batch_id in batch_ids:
        try:
            total += _ingest_alone(batch_id)
        except OUTAGES:
            raise
        except Exception as error:
            log.exception("batch_postponed", batch=batch_id)
            failure = error
    if failure is not None and not total:
        raise failure
    return total


def _ingest_alone(batch_id: int) -> int:
    """Ingest one batch by itself, or set it aside if it cannot be read. Raises what else goes wrong."""
    batch = CapturedBatch.objects.filter(id=batch_id)
    try:
        with transaction.atomic():
            return _ingest(batch.filter(refused=None).select_for_update(skip_locked=True))
    except intake.UnreadableBatch as error:
        counters.BATCHES_REFUSED.inc()
        log.exception("batch_refused", batch=batch_id)
        batch.update(refused=repr(error)[:2000])
        return 0


def _ingest(batches: Iterable[CapturedBatch]) -> int:
    rows = list(batches)
    environments = _environments({row.project_id for row in rows})
    anonymous = {one.project_id for one in environments if one.anonymize_ips}
    total = 0
    for project_id, of_project in groupby(rows, key=lambda row: row.project_id):
        events = [event for row in of_project for event in intake.events_of(row, keep_ip=project_id not in anonymous)]
        _record(events)
        for consumer in consumers.active():
            jobs.defer_deliveries(_runs_for(consumer, project_id, events))
        total += len(events)
    _note_first_events([one.project_id for one in environments if not one.ingested_event])
    CapturedBatch.objects.filter(id__in=[row.id for row in rows]).delete()
    if rows:
        counters.INBOX_LAG.set((datetime.now(UTC) - min(row.received_at for row in rows)).total_seconds())
    transaction.on_commit(lambda: counters.INGESTED.inc(total))
    return total


def _environments(project_ids: set[int]) -> list[Environment]:
    """What ingestion asks of the projects' settings."""
    found = Environment.objects.filter(project_id__in=project_ids)
    return list(found.only("project_id", "anonymize_ips", "ingested_event"))


def _note_first_events(project_ids: list[int]) -> None:
    """Remember that these projects have events, in the order of ids: two ingesters must not wait for each other."""
    for project_id in sorted(project_ids):
        Environment.objects.filter(project_id=project_id, ingested_event=False).update(ingested_event=True)


def _record(events: Sequence[CapturedEvent]) -> None:
    def leave_out(event: CapturedEvent, error: Exception) -> None:
        counters.UNREADABLE.inc()
        log.error("event_not_recorded", uuid=str(event.uuid), project=event.team_id, error=repr(error))

    _without_poison(events, telemetry_events.record, leave_out)


def _runs_for(consumer: EventConsumer, project_id: int, events: Sequence[CapturedEvent]) -> list[Invocation]:
    saved: list[Invocation] = []

    def create(part: Sequence[CapturedEvent]) -> None:
        wanted = consumer.invocations(project_id, part)
        runs.save_for_delivery(wanted)
        saved.extend(wanted)

    def leave_out(event: CapturedEvent, error: Exception) -> None:
        counters.CONSUMER_FAILURES.labels(source=consumer.source).inc()
        log.error("consumer_failed", source=consumer.source, uuid=str(event.uuid), error=repr(error))

    _without_poison(events, create, leave_out)
    return saved


def _without_poison(
    items: Sequence[T], work: Callable[[Sequence[T]], None], leave_out: Callable[[T, Exception], None]
) -> None:
    """Do ``work`` on all items at once; if it fails, on halves of them, until the guilty items stand alone."""
    if not items:
        return
    try:
        with transaction.atomic():
            work(items)
    except TEMPORARY:
        raise
    except Exception as error:
        if len(items) == 1:
            leave_out(items[0], error)
            return
        middle = len(items) // 2
        _without_poison(items[:middle], work, leave_out)
        _without_poison(items[middle:], work, leave_out)
