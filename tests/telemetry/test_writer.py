"""The outbox: what is enqueued arrives exactly once, whatever happens on the way."""

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now

from hogapi.telemetry import client, events, logs, metrics, writer
from hogapi.telemetry.events import CapturedEvent
from hogapi.telemetry.models import OutboxBatch, RefusedRow, TelemetryOutbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clickhouse")]

NOW = datetime.now(UTC)


class Crash(BaseException):
    """The process ends here."""


def _events(count: int, **values: Any) -> list[CapturedEvent]:
    moment = values.pop("timestamp", NOW)
    return [
        CapturedEvent(uuid.uuid4(), 1, "seen", f"person {n}", {"n": n}, moment, NOW, **values) for n in range(count)
    ]


def _stored() -> list[str]:
    return sorted(str(identifier) for (identifier,) in client.query("SELECT uuid FROM events"))


def _uuids(recorded: list[CapturedEvent]) -> list[str]:
    return sorted(str(event.uuid) for event in recorded)


def _everything_is_due() -> None:
    OutboxBatch.objects.update(retry_at=Now())


def test_rows_arrive_and_nothing_stays_behind() -> None:
    recorded = _events(3)
    events.record(recorded)
    assert writer.flush() == 3
    assert _stored() == _uuids(recorded)
    assert not TelemetryOutbox.objects.exists()
    assert not OutboxBatch.objects.exists()


def test_rows_of_a_transaction_that_fails_are_not_written() -> None:
    with pytest.raises(Crash), transaction.atomic():
        events.record(_events(3))
        raise Crash
    assert writer.flush() == 0
    assert _stored() == []


def test_recording_nothing_writes_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        events.record([])
        logs.record([])
        metrics.record([])


def test_one_call_is_one_statement(django_assert_num_queries: Any) -> None:
    with transaction.atomic(), django_assert_num_queries(1):
        events.record(_events(500))


def test_large_calls_become_entries_and_batches_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "ENTRY_BYTES", 2_000)
    monkeypatch.setattr(writer, "BATCH_BYTES", 10_000)
    recorded = _events(300)
    events.record(recorded)
    formed, _ = writer._form_batches()
    assert max(TelemetryOutbox.objects.values_list("size", flat=True)) <= 2_000
    for batch in OutboxBatch.objects.all():
        assert sum(entry.size for entry in batch.entries.all()) <= 10_000
    assert len(formed) > 3
    assert writer.flush() == 300
    assert _stored() == _uuids(recorded)


def test_a_row_larger_than_an_entry_still_arrives() -> None:
    text = "x" * (writer.ENTRY_BYTES + 1)
    events.record([CapturedEvent(uuid.uuid4(), 1, "big", "d", {"text": text}, NOW, NOW)])
    writer.flush()
    assert client.query("SELECT JSONExtractString(properties, 'text') = {t:String} FROM events", {"t": text}) == [(1,)]


def test_more_entries_than_one_round_takes_all_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_FORM_ENTRIES", 3)
    recorded = _events(10)
    for event in recorded:
        events.record([event])
    assert writer.flush() == 10
    assert _stored() == _uuids(recorded)


@pytest.fixture
def crash_after_insert(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    def crash(*_: Any, **__: Any) -> None:
        raise Crash

    monkeypatch.setattr(OutboxBatch, "delete", crash)
    return monkeypatch  # type: ignore[return-value]


def test_a_crash_between_insert_and_delete_repeats_nothing(crash_after_insert: pytest.MonkeyPatch) -> None:
    recorded = _events(50)
    events.record(recorded)
    metrics.record([metrics.Metric(1, "hog_function", "f", "success", "succeeded", NOW, count=5)])
    logs.record([logs.LogLine(1, "hog_function", "f", "run", NOW, "info", "hello")])
    for _ in range(4):
        _everything_is_due()
        with pytest.raises(Crash):
            writer.flush()
    crash_after_insert.undo()
    events.record(more := _events(5))  # arrives later, must not join the batch that has been sent
    assert writer.flush() == 57
    assert _stored() == _uuids(recorded + more)
    assert client.query("SELECT sum(count) FROM app_metrics2") == [(5,)]
    assert client.query("SELECT count() FROM log_entries") == [(1,)]


def test_a_crash_between_insert_and_delete_repeats_nothing_over_many_months(
    crash_after_insert: pytest.MonkeyPatch,
) -> None:
    recorded = [event for n in range(150) for event in _events(1, timestamp=NOW - timedelta(days=31 * n))]
    events.record(recorded)
    with pytest.raises(Crash):
        writer.flush()
    crash_after_insert.undo()
    writer.flush()
    assert _stored() == _uuids(recorded)


def test_a_crash_before_the_insert_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise Crash

    recorded = _events(50)
    events.record(recorded)
    with monkeypatch.context() as patch:
        patch.setattr(client, "insert", crash)
        with pytest.raises(Crash):
            writer.flush()
    assert writer.flush() == 50
    assert _stored() == _uuids(recorded)


def test_rows_that_the_engine_lost_with_its_token_noted_are_inserted_again(
    crash_after_insert: pytest.MonkeyPatch,
) -> None:
    recorded = _events(5) + _events(5, timestamp=NOW - timedelta(days=70))
    events.record(recorded)
    with pytest.raises(Crash):
        writer.flush()
    crash_after_insert.undo()
    # What a kill between the token's note and the rows' publication leaves behind, for one of two partitions.
    client.command("ALTER TABLE events DELETE WHERE timestamp > now() - INTERVAL 60 DAY SETTINGS mutations_sync = 1")
    assert len(_stored()) == 5
    writer.flush()
    assert _stored() == _uuids(recorded)


def test_a_batch_is_not_joined_by_rows_that_come_later() -> None:
    events.record(_events(2))
    writer._form_batches()
    events.record(_events(3))
    writer._form_batches()
    assert sorted(sum(entry.rows for entry in batch.entries.all()) for batch in OutboxBatch.objects.all()) == [2, 3]


def _poison(number: int) -> dict[str, Any]:
    return {"uuid": f"not a uuid {number}", "team_id": 1, "event": "bad", "timestamp": "2026-01-01 00:00:00"}


def test_rows_that_clickhouse_refuses_are_set_aside_and_the_others_arrive() -> None:
    recorded = _events(40)
    rows = [events._row(event) for event in recorded]
    writer.enqueue("events", [*rows[:10], _poison(1), *rows[10:20], _poison(2)])
    writer.enqueue("events", rows[20:30])
    writer.enqueue("events", [_poison(3)])
    writer.enqueue("events", rows[30:])
    writer.flush()
    assert _stored() == _uuids(recorded)
    refused = list(RefusedRow.objects.order_by("payload"))
    assert [bytes(row.payload)[:25] for row in refused] == [b'{"uuid":"not a uuid %d","t' % n for n in (1, 2, 3)]
    assert all("uuid" in row.error.lower() for row in refused)
    assert not TelemetryOutbox.objects.exists()


def test_a_column_that_the_table_lacks_is_an_error_and_not_lost_silently() -> None:
    writer.enqueue("log_entries", [{"team_id": 1, "message": "x", "mesage": "y"}])
    writer.flush()
    assert "mesage" in RefusedRow.objects.get().error


def test_a_batch_that_cannot_be_written_now_waits_while_others_pass() -> None:
    recorded = _events(3)
    writer.enqueue("no_such_table", [{"a": 1}])
    events.record(recorded)
    stop = threading.Event()
    flusher = writer.Flusher(stop)
    flusher.flush_once()
    flusher.flush_once()
    assert _stored() == _uuids(recorded)
    waiting = OutboxBatch.objects.get()
    assert (waiting.table, waiting.attempts) == ("no_such_table", 1)
    assert "no_such_table" in waiting.last_error
    assert waiting.retry_at > waiting.created_at
    with pytest.raises(client.ClickHouseError, match="no_such_table"):
        writer.flush()


def test_two_flushers_share_the_work_without_repeating_it() -> None:
    recorded = _events(400)
    for n in range(0, 400, 4):
        events.record(recorded[n : n + 4])
    stop = threading.Event()
    threads = [threading.Thread(target=writer.Flusher(stop, poll_seconds=0.01).run) for _ in range(3)]
    for thread in threads:
        thread.start()
    _wait_until_empty()
    stop.set()
    for thread in threads:
        thread.join(10)
    assert _stored() == _uuids(recorded)


def test_a_flusher_survives_whatever_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([client.ClickHouseUnavailable("gone"), ValueError("unforeseen")])
    insert = client.insert

    def sometimes(*arguments: Any, **options: Any) -> None:
        for failure in failures:
            raise failure
        insert(*arguments, **options)

    monkeypatch.setattr(client, "insert", sometimes)
    events.record(recorded := _events(3))
    stop = threading.Event()
    thread = threading.Thread(target=writer.Flusher(stop, poll_seconds=0.01).run)
    thread.start()
    _wait_until_empty()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert _stored() == _uuids(recorded)


def _wait_until_empty(seconds: float = 20) -> None:
    pause = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if not TelemetryOutbox.objects.exists():
            return
        pause.wait(0.05)
    pytest.fail("rows stayed in the outbox")
