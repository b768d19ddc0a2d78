"""The worker: threads that ingest, deliver, wake what waits, and flush to ClickHouse; started and stopped as one."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial

import psycopg
import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from procrastinate.contrib.django.utils import connector_params

from hogapi.capture import inbox
from hogapi.telemetry.writer import Flusher
from hogapi.worker import consumers, delivery, ingestion, jobs, timers

log = structlog.get_logger(__name__)

# The inbox announces itself by NOTIFY; looking on our own finds what was missed.
INBOX_POLL_SECONDS = 0.5
TIMERS_POLL_SECONDS = 0.25
_LONGEST_BACKOFF_SECONDS = 10.0
_QUEUE_RESTART_SECONDS = 1.0


class Worker:
    """Everything that a worker process does, in threads of this process.

    ``slots`` is the number of destinations served at once (default: ``settings.WORKER_THREADS``). ``alone`` says that
    no other worker can be alive on this database, so that jobs which a dead one left are put back at once; by default
    it follows from the embedded ClickHouse, which admits a single process.
    """

    def __init__(self, *, slots: int | None = None, alone: bool | None = None) -> None:
        stopping = threading.Event()
        listener = _InboxListener()
        self._stopping = stopping
        self._queue = _QueueThread(
            slots=slots or settings.WORKER_THREADS,
            alone=settings.EMBEDDED_CLICKHOUSE if alone is None else alone,
            stopping=stopping,
        )
        self._threads = [
            _Repeated("ingestion", partial(_ingest, listener), stopping, listener.close),
            _Repeated("timers", partial(_release_due, stopping), stopping),
            threading.Thread(name="telemetry-flusher", target=Flusher(stopping).run),
            self._queue,
        ]

    def start(self) -> None:
        """Start the threads. A worker is started once.

        Raises ImportError when a consumer that the settings name cannot be had: no event could be ingested.
        """
        consumers.active()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take nothing new, wait for the calls under way, put the rest back, and end the threads."""
        self._stopping.set()
        self._queue.cancel()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()


def _ingest(listener: _InboxListener) -> None:
    if not ingestion.ingest_once():
        listener.wait()


def _release_due(stopping: threading.Event) -> None:
    if not timers.release_due():
        stopping.wait(TIMERS_POLL_SECONDS)


class _Repeated(threading.Thread):
    """Does ``step`` again and again until ``stopping`` is set; a failure is logged and followed by a pause.

    ``clean_up`` gives back what the step holds, after a failure and at the end.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], object],
        stopping: threading.Event,
        clean_up: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(name=name)
        self._step = step
        self._stopping = stopping
        self._clean_up = clean_up

    def run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                self._step()
                failures = 0
            except Exception as error:  # the worker goes on, and works again when the cause is gone
                failures += 1
                outage = isinstance(error, OperationalError | InterfaceError | psycopg.OperationalError)
                log.warning("worker_step_failed", step=self.name, error=str(error), exc_info=not outage)
                self._release()
                self._stopping.wait(min(_LONGEST_BACKOFF_SECONDS, 0.25 * 2.0 ** min(failures, 10)))
        self._release()

    def _release(self) -> None:
        self._clean_up()
        connection.close()


class _InboxListener:
    """Waits for the next request to be captured, by any process."""

    def __init__(self) -> None:
        self._connection: psycopg.Connection | None = None

    def wait(self) -> None:
        """Return when something was captured, or after ``INBOX_POLL_SECONDS``."""
        if self._connection is None:
            self._connection = psycopg.connect(**connector_params(), autocommit=True)
            self._connection.execute(f"LISTEN {inbox.CHANNEL}")
            return  # something may have been captured before we listened
        for _ in self._connection.notifies(timeout=INBOX_POLL_SECONDS, stop_after=1):
            pass

    def close(self) -> None:
        """Stop listening."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _QueueThread(threading.Thread):
    """The delivery queue in an event loop of its own; begun anew when it ends early, as when PostgreSQL goes away."""

    def __init__(self, *, slots: int, alone: bool, stopping: threading.Event) -> None:
        super().__init__(name="delivery-queue")
        self._slots = slots
        self._alone = alone
        self._stopping = stopping
        self._task: asyncio.Task[None] | None = None

    def run(self) -> None:
        with asyncio.Runner() as runner:
            while not self._stopping.is_set():
                try:
                    runner.run(self._work())
                except asyncio.CancelledError:
                    break
                except Exception as error:
                    log.warning("worker_step_failed", step=self.name, error=str(error))
                self._stopping.wait(_QUEUE_RESTART_SECONDS)
        connection.close()

    async def _work(self) -> None:
        self._task = asyncio.current_task()
        if not self._stopping.is_set():
            await jobs.work(slots=self._slots, context={delivery.STOPPING: self._stopping}, put_back_all=self._alone)

    def cancel(self) -> None:
        """End the queue, from another thread; the jobs that run are waited for. ``stopping`` is set before."""
        if self._task is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
                self._task.get_loop().call_soon_threadsafe(self._task.cancel)
