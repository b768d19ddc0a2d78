"""The whole worker in threads: what arrives is delivered, nobody waits for a stranger, and it ends in order."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django.fixtures import Settings

from hogapi.accounts.models import Project
from hogapi.capture import inbox
from hogapi.runtime.models import Invocation
from hogapi.worker import delivery, jobs
from hogapi.worker.ingestion import ingest_once
from hogapi.worker.service import Worker
from tests.conftest import Receiver
from tests.worker.conftest import Capture
from tests.worker.doubles import SOURCE_ID, Recorder, program

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loopback", "clickhouse")]

SLOW_ID = UUID("33333333-3333-4333-8333-333333333333")
OK = (200, {"Content-Type": "application/json"}, b"{}")


@pytest.fixture
def start() -> Iterator[Callable[..., Worker]]:
    """``start()``: a running worker, which ends with the test."""
    workers: list[Worker] = []

    def run(**options: Any) -> Worker:
        worker = Worker(**options)
        worker.start()
        workers.append(worker)
        return worker

    yield run
    for worker in workers:
        worker.stop()


@pytest.fixture
def functions(recorder: Recorder, project: Project) -> None:
    """Events named ``slow`` go to another function than the others."""
    recorder.programs = {id: program(project_id=project.pk, id=id) for id in (SOURCE_ID, SLOW_ID)}
    recorder.target = lambda event: SLOW_ID if event.event == "slow" else SOURCE_ID


def wait_until(holds: Callable[[], bool], timeout: float = 15) -> None:
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def announce() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {inbox.CHANNEL}")


def test_captured_events_are_delivered_at_once(
    start: Callable[..., Worker], functions: None, capture: Capture, receiver: Receiver
) -> None:
    start()
    capture({"properties": {"url": receiver.url, "n": -1}})
    receiver.wait_for(1)
    began = time.monotonic()
    capture(*({"properties": {"url": receiver.url, "n": n}} for n in range(150)))
    announce()
    receiver.wait_for(151)

    assert time.monotonic() - began < 10
    wait_until(lambda: not Invocation.objects.exists())
    wait_until(lambda: not ProcrastinateJob.objects.exists())
    assert Counter(request.json["n"] for request in receiver.requests) == Counter(range(-1, 150))


def test_jobs_of_one_function_follow_each_other_at_once(
    start: Callable[..., Worker],
    functions: None,
    capture: Capture,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They share a lock, and the queue itself would only look for the next one at its next poll."""
    monkeypatch.setattr(jobs, "_POLL_SECONDS", 60)
    for _ in range(10):
        capture({"properties": {"url": receiver.url}})
        ingest_once()
    assert ProcrastinateJob.objects.count() == 10
    start()

    receiver.wait_for(10, timeout=5)


def test_a_slow_destination_delays_no_other_by_more_than_a_second(
    start: Callable[..., Worker], functions: None, capture: Capture, receiver: Receiver
) -> None:
    release = threading.Event()

    def respond(request: Any) -> tuple[int, dict[str, str], bytes]:
        if request.path == "/slow":
            release.wait(20)
        return OK

    receiver.respond = respond
    start(slots=2)
    capture({"event": "slow", "properties": {"url": f"{receiver.url}/slow"}}, copies=250)
    announce()
    receiver.wait_for(delivery.CALLS_AT_ONCE)
    took = []
    for round in range(1, 4):  # a busy machine may delay one of them
        began = time.monotonic()
        capture({"properties": {"url": f"{receiver.url}/fast"}}, copies=20)
        announce()
        receiver.wait_for(delivery.CALLS_AT_ONCE + 20 * round)
        took.append(time.monotonic() - began)
    release.set()

    assert sorted(took)[1] < 1
    received = receiver.requests[: delivery.CALLS_AT_ONCE + 60]
    assert sum(request.path == "/slow" for request in received) == delivery.CALLS_AT_ONCE


def test_a_failed_call_is_made_again_without_anybody_asking(
    start: Callable[..., Worker], functions: None, capture: Capture, receiver: Receiver
) -> None:
    answers = [(503, {}, b""), OK]
    receiver.respond = lambda request: answers.pop(0)
    start()
    capture({"properties": {"url": receiver.url}})
    receiver.wait_for(2)

    wait_until(lambda: not Invocation.objects.exists())


def test_runs_behind_a_failed_call_do_not_wait_for_its_next_attempt(
    start: Callable[..., Worker], functions: None, capture: Capture, receiver: Receiver
) -> None:
    def respond(request: Any) -> tuple[int, dict[str, str], bytes]:
        return (503, {"Retry-After": "600"}, b"") if request.path == "/failing" else OK

    receiver.respond = respond
    start()
    capture({"properties": {"url": f"{receiver.url}/failing"}})
    receiver.wait_for(1)
    wait_until(lambda: not ProcrastinateJob.objects.exists())
    capture({"properties": {"url": f"{receiver.url}/fine"}})
    announce()

    receiver.wait_for(2, timeout=3)


def test_stopping_finishes_the_calls_under_way_and_puts_the_rest_back(
    start: Callable[..., Worker], functions: None, capture: Capture, receiver: Receiver
) -> None:
    def respond_late(request: Any) -> tuple[int, dict[str, str], bytes]:
        time.sleep(0.4)
        return OK

    receiver.respond = respond_late
    threads_before = set(threading.enumerate())
    worker = start()
    capture(*({"properties": {"url": receiver.url, "n": n}} for n in range(60)))
    announce()
    receiver.wait_for(4)
    began = time.monotonic()
    worker.stop()

    assert time.monotonic() - began < 10
    ours = [t for t in set(threading.enumerate()) - threads_before if "receiver" not in t.name and not t.daemon]
    assert [thread for thread in ours if thread.is_alive()] == []
    delivered = len(receiver.requests)
    assert Invocation.objects.count() == 60 - delivered > 0
    assert set(ProcrastinateJob.objects.values_list("status", flat=True)) == {"todo"}

    receiver.respond = lambda request: OK
    start()
    receiver.wait_for(60)
    wait_until(lambda: not Invocation.objects.exists())
    assert Counter(request.json["n"] for request in receiver.requests) == Counter(range(60))


def test_the_worker_goes_on_when_postgresql_comes_back(
    start: Callable[..., Worker], functions: None, capture: Capture, receiver: Receiver
) -> None:
    start()
    capture({"properties": {"url": receiver.url}})
    receiver.wait_for(1)
    wait_until(lambda: not Invocation.objects.exists())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    capture(*({"properties": {"url": receiver.url}} for _ in range(20)))

    receiver.wait_for(21)


def leave_job_of_a_dead_worker(heartbeat_age: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second') RETURNING id",
            [heartbeat_age],
        )
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", cursor.fetchone())


@pytest.mark.parametrize(("alone", "heartbeat_age"), [(True, 0), (False, 3600)])
def test_jobs_of_a_dead_worker_are_put_back(
    start: Callable[..., Worker],
    functions: None,
    capture: Capture,
    receiver: Receiver,
    alone: bool,
    heartbeat_age: int,
) -> None:
    """At once where no other worker can be alive; where one can, when the dead one has been silent for long."""
    capture({"properties": {"url": receiver.url}})
    ingest_once()
    leave_job_of_a_dead_worker(heartbeat_age)
    start(alone=alone)

    receiver.wait_for(1, timeout=6)


def test_jobs_of_a_worker_that_shows_signs_of_life_are_left_to_it(
    start: Callable[..., Worker],
    functions: None,
    capture: Capture,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "_RESCUE_EVERY_SECONDS", 0.1)
    capture({"properties": {"url": receiver.url}})
    ingest_once()
    leave_job_of_a_dead_worker(0)
    start(alone=False)
    time.sleep(1.5)

    assert receiver.requests == []


def test_two_workers_share_the_work_and_repeat_nothing(
    start: Callable[..., Worker], functions: None, capture: Capture, receiver: Receiver
) -> None:
    start(alone=False)
    start(alone=False)
    for batch in range(20):
        urls = [{"properties": {"url": receiver.url, "n": batch * 20 + n}} for n in range(20)]
        capture(*urls)
    announce()
    receiver.wait_for(400)

    wait_until(lambda: not Invocation.objects.exists())
    assert Counter(request.json["n"] for request in receiver.requests) == Counter(range(400))


def test_a_worker_without_its_consumers_does_not_start(settings: Settings) -> None:
    settings.EVENT_CONSUMERS = ["nowhere.Consumer"]
    with pytest.raises(ImportError, match="nowhere"):
        Worker().start()

    assert not [thread for thread in threading.enumerate() if thread.name in ("ingestion", "delivery-queue")]
