"""What becomes of a run: its call, its logs and counts, its next attempt; and of the job that carries it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from hogapi.accounts.models import Project
from hogapi.runtime import fetch, invocation
from hogapi.runtime.models import Invocation, InvocationStatus
from hogapi.telemetry import client, writer
from hogapi.worker import delivery, timers
from hogapi.worker.ingestion import ingest_once
from tests.conftest import Receiver
from tests.worker.conftest import Capture
from tests.worker.doubles import SOURCE_ID, Recorder, program

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loopback")]

Queue = Callable[..., list[Invocation]]


@pytest.fixture
def queue(recorder: Recorder, capture: Capture, receiver: Receiver, project: Project) -> Queue:
    """``queue(3)``: three runs of a function that calls the receiver, ready to be carried out."""

    def fill(count: int = 1) -> list[Invocation]:
        recorder.programs[SOURCE_ID] = program(project_id=project.pk)
        capture(*({"properties": {"url": receiver.url, "n": n}} for n in range(count)))
        ingest_once()
        return list(Invocation.objects.order_by("created_at", "id"))

    return fill


def carry_out(runs: list[Invocation], stopping: threading.Event | None = None) -> None:
    ids = [run.id for run in runs]
    delivery.carry_out("recorder", SOURCE_ID, ids, stopping=stopping or threading.Event())


def counts() -> dict[tuple[str, str], int]:
    writer.flush()
    rows = client.query(
        "SELECT metric_kind, metric_name, toInt64(sum(count)) FROM app_metrics2 GROUP BY metric_kind, metric_name"
    )
    return {(kind, name): count for kind, name, count in rows}


def logged() -> list[tuple[str, str, str]]:
    """(run, level, message) of every line."""
    writer.flush()
    return list(client.query("SELECT instance_id, upper(level), message FROM log_entries ORDER BY timestamp"))


def answer(*answers: tuple[int, dict[str, str]]) -> Callable[[Any], tuple[int, dict[str, str], bytes]]:
    """Answer with these statuses and headers in turn, then with 200."""
    left = list(answers)

    def respond(request: Any) -> tuple[int, dict[str, str], bytes]:
        status, headers = left.pop(0) if left else (200, {})
        return status, headers, b"{}"

    return respond


def test_runs_are_carried_out_counted_logged_and_removed(clickhouse: None, queue: Queue, receiver: Receiver) -> None:
    runs = queue(40)
    carry_out(runs)

    assert sorted(request.json["n"] for request in receiver.requests) == list(range(40))
    assert not Invocation.objects.exists()
    assert counts() == {("other", "fetch"): 40, ("success", "succeeded"): 40}
    lines = logged()
    assert {run for run, _, _ in lines} == {str(run.id) for run in runs}
    assert all(message.startswith("Function completed in ") for _, _, message in lines)


def test_a_job_that_is_repeated_repeats_no_finished_run(queue: Queue, receiver: Receiver) -> None:
    runs = queue(3)
    carry_out(runs)
    carry_out(runs)

    assert len(receiver.requests) == 3


def test_a_call_that_fails_for_now_waits_in_its_row_and_is_made_again(
    clickhouse: None, queue: Queue, receiver: Receiver
) -> None:
    receiver.respond = answer((503, {}))
    (run,) = queue()
    carry_out([run])

    run.refresh_from_db()
    assert (run.status, run.attempt) == (InvocationStatus.QUEUED, 1)
    assert datetime.now(UTC) < run.scheduled_at < datetime.now(UTC) + timedelta(seconds=5)
    assert timers.release_due() == 0

    Invocation.objects.update(scheduled_at=datetime.now(UTC))
    assert timers.release_due() == 1
    assert ProcrastinateJob.objects.order_by("-id")[0].args["invocation_ids"] == [str(run.id)]
    carry_out([run])

    assert len(receiver.requests) == 2
    assert not Invocation.objects.exists()
    assert counts() == {("other", "fetch"): 2, ("success", "succeeded"): 1}
    assert [level for _, level, _ in logged()] == ["ERROR", "DEBUG"]


def test_the_receivers_retry_after_is_honoured(queue: Queue, receiver: Receiver) -> None:
    receiver.respond = answer((429, {"Retry-After": "120"}))
    (run,) = queue()
    carry_out([run])

    run.refresh_from_db()
    assert (run.scheduled_at - datetime.now(UTC)).total_seconds() == pytest.approx(120, abs=5)


def test_a_run_is_given_up_after_its_last_attempt(clickhouse: None, queue: Queue, receiver: Receiver) -> None:
    receiver.respond = lambda request: (500, {}, b"")
    (run,) = queue()
    for _ in range(fetch.MAX_ATTEMPTS):
        Invocation.objects.update(status=InvocationStatus.RUNNING)
        carry_out([run])

    assert len(receiver.requests) == fetch.MAX_ATTEMPTS
    assert not Invocation.objects.exists()


def test_a_refused_call_is_not_repeated(clickhouse: None, queue: Queue, receiver: Receiver) -> None:
    receiver.respond = lambda request: (400, {}, b"")
    carry_out(queue())

    assert len(receiver.requests) == 1
    assert not Invocation.objects.exists()


def test_runs_of_a_function_that_is_gone_are_dropped(queue: Queue, recorder: Recorder, receiver: Receiver) -> None:
    runs = queue(2)
    recorder.programs.clear()
    carry_out(runs)

    assert not Invocation.objects.exists()
    assert receiver.requests == []


def test_a_mistake_of_ours_fails_one_run_and_no_other(
    clickhouse: None, queue: Queue, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_run = invocation.run

    def run_with_a_mistake(program: Any, globals: Any, **rest: Any) -> Any:
        if globals["event"]["properties"]["n"] == 1:
            raise ZeroDivisionError
        return real_run(program, globals, **rest)

    monkeypatch.setattr(invocation, "run", run_with_a_mistake)
    runs = queue(3)
    carry_out(runs)

    assert sorted(request.json["n"] for request in receiver.requests) == [0, 2]
    assert not Invocation.objects.exists()
    assert counts() == {("failure", "failed"): 1, ("other", "fetch"): 2, ("success", "succeeded"): 2}
    guilty = next(str(run.id) for run in runs if run.event["event"]["properties"]["n"] == 1)
    assert [level for run, level, _ in logged() if run == guilty] == ["ERROR"]


def test_a_job_gives_its_slot_up_in_time_and_queues_the_rest(
    queue: Queue, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SLOT_SECONDS", 0.3)
    release = threading.Event()

    def respond_late(request: Any) -> tuple[int, dict[str, str], bytes]:
        release.wait(0.5)
        return 200, {}, b""

    receiver.respond = respond_late
    runs = queue(20)
    first_job = ProcrastinateJob.objects.get()
    carry_out(runs)

    left = {str(run.id) for run in Invocation.objects.filter(status=InvocationStatus.RUNNING)}
    assert len(receiver.requests) == delivery.CALLS_AT_ONCE
    assert len(left) == 20 - delivery.CALLS_AT_ONCE
    (next_job,) = ProcrastinateJob.objects.exclude(id=first_job.id)
    assert set(next_job.args["invocation_ids"]) == left
    assert next_job.lock == first_job.lock


def test_a_worker_that_ends_starts_nothing_and_puts_its_runs_back(queue: Queue, receiver: Receiver) -> None:
    stopping = threading.Event()
    stopping.set()
    runs = queue(5)
    first_job = ProcrastinateJob.objects.get()
    carry_out(runs, stopping)

    assert receiver.requests == []
    (next_job,) = ProcrastinateJob.objects.exclude(id=first_job.id)
    assert len(next_job.args["invocation_ids"]) == 5
