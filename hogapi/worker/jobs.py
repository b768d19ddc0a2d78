"""The job queue (procrastinate, on PostgreSQL): which jobs there are, and the worker that runs them.

A delivery job stands for at most ``RUNS_PER_JOB`` runs of one function. Jobs of one function share a lock, so that they
run one after the other, in order, and a slow destination holds one slot at a time whatever its backlog.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition, Job
from psycopg_pool import AsyncConnectionPool

from hogapi.runtime.models import Invocation

log = structlog.get_logger(__name__)

QUEUE = "deliveries"
DELIVER = "hogapi.deliver"
RUNS_PER_JOB = 100

HEARTBEAT_SECONDS = 2.0
STALLED_AFTER_SECONDS = 10.0
_RESCUE_EVERY_SECONDS = 2.0
# Jobs announce themselves by NOTIFY; polling finds those that were put back, scheduled, or missed.
_POLL_SECONDS = 0.25
# The queue does not announce that a lock has become free, and so the next job of a function would wait for a poll.
# This is the announcement of its own trigger, sent when the job that held the lock has been taken off.
_ANNOUNCE_FREE_LOCK = (
    f"""SELECT pg_notify('procrastinate_queue_v1#{QUEUE}', '{{"type": "job_inserted", "job_id": 0}}')"""
)
_TAKEN_OFF_SECONDS = 0.01
_CONNECTIONS = 4
_CONNECT_SECONDS = 10.0


def defer_deliveries(runs: Iterable[Invocation]) -> int:
    """Queue jobs that carry out saved ``runs``, in the caller's transaction; return the number of jobs."""
    return defer_runs((run.source, run.source_id, run.id) for run in runs)


def defer_runs(runs: Iterable[tuple[str, UUID, UUID]]) -> int:
    """As ``defer_deliveries``, for (source, source id, invocation id)."""
    jobs: list[Job] = []
    ordered = sorted(runs, key=lambda run: (run[0], run[1]))
    for (source, source_id), group in groupby(ordered, key=lambda run: (run[0], run[1])):
        ids = [str(run_id) for _, _, run_id in group]
        jobs += [_delivery_job(source, source_id, ids[i : i + RUNS_PER_JOB]) for i in range(0, len(ids), RUNS_PER_JOB)]
    if jobs:
        app.job_manager.batch_defer_jobs(jobs)
    return len(jobs)


def _delivery_job(source: str, source_id: UUID, ids: Sequence[str]) -> Job:
    deferrer = app.configure_task(DELIVER, lock=f"{source}:{source_id}", queue=QUEUE)
    return deferrer.make_new_job(source=source, source_id=str(source_id), invocation_ids=list(ids))


async def work(*, slots: int, context: dict[str, Any], put_back_all: bool) -> None:
    """Run delivery jobs, ``slots`` at a time, until cancelled; then wait for those that run.

    ``context`` reaches tasks as ``JobContext.additional_context``. Jobs of workers that died are put back: after
    ``STALLED_AFTER_SECONDS`` without a sign of life, or at once if ``put_back_all`` says that no other worker can be
    alive.
    """
    # It would log every job with the ids of all its runs; ours says what matters, `deliver` reports failures.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(slots, thread_name_prefix="delivery"))
    # A connector of its own: the app's belongs to the transactions of whoever defers jobs.
    queue_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    # A pool of its own: one that procrastinate opens is left half open when it is cancelled meanwhile.
    pool = AsyncConnectionPool(
        kwargs=connector_params(),
        min_size=1,
        max_size=_CONNECTIONS,
        open=False,
        check=AsyncConnectionPool.check_connection,
    )
    try:
        await pool.open(wait=True, timeout=_CONNECT_SECONDS)
        async with queue_app.open_async(pool):
            if put_back_all:
                await _put_back(queue_app, silent_for=0)
            await _work(queue_app, slots, context)
    finally:
        await pool.close()


async def _work(queue_app: App, slots: int, context: dict[str, Any]) -> None:
    rescue = asyncio.create_task(_rescue(queue_app))
    announcements: set[asyncio.Task[None]] = set()

    async def announce_free_lock(call_next: Callable[[], Awaitable[Any]], context: Any, worker: Any) -> Any:
        try:
            return await call_next()
        finally:
            announcement = asyncio.create_task(_announce_free_lock(queue_app))
            announcements.add(announcement)
            announcement.add_done_callback(announcements.discard)

    try:
        await queue_app.run_worker_async(
            queues=[QUEUE],
            concurrency=slots,
            install_signal_handlers=False,
            delete_jobs=DeleteJobCondition.ALWAYS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_AFTER_SECONDS,
            fetch_job_polling_interval=_POLL_SECONDS,
            additional_context=context,
            worker_middleware=[announce_free_lock],
        )
    finally:
        rescue.cancel()
        await asyncio.gather(*announcements, return_exceptions=True)


async def _announce_free_lock(queue_app: App) -> None:
    await asyncio.sleep(_TAKEN_OFF_SECONDS)
    with contextlib.suppress(ConnectorException):  # PostgreSQL is away; the poll after its return finds the jobs
        await queue_app.connector.execute_query_async(_ANNOUNCE_FREE_LOCK)


async def _rescue(queue_app: App) -> None:
    while True:
        await asyncio.sleep(_RESCUE_EVERY_SECONDS)
        try:
            await _put_back(queue_app, silent_for=STALLED_AFTER_SECONDS)
        except Exception as error:  # PostgreSQL is away: the next round tries again
            log.warning("rescue_failed", error=repr(error))


async def _put_back(queue_app: App, *, silent_for: float) -> None:
    for job in await queue_app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=silent_for):
        log.warning("job_put_back", job=job.id, source=job.task_kwargs.get("source_id"))
        await queue_app.job_manager.retry_job(job)
