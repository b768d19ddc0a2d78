"""The one door to ClickHouse: embedded (chDB) or a server over HTTP, behind the same functions.

``query``, ``command`` and ``insert`` borrow a handle from a pool, because a handle serialises its callers while the
engine does not (spec ENGINES.md (e)). Every statement runs under ``max_execution_time``. Nothing is opened before the
first statement, so commands that do not need ClickHouse neither load the engine nor take its lock.

Errors::

    ClickHouseError             a statement failed; ``code`` is ClickHouse's number when it gave one
    ├── ClickHouseUnavailable   cannot be reached, or cannot serve now: try again later (HTTP 503)
    └── QueryTimeout            the statement ran longer than it may
"""

from __future__ import annotations

import atexit
import fcntl
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
    from clickhouse_connect.driver.exceptions import Error

MAX_EXECUTION_SECONDS = 30
_NETWORK_MARGIN_SECONDS = 10
_SESSION_SETTINGS: dict[str, Any] = {
    "max_execution_time": MAX_EXECUTION_SECONDS,
    # chDB would take the zone of the process, and answers would depend on the machine.
    "session_timezone": "UTC",
}
_TIMEOUT_CODES = frozenset({159, 160})
# The server is there but cannot serve now: overload, memory, disk, read-only replica, keeper, lost connections.
_BUSY_CODES = frozenset({202, 203, 209, 210, 225, 236, 241, 242, 243, 252, 254, 279, 285, 286, 287, 305, 319, 394, 425})
_BUSY_CODES |= {439, 473, 516, 574, 999}


class ClickHouseError(Exception):
    """A statement failed. ``code`` is ClickHouse's error number, or None when it gave none."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class ClickHouseUnavailable(ClickHouseError):
    """ClickHouse cannot be reached or cannot serve now. Try again later: reads are safe to repeat; whether an insert
    took effect is unknown, so repeat it with the same deduplication token."""


class QueryTimeout(ClickHouseError):
    """The statement ran into ``max_execution_time``."""


def query(
    sql: str, parameters: Mapping[str, Any] | None = None, *, settings: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """Run a SELECT and return its rows; times come back as aware datetimes in UTC.

    ``parameters`` fill ``{name:Type}`` places. ``settings`` are ClickHouse settings of this statement only.
    Raises ``ClickHouseError``.
    """
    with _pool().handle() as handle:
        result = handle.query(sql, parameters=dict(parameters or {}), settings=dict(settings or {}))
        return [tuple(row) for row in result.result_rows]


def command(sql: str, *, settings: Mapping[str, Any] | None = None) -> None:
    """Run a statement that returns nothing (DDL, TRUNCATE, SYSTEM). Raises ``ClickHouseError``."""
    with _pool().handle() as handle:
        handle.command(sql, settings=dict(settings or {}))


def insert(table: str, rows: bytes, *, settings: Mapping[str, Any] | None = None) -> None:
    """Insert ``rows``, one JSON object a line (``JSONEachRow``). Raises ``ClickHouseError``."""
    with _pool().handle() as handle:
        handle.raw_insert(table, insert_block=rows, fmt="JSONEachRow", settings=dict(settings or {}))


def check() -> None:
    """Raise ``ClickHouseError`` unless ClickHouse answers now."""
    query("SELECT 1", settings={"max_execution_time": 2})


def ping() -> bool:
    """Tell whether ClickHouse answers now."""
    try:
        check()
    except ClickHouseError:
        return False
    return True


def close() -> None:
    """Close every handle of this process, waiting for statements that run. The next statement opens again."""
    with _pools_lock:
        pools = list(_pools.values())
        _pools.clear()
    for pool in pools:
        pool.close()


@dataclass(frozen=True)
class _Target:
    """Where ClickHouse is: a server's URL, or the folder of the embedded engine."""

    url: str | None
    path: Path
    size: int
    pid: int


class _Pool:
    """Handles of one target, opened on demand up to its size, the most recently used first."""

    def __init__(self, target: _Target) -> None:
        self._target = target
        self._free: list[Client] = []
        self._lent = 0
        self._closed = False
        self._changed = threading.Condition()

    @contextmanager
    def handle(self) -> Iterator[Client]:
        """Lend a handle to one thread; driver errors leave as ``ClickHouseError``."""
        handle = self._take()
        from clickhouse_connect.driver.exceptions import Error

        try:
            yield handle
        except Error as error:
            raise _translated(error) from error
        finally:
            self._give_back(handle)

    def close(self) -> None:
        """Close all handles once they are back. Callers that wait for one are turned away."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._lent == 0, MAX_EXECUTION_SECONDS + _NETWORK_MARGIN_SECONDS)
            handles, self._free = self._free, []
        for handle in handles:
            handle.close()

    def _take(self) -> Client:
        with self._changed:
            ready = self._changed.wait_for(
                lambda: self._closed or self._free or self._lent < self._target.size, MAX_EXECUTION_SECONDS
            )
            if self._closed or not ready:
                reason = "is shutting down" if self._closed else "has no free handle: every one is busy"
                raise ClickHouseUnavailable(f"ClickHouse {reason}.")
            self._lent += 1
            if self._free:
                return self._free.pop()
        try:
            return _open(self._target)
        except BaseException:
            self._count_back()
            raise

    def _give_back(self, handle: Client) -> None:
        with self._changed:
            self._free.append(handle)
        self._count_back()

    def _count_back(self) -> None:
        with self._changed:
            self._lent -= 1
            self._changed.notify_all()


_pools: dict[_Target, _Pool] = {}
_pools_lock = threading.Lock()
_exiting = False
_embedded_pid: int | None = None


def _pool() -> _Pool:
    target = _Target(
        url=django_settings.CLICKHOUSE_URL,
        path=Path(django_settings.CLICKHOUSE_PATH),
        size=django_settings.HTTP_THREADS + django_settings.WORKER_THREADS + 4,
        pid=os.getpid(),
    )
    with _pools_lock:
        if _exiting:
            raise ClickHouseUnavailable("ClickHouse is closed: the process is ending.")
        if target not in _pools:
            if not _pools:
                # A daemon thread that queries while the interpreter ends would crash it (spec ENGINES.md (e)).
                atexit.unregister(_close_for_good)
                atexit.register(_close_for_good)
            _pools[target] = _Pool(target)
        return _pools[target]


def _close_for_good() -> None:
    global _exiting
    with _pools_lock:
        _exiting = True
    close()


def _open(target: _Target) -> Client:
    import clickhouse_connect
    from clickhouse_connect.driver.exceptions import Error

    try:
        if target.url is None:
            return _open_embedded(target.path)
        return clickhouse_connect.get_client(
            dsn=target.url,
            interface=urlsplit(target.url).scheme,
            # Sessions would tie a handle to one replica; the pool already gives a handle to one thread at a time.
            autogenerate_session_id=False,
            connect_timeout=5,
            send_receive_timeout=MAX_EXECUTION_SECONDS + _NETWORK_MARGIN_SECONDS,
            settings=_SESSION_SETTINGS,
            tz_mode="aware",
        )
    except Error as error:
        raise _translated(error) from error


def _open_embedded(path: Path) -> Client:
    global _embedded_pid
    if _embedded_pid not in (None, os.getpid()):
        raise ClickHouseUnavailable(
            "The embedded ClickHouse was opened before this process forked: use CLICKHOUSE_URL."
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ClickHouseUnavailable(f"The ClickHouse folder {path} cannot be made: {error.strerror}.") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ClickHouseUnavailable(f"The ClickHouse folder {path} is not writable.")
    if _embedded_pid is None:
        _refuse_locked_folder(path)
    import clickhouse_connect

    handle = clickhouse_connect.get_client(
        interface="chdb", path=str(path), settings=_SESSION_SETTINGS, tz_mode="aware"
    )
    if _embedded_pid is None:
        _embedded_pid = os.getpid()
        # chDB has an exit handler of its own, and handlers run last in, first out: ours has to be the later one.
        atexit.unregister(_close_for_good)
        atexit.register(_close_for_good)
    return handle


def _refuse_locked_folder(path: Path) -> None:
    """Raise when another process has the folder: the engine itself only says that it could not start.

    ClickHouse keeps an exclusive ``flock`` on the file ``status``, whose first line is ``PID: <number>``.
    """
    try:
        status = (path / "status").open()
    except OSError:
        return
    with status:
        try:
            fcntl.flock(status, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            owner = status.readline().strip().removeprefix("PID: ") or "unknown"
            raise ClickHouseUnavailable(
                f"The ClickHouse folder {path} is in use by another process (pid {owner}): stop it, or set "
                "CLICKHOUSE_URL to share a ClickHouse server."
            ) from None


def _translated(error: Error) -> ClickHouseError:
    from clickhouse_connect.driver.exceptions import DataError, NotSupportedError, ProgrammingError

    message, code = str(error), error.code
    if code in _TIMEOUT_CODES:
        return QueryTimeout(message, code=code)
    ours = isinstance(error, ProgrammingError | NotSupportedError | DataError) and "chdb engine" not in message
    if code in _BUSY_CODES or (code is None and not ours):
        return ClickHouseUnavailable(message, code=code)
    return ClickHouseError(message, code=code)
