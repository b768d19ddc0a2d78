"""From the inbox to the outbox and to runs: once, together or not at all."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest
from django.db import InternalError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException

from hogapi.accounts.models import Environment, Project
from hogapi.capture.models import CapturedBatch
from hogapi.runtime.models import Invocation
from hogapi.telemetry import client, writer
from hogapi.worker import ingestion, jobs
from hogapi.worker.ingestion import ingest_once
from tests.worker.conftest import Capture, put_raw
from tests.worker.doubles import SOURCE_ID, Recorder

pytestmark = pytest.mark.django_db(transaction=True)


def stored(column: str = "toString(uuid)") -> list[Any]:
    writer.flush()
    return [value for (value,) in client.query(f"SELECT {column} FROM events ORDER BY uuid")]


def jobs_of_runs() -> list[list[str]]:
    return [job.args["invocation_ids"] for job in ProcrastinateJob.objects.order_by("id")]


@pytest.fixture
def small_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion, "ROUND_EVENTS", 5)


def test_events_go_to_clickhouse_and_to_runs_with_jobs_and_leave_the_inbox(
    clickhouse: None, recorder: Recorder, capture: Capture
) -> None:
    ids = capture({"event": "a"}, {"event": "b"}) + capture({"event": "c"})

    assert ingest_once() == 3
    assert ingest_once() == 0
    assert sorted(stored()) == sorted(ids)
    assert [str(event.uuid) for event in recorder.seen] == ids
    runs = {str(run.id): run.event["event"]["uuid"] for run in Invocation.objects.all()}
    assert sorted(runs.values()) == sorted(ids)
    assert sorted(run for runs in jobs_of_runs() for run in runs) == sorted(runs)
    assert not CapturedBatch.objects.exists()


def test_a_project_knows_that_it_has_events(
    recorder: Recorder, capture: Capture, project: Project, other_project: Project
) -> None:
    capture({"event": "a"})
    ingest_once()
    known = dict(Environment.objects.values_list("project_id", "ingested_event"))
    assert (known[project.pk], known[other_project.pk]) == (True, False)

    capture({"event": "b"})
    with CaptureQueriesContext(connection) as queries:
        ingest_once()
    assert not [query for query in queries if query["sql"].startswith('UPDATE "accounts_environment"')]


def test_an_event_reaches_clickhouse_with_everything_that_was_said(
    clickhouse: None, recorder: Recorder, capture: Capture, project: Project
) -> None:
    properties = {"$set": {"plan": "pro"}, "$set_once": {"plan": "free", "first": 1}, "n": [1, {"é": None}]}
    said = {
        "uuid": "0190b5a0-0000-7000-8000-000000000001",
        "event": "signed up",
        "distinct_id": "ada",
        "timestamp": "2024-02-29T12:00:00.123456+00:00",
        "properties": properties,
    }
    capture(said, ip="203.0.113.9")
    ingest_once()
    writer.flush()

    columns = "toString(uuid), team_id, event, distinct_id, timestamp, properties, person_properties"
    (row,) = client.query(f"SELECT {columns} FROM events")
    assert row[:4] == (said["uuid"], project.pk, "signed up", "ada")
    assert row[4].astimezone(UTC) == datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)
    assert orjson.loads(row[5]) == {**properties, "$ip": "203.0.113.9"}
    assert orjson.loads(row[6]) == {"plan": "pro", "first": 1}


def test_one_distinct_id_is_one_person_within_its_project(
    recorder: Recorder, capture: Capture, other_project: Project
) -> None:
    capture({"distinct_id": "ada"}, {"distinct_id": "ada"}, {"distinct_id": "grace"})
    capture({"distinct_id": "ada"}, of=other_project)
    ingest_once()

    persons = {(event.team_id, event.distinct_id): event.person_id for event in recorder.seen}
    assert len(recorder.seen) == 4
    assert len(set(persons.values())) == 3
    assert all(event.person_id == persons[event.team_id, event.distinct_id] for event in recorder.seen)


def test_addresses_are_not_kept_where_the_project_says_so(
    recorder: Recorder, capture: Capture, project: Project
) -> None:
    project.environment.anonymize_ips = True
    project.environment.save()
    capture({}, {"properties": {"$ip": "203.0.113.1"}}, ip="203.0.113.9")
    ingest_once()

    assert [event.properties for event in recorder.seen] == [{}, {"$ip": "203.0.113.1"}]


def test_clicked_elements_become_their_chain(recorder: Recorder, capture: Capture) -> None:
    button = {
        "tag_name": "button",
        "$el_text": 'Buy "now"',
        "attr__class": "primary big",
        "attr__id": "buy",
        "attr__href": "/buy",
        "nth_child": 2,
        "nth_of_type": 1,
    }
    capture({"properties": {"$elements": [button, {"tag_name": "div"}], "x": 1}})
    capture({"properties": {"$elements_chain": 'a.link:href="/"'}})
    ingest_once()

    assert [event.elements_chain for event in recorder.seen] == [
        'button.big.primary:attr__class="primary big"attr__href="/buy"attr__id="buy"attr_id="buy"href="/buy"'
        'nth-child="2"nth-of-type="1"text="Buy \\"now\\"";div:nth-child="0"nth-of-type="0"',
        'a.link:href="/"',
    ]
    assert [event.properties for event in recorder.seen] == [{"x": 1}, {}]


def test_a_round_is_bounded_but_takes_a_larger_batch_alone(
    recorder: Recorder, capture: Capture, small_rounds: None
) -> None:
    capture(copies=3)
    capture(copies=2)
    capture(copies=12)
    capture(copies=1)

    assert [ingest_once() for _ in range(4)] == [5, 12, 1, 0]


def test_the_backlog_of_one_project_does_not_hold_up_another(
    recorder: Recorder, capture: Capture, other_project: Project, small_rounds: None
) -> None:
    for _ in range(60):
        capture({"event": "flood"}, copies=5)
    capture({"event": "small"}, of=other_project)
    rounds = 0
    while not any(event.event == "small" for event in recorder.seen):
        assert ingest_once()
        rounds += 1

    assert rounds < 40  # half of the rounds are the other project's; that chance is unkind so often is 1 in 2**40
    while ingest_once():
        pass
    ids = [event.uuid for event in recorder.seen if event.event == "flood"]
    assert len(set(ids)) == len(ids) == 300


def test_batches_of_a_project_are_ingested_in_their_order(
    recorder: Recorder, capture: Capture, small_rounds: None
) -> None:
    ids = [uuid for _ in range(20) for uuid in capture(copies=2)]
    while ingest_once():
        pass

    assert [str(event.uuid) for event in recorder.seen] == ids


def test_a_job_carries_at_most_a_hundred_runs_of_one_function(recorder: Recorder, capture: Capture) -> None:
    other = UUID("22222222-2222-4222-8222-222222222222")
    recorder.target = lambda event: other if event.event == "other" else SOURCE_ID
    capture({"event": "e"}, copies=250)
    capture({"event": "other"}, copies=3)
    ingest_once()

    taken = [(job.lock, len(job.args["invocation_ids"])) for job in ProcrastinateJob.objects.order_by("id")]
    assert sorted(taken) == sorted([(f"recorder:{SOURCE_ID}", n) for n in (50, 100, 100)] + [(f"recorder:{other}", 3)])


def test_a_failure_before_the_commit_leaves_everything_as_it_was(
    recorder: Recorder, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture(copies=2)

    def lose_connection(runs: Any) -> int:
        raise OperationalError("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "defer_deliveries", lose_connection)
        with pytest.raises(OperationalError):
            ingest_once()

    assert CapturedBatch.objects.count() == 1
    assert not Invocation.objects.exists()
    assert ingest_once() == 2


def test_an_event_that_a_consumer_cannot_handle_costs_nobody_else_their_run(
    clickhouse: None, recorder: Recorder, capture: Capture
) -> None:
    def refuse(event: Any) -> None:
        if event.event == "poison":
            raise ValueError("cannot take this")

    recorder.before = refuse
    good = capture({"event": "good"}, copies=20)
    capture({"event": "poison"}, {"event": "poison"})
    good += capture({"event": "good"}, copies=13)

    assert ingest_once() == 35
    assert len(stored()) == 35
    assert sorted(run.event["event"]["uuid"] for run in Invocation.objects.all()) == sorted(good)


def test_an_event_whose_run_postgresql_refuses_costs_nobody_else_their_run(
    recorder: Recorder, capture: Capture
) -> None:
    ids = capture({}, {"properties": {"text": "a\0b"}}, {})
    ingest_once()

    assert sorted(run.event["event"]["uuid"] for run in Invocation.objects.all()) == sorted([ids[0], ids[2]])


def test_an_event_that_cannot_be_read_is_left_out(recorder: Recorder, capture: Capture) -> None:
    ids = capture({}, {"timestamp": "yesterday"}, {"properties": None}, {})

    assert ingest_once() == 2
    assert [str(event.uuid) for event in recorder.seen] == [ids[0], ids[3]]


def test_a_batch_that_cannot_be_read_is_set_aside_and_blocks_nobody(
    recorder: Recorder, capture: Capture, project: Project
) -> None:
    broken = put_raw(project, b"no json", 1)
    ids = capture({})

    assert ingest_once() == 1
    assert ingest_once() == 0
    assert [str(event.uuid) for event in recorder.seen] == ids
    broken.refresh_from_db()
    assert broken.refused is not None
    assert broken.refused.startswith("UnreadableBatch(")


@pytest.mark.parametrize("error", [RuntimeError("a mistake of ours"), ImportError("half an installation")])
def test_a_batch_that_fails_for_no_fault_of_its_own_is_tried_again_and_blocks_nobody(
    recorder: Recorder, capture: Capture, other_project: Project, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    capture({}, of=other_project)
    ids = capture({})
    defer = jobs.defer_deliveries

    def fail(runs: Any) -> int:
        if any(run.project_id == other_project.pk for run in runs):
            raise error
        return defer(runs)

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "defer_deliveries", fail)
        assert ingest_once() == 1
        assert [run.event["event"]["uuid"] for run in Invocation.objects.all()] == ids
        with pytest.raises(type(error)):
            ingest_once()

    assert list(CapturedBatch.objects.values_list("project_id", "refused")) == [(other_project.pk, None)]
    assert ingest_once() == 1


@pytest.mark.parametrize("error", [ImportError("x"), MemoryError(), InternalError("x"), ConnectionResetError()])
def test_what_no_event_is_to_blame_for_costs_no_event_its_run(
    recorder: Recorder, capture: Capture, error: Exception
) -> None:
    def fail(event: Any) -> None:
        raise error

    recorder.before = fail
    capture(copies=3)
    with pytest.raises(type(error)):
        ingest_once()
    recorder.before = lambda event: None

    assert ingest_once() == 3
    assert Invocation.objects.count() == 3


def test_a_queue_that_cannot_be_reached_is_an_outage(
    recorder: Recorder, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(pending: Any) -> int:
        raise ConnectorException

    capture(copies=3)
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "defer_deliveries", fail)
        with pytest.raises(ConnectorException):
            ingest_once()

    assert ingest_once() == 3


def test_two_ingesters_side_by_side_never_take_an_event_twice(
    clickhouse: None, recorder: Recorder, capture: Capture, small_rounds: None
) -> None:
    ids = [i for _ in range(60) for i in capture(copies=4)]
    counts: list[int] = []
    gate = threading.Barrier(3)

    def ingest() -> None:
        gate.wait()
        idle = 0
        while idle < 3:  # rows that another ingester holds look like none
            taken = ingest_once()
            counts.append(taken)
            idle = 0 if taken else idle + 1
        connection.close()

    threads = [threading.Thread(target=ingest) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ingest_once()

    assert not CapturedBatch.objects.exists()
    assert Counter(stored()) == Counter(ids)
    assert Counter(run.event["event"]["uuid"] for run in Invocation.objects.all()) == Counter(ids)
    assert sum(len(runs) for runs in jobs_of_runs()) == len(ids)


@pytest.fixture
def listener() -> Iterator[psycopg.Connection]:
    from procrastinate.contrib.django.utils import connector_params

    with psycopg.connect(**connector_params(), autocommit=True) as it:
        yield it


def test_capture_wakes_the_ingesters(listener: psycopg.Connection, project: Project) -> None:
    from hogapi.capture import inbox
    from hogapi.capture.payloads import Batch, Part

    listener.execute(f"LISTEN {inbox.CHANNEL}")
    batch = Batch(token="t", parts=(Part(payload=b"[]", count=0),))
    inbox.accept(project_id=project.pk, batch=batch, ip=None, received_at=datetime.now(UTC))

    assert len(list(listener.notifies(timeout=5, stop_after=1))) == 1
