"""The way of every row into ClickHouse: an outbox in PostgreSQL and a flusher that empties it.

``enqueue`` writes rows to the outbox inside the caller's transaction, so they commit with the change they describe. The
flusher moves them in two transactions:

1. *form*: rows that wait are assigned to new batches, one or more a table. From then on a batch never changes.
2. *deliver*: one batch is locked, inserted with its id as deduplication token, and deleted.

A process that dies between insert and delete loses its lock with its connection; whoever takes the batch next sends the
same rows under the same token, which ClickHouse ignores. So every row arrives exactly once. During an outage rows wait
in PostgreSQL. A batch that ClickHouse refuses for its content is halved until the guilty row is alone and set aside.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson
import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections, connection, transaction
from django.db.models.functions import Now

from hogapi.telemetry import client
from hogapi.telemetry.models import OutboxBatch, RefusedRow, TelemetryOutbox

logger = structlog.get_logger(__name__)

# The most that one outbox row and one batch hold, before compression: what the flusher has in memory at a time.
ENTRY_BYTES = 2 * 1024 * 1024
BATCH_BYTES = 8 * 1024 * 1024
BATCH_ROWS = 50_000
_FORM_ENTRIES = 1_000

POLL_SECONDS = 0.25
_LONGEST_BACKOFF_SECONDS = 30.0
# A delivery that its PostgreSQL session does not end by then (its machine has vanished) is handed to another flusher.
_ABANDONED_AFTER_SECONDS = 120

_INSERT_SETTINGS: dict[str, Any] = {
    # One insert is one block, so that it is refused or written as a whole and its token covers it as a whole.
    "input_format_parallel_parsing": 0,
    "max_insert_block_size": 1_000_000,
    "async_insert": 0,
    "distributed_foreground_insert": 1,
    # Events may carry any date, and a batch may span any number of months.
    "max_partitions_per_insert_block": 0,
    # A column that the table lacks is an error; ignoring it would lose its values silently.
    "input_format_skip_unknown_fields": 0,
    "date_time_input_format": "best_effort",
}
# ClickHouse's numbers for rows it can never take: unreadable text, wrong types, values out of range, constraints.
_CONTENT_CODES = frozenset(
    {6, 25, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 128, 131, 158, 190, 321, 349, 376, 407, 467, 469, 675, 676, 691}
)


def enqueue(table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Record ``rows`` for the ClickHouse ``table``, in the caller's transaction.

    Keys are column names; values are what ``orjson`` writes (times as text, see ``columns.timestamp``).
    """
    texts = _texts(orjson.dumps(row) for row in rows)
    TelemetryOutbox.objects.bulk_create(_entry(table, lines, count) for lines, count in texts)


def flush() -> int:
    """Deliver everything that waits and return the number of rows. Raises ``client.ClickHouseError`` on failure.

    For tests, commands and shutdown; a running server has a ``Flusher``.
    """
    total = 0
    OutboxBatch.objects.filter(retry_at__gt=Now()).update(retry_at=Now())
    more = True
    while more:
        more = _form_batches()
        while (delivered := _deliver_next()) is not None:
            total += delivered
    return total


class Flusher:
    """Empties the outbox until ``stop`` is set. Any number may run, in any number of processes."""

    def __init__(self, stop: threading.Event, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._stop = stop
        self._poll_seconds = poll_seconds
        self._failures = 0

    def run(self) -> None:
        """Flush whenever rows wait; look for them every ``poll_seconds``. Returns soon after ``stop`` is set."""
        while not self._stop.is_set():
            try:
                busy = self.flush_once()
                self._failures = 0
            except client.ClickHouseError as error:
                self._note_failure("telemetry_delivery_failed", error)
                busy = False
            except (DatabaseError, InterfaceError) as error:
                self._note_failure("telemetry_outbox_unreachable", error)
                busy = False
                close_old_connections()
            if not busy:
                self._stop.wait(self._pause())
        connection.close()

    def flush_once(self) -> bool:
        """Form batches and deliver those that are due. Tells whether more than a round's worth was waiting.

        Raises ``client.ClickHouseError`` when a delivery failed; its batch stays and is due again later.
        """
        more = _form_batches()
        while not self._stop.is_set() and _deliver_next() is not None:
            self._failures = 0
        return more

    def _note_failure(self, event: str, error: Exception) -> None:
        self._failures += 1
        logger.warning(event, error=str(error), failures=self._failures)

    def _pause(self) -> float:
        return min(_LONGEST_BACKOFF_SECONDS, self._poll_seconds * 2.0 ** min(self._failures, 10))


def _entry(table: str, lines: bytes, count: int) -> TelemetryOutbox:
    return TelemetryOutbox(table=table, payload=zlib.compress(lines, 1), rows=count, size=len(lines))


def _texts(lines: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """Join JSON lines into texts of at most ``ENTRY_BYTES`` (a longer line stands alone), each with its line count."""
    gathered: list[bytes] = []
    size = 0
    for line in lines:
        if gathered and size + len(line) > ENTRY_BYTES:
            yield b"\n".join(gathered), len(gathered)
            gathered, size = [], 0
        gathered.append(line)
        size += len(line) + 1
    if gathered:
        yield b"\n".join(gathered), len(gathered)


@transaction.atomic
def _form_batches() -> bool:
    """Assign waiting outbox rows to batches. Tells whether some had to be left for the next round."""
    waiting = (
        TelemetryOutbox.objects.filter(batch=None)
        .order_by("id")
        .select_for_update(skip_locked=True)
        .values_list("id", "table", "rows", "size")[:_FORM_ENTRIES]
    )
    open_batches: dict[str, tuple[OutboxBatch, int, int]] = {}
    members: dict[OutboxBatch, list[int]] = {}
    entries = list(waiting)
    for entry, table, rows, size in entries:
        batch, batch_rows, batch_bytes = open_batches.get(table) or (OutboxBatch(table=table), 0, 0)
        if batch_rows and (batch_rows + rows > BATCH_ROWS or batch_bytes + size > BATCH_BYTES):
            batch, batch_rows, batch_bytes = OutboxBatch(table=table), 0, 0
        open_batches[table] = (batch, batch_rows + rows, batch_bytes + size)
        members.setdefault(batch, []).append(entry)
    OutboxBatch.objects.bulk_create(members)
    for batch, ids in members.items():
        TelemetryOutbox.objects.filter(id__in=ids).update(batch=batch)
    return len(entries) == _FORM_ENTRIES


def _deliver_next() -> int | None:
    """Deliver the batch that has been due longest and return its rows; None when none is due.

    Raises ``client.ClickHouseError`` when ClickHouse could not take it: the batch is due again after a backoff.
    """
    with transaction.atomic():
        batch = (
            OutboxBatch.objects.filter(retry_at__lte=Now())
            .order_by("retry_at")
            .select_for_update(skip_locked=True)
            .first()
        )
        if batch is None:
            return None
        _prepare_session()
        entries = list(batch.entries.order_by("id"))
        try:
            _insert(batch, entries)
        except client.ClickHouseError as error:
            if error.code in _CONTENT_CODES:
                _halve(batch, entries, reason=str(error))
                return 0
            _postpone(batch, reason=str(error))
            failure = error
        else:
            batch.delete()
            return sum(entry.rows for entry in entries)
    raise failure


def _insert(batch: OutboxBatch, entries: Sequence[TelemetryOutbox]) -> None:
    lines = b"\n".join(zlib.decompress(entry.payload) for entry in entries)
    client.insert(batch.table, lines, settings={**_INSERT_SETTINGS, "insert_deduplication_token": str(batch.id)})


def _prepare_session() -> None:
    """Let PostgreSQL end this transaction when its process is gone for good, and not wait for the disk at commit.

    A delete that a power cut undoes is harmless: the batch is sent again under its token.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET LOCAL idle_in_transaction_session_timeout = '{_ABANDONED_AFTER_SECONDS}s'; "
            "SET LOCAL synchronous_commit = off"
        )


def _postpone(batch: OutboxBatch, *, reason: str) -> None:
    batch.attempts += 1
    seconds = min(_LONGEST_BACKOFF_SECONDS, POLL_SECONDS * 2.0 ** min(batch.attempts, 10))
    OutboxBatch.objects.filter(id=batch.id).update(
        attempts=batch.attempts, last_error=reason[:2000], retry_at=Now() + timedelta(seconds=seconds)
    )


def _halve(batch: OutboxBatch, entries: Sequence[TelemetryOutbox], *, reason: str) -> None:
    """Replace a refused batch by two with half of its rows each, or set its only row aside.

    Nothing of a refused batch was written, so its rows may travel under new tokens.
    """
    if len(entries) == 1:
        entries = _halved_entry(entries[0], reason=reason)
    middle = len(entries) // 2
    for half in filter(None, (entries[:middle], entries[middle:])):
        successor = OutboxBatch.objects.create(table=batch.table)
        TelemetryOutbox.objects.filter(id__in=[entry.id for entry in half]).update(batch=successor)
    batch.delete()


def _halved_entry(entry: TelemetryOutbox, *, reason: str) -> list[TelemetryOutbox]:
    """Replace a refused entry by two with half of its rows each; a single row goes to ``RefusedRow`` instead."""
    lines = zlib.decompress(entry.payload).split(b"\n")
    if len(lines) == 1:
        RefusedRow.objects.create(table=entry.table, payload=lines[0], error=reason[:2000])
        logger.error("telemetry_row_refused", table=entry.table, error=reason)
        return []
    middle = len(lines) // 2
    return TelemetryOutbox.objects.bulk_create(
        _entry(entry.table, b"\n".join(half), len(half)) for half in (lines[:middle], lines[middle:])
    )
