"""The way of every row into ClickHouse: an outbox in PostgreSQL and a flusher that empties it.

``enqueue`` writes rows to the outbox inside the caller's transaction, so they commit with the change they describe. The
flusher moves them in two transactions:

1. *form*: rows that wait are assigned to new batches, one or more a table. From then on a batch never changes.
2. *deliver*: one batch is locked, inserted with its id as deduplication token, and deleted.

A process that dies between insert and delete loses its lock with its connection; whoever takes the batch next sends the
same rows under the same token, which ClickHouse ignores. So every row arrives exactly once. (An embedded engine that
dies with the process may have noted the token without the rows: such a batch is looked up afterwards by its mark.)
During an outage rows wait in PostgreSQL. A batch that ClickHouse refuses for its content is halved until the guilty row
is alone and set aside.
"""

from __future__ import annotations

import threading
import time
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from hogapi.telemetry import client
from hogapi.telemetry.models import OutboxBatch, RefusedRow, TelemetryOutbox

logger = structlog.get_logger(__name__)

# The most that one outbox row and one batch hold, before compression: what the flusher has in memory at a time.
ENTRY_BYTES = 2 * 1024 * 1024
BATCH_BYTES = 4 * 1024 * 1024
BATCH_ROWS = 50_000
_FORM_ENTRIES = 1_000
_REQUEUE_ROWS = 1_000

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
    {6, 25, 26, 27, 38, 41, 53, 69, 70, 72, 117, 128, 131, 190, 321, 349, 376, 407, 467, 469, 675, 676, 691}
)


def enqueue(table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Record ``rows`` for the ClickHouse ``table``, in the caller's transaction.

    Keys are column names; values are what ``orjson`` writes (times as text, see ``columns.timestamp``).
    """
    texts = _texts(orjson.dumps(row) for row in rows)
    TelemetryOutbox.objects.bulk_create(_entry(table, lines, count) for lines, count in texts)


def flush() -> int:
    """Deliver everything that waits and return the number of rows. For tests and commands: a server has a ``Flusher``.

    Raises ``client.ClickHouseError`` when something stays behind.
    """
    OutboxBatch.objects.filter(retry_at__gt=Now()).update(retry_at=Now())
    total, more = 0, True
    while more:
        total += _deliver_leftovers()
        formed, more = _form_batches()
        total += _deliver(formed)
        more = more or OutboxBatch.objects.filter(retry_at__lte=Now()).exists()
    left = OutboxBatch.objects.first()
    if left is not None:
        raise client.ClickHouseError(left.last_error)
    return total


def refused() -> int:
    """Return how many rows ClickHouse has refused for their content."""
    return RefusedRow.objects.count()


@transaction.atomic
def requeue_refused() -> int:
    """Put the rows that ClickHouse has refused back into the outbox, and return their number."""
    total = 0
    tables = RefusedRow.objects.order_by("table").values_list("table", flat=True).distinct()
    for table in list(tables):
        rows = RefusedRow.objects.filter(table=table).select_for_update(skip_locked=True)
        while chosen := dict(rows.order_by("id").values_list("id", "payload")[:_REQUEUE_ROWS]):
            texts = _texts(bytes(payload) for payload in chosen.values())
            TelemetryOutbox.objects.bulk_create(_entry(table, lines, count) for lines, count in texts)
            RefusedRow.objects.filter(id__in=chosen).delete()
            total += len(chosen)
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
            except Exception as error:  # the edge of the thread: whatever happens, rows must not stay behind for ever
                self._failures += 1
                logger.warning("telemetry_flush_failed", error=str(error), failures=self._failures)
                busy = False
                close_old_connections()
            if not busy:
                self._stop.wait(self._pause())
        connection.close()

    def flush_once(self) -> bool:
        """Form batches and deliver those that are due. Tells whether more than a round's worth was waiting.

        A batch that cannot be delivered is due again later. Raises ``client.ClickHouseError`` when none can be.
        """
        _deliver_leftovers(self._stop)
        formed, more = _form_batches()
        _deliver(formed, self._stop)
        self._failures = 0
        return more

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
def _form_batches() -> tuple[list[uuid.UUID], bool]:
    """Assign waiting outbox rows to batches. Returns these, and whether rows had to be left for the next round."""
    waiting = (
        TelemetryOutbox.objects.filter(batch=None)
        .order_by("id")
        .select_for_update(skip_locked=True)
        .values_list("id", "table", "rows", "size")[:_FORM_ENTRIES]
    )
    entries = list(waiting)
    open_batches: dict[str, tuple[OutboxBatch, int, int]] = {}
    members: dict[OutboxBatch, list[int]] = {}
    mark = _next_mark()
    for entry, table, rows, size in entries:
        batch, batch_rows, batch_bytes = open_batches.get(table, (None, 0, 0))
        if batch is None or batch_rows + rows > BATCH_ROWS or batch_bytes + size > BATCH_BYTES:
            batch, batch_rows, batch_bytes = OutboxBatch(table=table, mark=mark + len(members)), 0, 0
        open_batches[table] = (batch, batch_rows + rows, batch_bytes + size)
        members.setdefault(batch, []).append(entry)
    OutboxBatch.objects.bulk_create(members)
    for batch, ids in members.items():
        TelemetryOutbox.objects.filter(id__in=ids).update(batch=batch)
    return [batch.id for batch in members], len(entries) == _FORM_ENTRIES


def _next_mark() -> int:
    return time.time_ns() // 1000


def _deliver(formed: Sequence[uuid.UUID], stop: threading.Event | None = None) -> int:
    """Deliver batches that nobody can have tried to deliver before, until ``stop``, and return their rows."""
    total = 0
    for batch in formed:
        if stop is None or not stop.is_set():
            total += _deliver_or_postpone(OutboxBatch.objects.filter(id=batch), leftover=False) or 0
    return total


def _deliver_leftovers(stop: threading.Event | None = None) -> int:
    """Deliver the batches that are due and that another round, or another process, left behind, until ``stop``.

    Returns their rows.
    """
    total = 0
    due = OutboxBatch.objects.order_by("retry_at")
    while stop is None or not stop.is_set():
        delivered = _deliver_or_postpone(due, leftover=True)
        if delivered is None:
            break
        total += delivered
    return total


def _deliver_or_postpone(batches: QuerySet[OutboxBatch], *, leftover: bool) -> int | None:
    """As ``_deliver_first``, but a failure passes as long as ClickHouse answers: other batches get their turn."""
    try:
        return _deliver_first(batches, leftover=leftover)
    except client.ClickHouseError as error:
        if not client.ping():
            raise
        logger.warning("telemetry_batch_postponed", error=str(error))
        return 0


def _deliver_first(batches: QuerySet[OutboxBatch], *, leftover: bool) -> int | None:
    """Deliver the first of ``batches`` that is due and return its rows; None when none is, or others have it.

    Raises ``client.ClickHouseError`` when ClickHouse could not take it: the batch is due again after a backoff.
    """
    with transaction.atomic():
        batch = batches.filter(retry_at__lte=Now()).select_for_update(skip_locked=True).first()
        if batch is None:
            return None
        _prepare_session()
        entries = list(batch.entries.order_by("id"))
        lines = _marked(b"\n".join(zlib.decompress(entry.payload) for entry in entries), batch.mark)
        try:
            _insert(batch.table, lines, token=str(batch.id))
            if leftover:
                _insert_what_is_missing(batch, lines)
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


def _marked(lines: bytes, mark: int) -> bytes:
    """Give every row the column ``_offset``. Text inside JSON holds no line feed, so ``\\n{`` only starts a row."""
    start = b'{"_offset":%d,' % mark
    return start + lines[1:].replace(b"\n{", b"\n" + start)


def _insert(table: str, lines: bytes, *, token: str) -> None:
    client.insert(table, lines, settings={**_INSERT_SETTINGS, "insert_deduplication_token": token})


def _insert_what_is_missing(batch: OutboxBatch, lines: bytes) -> None:
    """Insert again, under a new token, the days of which an embedded engine has the old token but no row.

    The engine notes a token just before the rows of a partition become visible; killed in between, it would ignore the
    rows for ever. Servers outlive this process, and replicated tables note both in one step. Rows that were summed
    with later ones carry a later mark.
    """
    if settings.CLICKHOUSE_URL is not None:
        return
    found = {
        day
        for (day,) in client.query(
            f"SELECT DISTINCT toString(toDate32(timestamp)) FROM {batch.table} WHERE _offset >= {{mark:UInt64}}",  # noqa: S608
            {"mark": batch.mark},
        )
    }
    missing = [line for line in lines.split(b"\n") if _day(line) not in found]
    if missing:
        logger.warning("telemetry_rows_inserted_again", table=batch.table, rows=len(missing))
        _insert(batch.table, b"\n".join(missing), token=f"{batch.id}-again")


def _day(line: bytes) -> str:
    """The date of a row as ``YYYY-MM-DD``; ClickHouse's zero when it has none."""
    return str(orjson.loads(line).get("timestamp", "1970-01-01"))[:10]


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
        successor = OutboxBatch.objects.create(table=batch.table, mark=batch.mark)
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
