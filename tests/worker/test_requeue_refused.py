"""``manage.py requeue_refused``: what was set aside gets another chance, once."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import orjson
import pytest
from django.core.management import call_command

from hogapi.accounts.models import Project
from hogapi.capture.models import CapturedBatch
from hogapi.telemetry import client, writer
from hogapi.telemetry.models import RefusedRow, TelemetryOutbox
from hogapi.worker.ingestion import ingest_once
from tests.worker.conftest import put_raw
from tests.worker.doubles import Recorder

pytestmark = pytest.mark.django_db(transaction=True)


def requeue(*options: str) -> str:
    out = StringIO()
    call_command("requeue_refused", *options, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def set_aside(project: Project, recorder: Recorder) -> None:
    """Two batches and three rows, of which one batch and all rows can be taken by now."""
    for _ in range(2):
        put_raw(project, b"no json", 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hogapi.worker.ingestion.log.exception", lambda *arguments, **values: None)
        ingest_once()
    CapturedBatch.objects.filter(id=CapturedBatch.objects.order_by("id").values("id")[:1]).update(
        payload=orjson.dumps(
            [
                {"uuid": "0190b5a0-0000-7000-8000-000000000001", "event": "e", "distinct_id": "d", "properties": {}}
                | {"timestamp": "2026-01-01T00:00:00+00:00"}
            ]
        )
    )
    TelemetryOutbox.objects.all().delete()
    for number, table in enumerate(["log_entries", "events", "log_entries"]):
        RefusedRow.objects.create(table=table, payload=b'{"n":%d}' % number, error="too early")


def test_a_dry_run_counts_and_changes_nothing(set_aside: None) -> None:
    assert requeue("--dry-run") == "2 captured batches and 3 telemetry rows would be put back."
    assert (CapturedBatch.objects.filter(refused=None).count(), RefusedRow.objects.count()) == (0, 3)


def test_everything_is_put_back_and_what_still_fails_is_set_aside_again(set_aside: None, recorder: Recorder) -> None:
    assert requeue() == "2 captured batches and 3 telemetry rows were put back."
    assert not RefusedRow.objects.exists()
    entries = [(entry.table, entry.rows) for entry in TelemetryOutbox.objects.order_by("id")]
    assert entries == [("events", 1), ("log_entries", 2)]

    assert ingest_once() == 1
    assert [event.event for event in recorder.seen] == ["e"]
    assert CapturedBatch.objects.get().refused is not None
    assert requeue("--dry-run") == "1 captured batches and 0 telemetry rows would be put back."


def test_a_row_that_was_refused_reaches_clickhouse_once_it_can(clickhouse: None, project: Project) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    good = {"team_id": project.pk, "log_source": "s", "log_source_id": "i", "instance_id": "r", "level": "INFO"}
    writer.enqueue("log_entries", [{**good, "timestamp": "no time at all", "message": "m"}])
    writer.flush()
    refused = RefusedRow.objects.get()
    refused.payload = orjson.dumps({**good, "timestamp": now, "message": "m"})
    refused.save()
    requeue()

    assert writer.flush() == 1
    assert client.query("SELECT message FROM log_entries") == [("m",)]
