"""Carrying out runs: the job of one destination, its calls side by side, its results in chunks.

A run's row exists until its result is committed, so a killed worker repeats at most what it had not committed yet:
every run is carried out at least once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog
from django.db import transaction
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from hogapi.runtime import invocation
from hogapi.runtime.invocation import InvocationResult, Outcome
from hogapi.runtime.models import Invocation, InvocationStatus
from hogapi.runtime.programs import FunctionProgram
from hogapi.runtime.runlog import LogEntry
from hogapi.telemetry import logs, metrics
from hogapi.telemetry.logs import LogLine
from hogapi.telemetry.metrics import Metric
from hogapi.worker import consumers, counters, jobs

log = structlog.get_logger(__name__)

STOPPING = "stopping"
"""Key of the job context that holds the ``threading.Event`` which says that the worker is to end."""

CALLS_AT_ONCE = 8
# After so long a job gives its slot to another destination and queues what is left behind the others.
SLOT_SECONDS = 2.0
COMMIT_RUNS = 25
COMMIT_SECONDS = 0.25
_RETRY_JOB_SECONDS = 2


class RetryForEver(BaseRetryStrategy):
    """Jobs only fail when PostgreSQL does, or for a mistake of ours: their runs stay, and are tried again."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        return RetryDecision(retry_in={"seconds": _RETRY_JOB_SECONDS * min(job.attempts + 1, 30)})


@dataclass(frozen=True, slots=True)
class _Done:
    run: Invocation
    result: InvocationResult


@app.task(name=jobs.DELIVER, queue=jobs.QUEUE, pass_context=True, retry=RetryForEver())
def deliver(context: JobContext, source: str, source_id: str, invocation_ids: Sequence[str]) -> None:
    """Carry out these runs of one function (procrastinate task)."""
    stopping = context.additional_context.get(STOPPING) or threading.Event()
    try:
        with counters.DELIVERY_SECONDS.time():
            carry_out(source, UUID(source_id), [UUID(value) for value in invocation_ids], stopping=stopping)
    except Exception:
        log.exception("delivery_job_failed", source=source, source_id=source_id)
        raise


def carry_out(source: str, source_id: UUID, ids: Sequence[UUID], *, stopping: threading.Event) -> None:
    """Carry out the runs with these ids that still exist; queue another job for those that it had no time for.

    Raises what PostgreSQL raises; whatever a program or its destination does becomes logs and metrics.
    """
    consumer = consumers.of_source(source)
    program = consumer.program(source_id) if consumer is not None else None
    if program is None:
        dropped, _ = Invocation.objects.filter(id__in=ids).delete()
        counters.DELIVERIES.labels(source=source, outcome="dropped").inc(dropped)
        return
    found = Invocation.objects.filter(id__in=ids, status=InvocationStatus.RUNNING).in_bulk()
    runs = [found[run_id] for run_id in ids if run_id in found]
    left = _carry_out_in_time(program, runs, stopping)
    if left:
        jobs.defer_deliveries(left)


def _carry_out_in_time(
    program: FunctionProgram, runs: Sequence[Invocation], stopping: threading.Event
) -> Sequence[Invocation]:
    """Carry out runs until the slot's time is over; commit as they finish. Returns those that were not started."""
    ends = time.monotonic() + SLOT_SECONDS
    position = 0
    pending: set[Future[_Done]] = set()
    finished: list[_Done] = []
    committed_at = time.monotonic()
    with ThreadPoolExecutor(min(CALLS_AT_ONCE, len(runs) or 1), thread_name_prefix="call") as pool:
        while pending or position < len(runs):
            in_time = time.monotonic() < ends and not stopping.is_set()
            if not in_time and not pending:
                break
            while in_time and position < len(runs) and len(pending) < CALLS_AT_ONCE:
                pending.add(pool.submit(_carry_out_one, program, runs[position]))
                position += 1
            done, pending = wait(pending, timeout=COMMIT_SECONDS, return_when=FIRST_COMPLETED)
            finished += [future.result() for future in done]
            if len(finished) >= COMMIT_RUNS or time.monotonic() - committed_at > COMMIT_SECONDS:
                _commit(program, finished)
                finished, committed_at = [], time.monotonic()
        _commit(program, finished)
    return runs[position:]


def _carry_out_one(program: FunctionProgram, run: Invocation) -> _Done:
    try:
        result = invocation.run(
            program,
            run.event,
            conduct=invocation.Conduct.DELIVERED,
            mapping=run.mapping,
            state=run.state,
            attempt=run.attempt,
        )
    except Exception as error:  # a mistake of ours in one run must not stop the destination's others
        log.exception("run_crashed", run=str(run.id), source=run.source, source_id=str(run.source_id))
        result = _crashed(error)
    return _Done(run, result)


def _crashed(error: Exception) -> InvocationResult:
    text = f"Error executing function: internal error ({type(error).__name__})"
    return InvocationResult(
        Outcome.FAILED,
        errors=[text],
        logs=[LogEntry("error", datetime.now(UTC), text)],
        metrics=[invocation.Count("failure", "failed")],
    )


@transaction.atomic
def _commit(program: FunctionProgram, finished: Sequence[_Done]) -> None:
    """Record results, and with them remove the runs that have ended and put the others back until their time."""
    if not finished:
        return
    now = datetime.now(UTC)
    logs.record([line for done in finished for line in _lines(program, done)])
    metrics.record([metric for done in finished for metric in _metrics(program, done, now)])
    waiting = [done for done in finished if done.result.outcome is Outcome.WAITING]
    for done in waiting:
        done.run.state, done.run.attempt = done.result.state, done.result.attempt
        done.run.scheduled_at = done.result.resume_at or now
        done.run.status = InvocationStatus.QUEUED
    Invocation.objects.bulk_update([done.run for done in waiting], ["state", "attempt", "scheduled_at", "status"])
    ended = [done.run.id for done in finished if done.result.outcome is not Outcome.WAITING]
    Invocation.objects.filter(id__in=ended).delete()
    for done in finished:
        counters.DELIVERIES.labels(source=done.run.source, outcome=done.result.outcome.value).inc()


def _lines(program: FunctionProgram, done: _Done) -> Iterator[LogLine]:
    for entry in done.result.logs:
        yield LogLine(
            team_id=program.project_id,
            log_source=done.run.source,
            log_source_id=str(done.run.source_id),
            instance_id=str(done.run.id),
            timestamp=entry.timestamp,
            level=entry.level,
            message=entry.message,
        )


def _metrics(program: FunctionProgram, done: _Done, now: datetime) -> Iterator[Metric]:
    for count in done.result.metrics:
        yield Metric(
            team_id=program.project_id,
            app_source=done.run.source,
            app_source_id=str(done.run.source_id),
            metric_kind=count.kind,
            metric_name=count.name,
            timestamp=now,
            count=count.count,
        )
