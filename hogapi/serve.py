"""``make serve``: engines, first run, HTTP and worker on one machine, and their clean end.

Two processes share the work, because granian's HTTP server runs in a process that it spawns. The first, here in
``run``, claims the data folder, migrates PostgreSQL, makes the first credentials and supervises. The second,
``load_application``, opens ClickHouse (chDB allows one process), runs the worker's threads and answers requests. If
either dies, so does the other.
"""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import connection, parent_process, set_start_method, util
from pathlib import Path
from typing import IO, Any, NoReturn

import urllib3
from django.conf import settings

from hogapi.first_run import FirstRun, ensure_first_run, welcome
from hogapi.settings import ENVIRONMENT

_READY_WITHIN_SECONDS = 60
_STOP_WITHIN_SECONDS = 20


def run(*, with_worker: bool = True) -> None:
    """Serve until SIGINT or SIGTERM. Exits with status 1 and one sentence when it cannot start."""
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels
    from granian.server.mp import MPServer

    started = time.monotonic()
    lock = _claim_data_folder()
    _require_free_port(ENVIRONMENT.hogapi_host, ENVIRONMENT.hogapi_port)
    _require_servers_for_many_processes()
    first_run = _prepare_database()
    set_start_method("spawn", force=True)  # a forked child of an open engine hangs (spec ENGINES.md, fork)
    server = MPServer(
        "hogapi.wsgi:application",
        address=ENVIRONMENT.hogapi_host,
        port=ENVIRONMENT.hogapi_port,
        interface=Interfaces.WSGI,
        loop=Loops.asyncio,
        workers=ENVIRONMENT.hogapi_http_processes,
        blocking_threads=settings.HTTP_THREADS,
        workers_kill_timeout=_STOP_WITHIN_SECONDS,
        log_level=LogLevels.critical,
    )
    threading.Thread(target=_announce_when_ready, args=(first_run, started), daemon=True).start()
    server.serve(target_loader=partial(load_application, with_worker), wrap_loader=False)
    lock.close()


def load_application(with_worker: bool) -> Callable[..., Any]:
    """The WSGI application, made in the HTTP process after the engines and the worker's threads have started."""
    os.setpgrp()  # Ctrl-C in a terminal reaches the supervisor only, which stops this process in order
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hogapi.settings")
    threading.Thread(target=_die_with_supervisor, name="supervisor-watch", daemon=True).start()

    from hogapi.wsgi import application

    _prepare_clickhouse()
    if with_worker:
        from hogapi.worker.service import Worker

        worker = Worker()
        worker.start()
        util.Finalize(None, worker.stop, exitpriority=20)
    from hogapi.telemetry import client

    util.Finalize(None, client.close, exitpriority=10)
    return application


def _prepare_database() -> FirstRun:
    from django.core.management import call_command
    from django.db import Error, connection

    from hogapi.embedded.postgres import EmbeddedPostgresError

    try:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("sync_templates", verbosity=0)
        return ensure_first_run()
    except EmbeddedPostgresError as error:
        _refuse(str(error))
    except Error as error:
        _refuse(f"PostgreSQL cannot be used: {str(error).strip().splitlines()[0]}.")
    finally:
        connection.close()


def _prepare_clickhouse() -> None:
    from hogapi.telemetry import client, migrations

    try:
        migrations.migrate()
    except client.ClickHouseUnavailable as error:
        _refuse(f"ClickHouse cannot be used: {error}")


def _claim_data_folder() -> IO[str]:
    folder: Path = settings.DATA_DIR
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "serve.lock").open("a")
    except OSError as error:
        _refuse(f"The data folder {folder} cannot be written to: {error.strerror}.")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if settings.EMBEDDED_POSTGRES or settings.EMBEDDED_CLICKHOUSE:
            _refuse(f"The data folder {folder} is in use by another hogapi process.")
    return lock


def _require_free_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            _refuse(f"Port {port} on {host} cannot be used: {error.strerror}. Set HOGAPI_PORT to another one.")


def _require_servers_for_many_processes() -> None:
    if ENVIRONMENT.hogapi_http_processes > 1 and settings.EMBEDDED_CLICKHOUSE:
        _refuse("HOGAPI_HTTP_PROCESSES above 1 needs CLICKHOUSE_URL: the embedded ClickHouse serves one process.")


def _refuse(sentence: str) -> NoReturn:
    sys.exit(sentence)


def _die_with_supervisor() -> None:
    supervisor = parent_process()
    if supervisor is not None:
        connection.wait([supervisor.sentinel])
        os.kill(os.getpid(), signal.SIGKILL)


def _announce_when_ready(first_run: FirstRun, started: float) -> None:
    host = ENVIRONMENT.hogapi_host
    with contextlib.suppress(ValueError):  # a name is reachable as it stands
        if ipaddress.ip_address(host).is_unspecified:
            host = "localhost"
    base_url = f"http://{f'[{host}]' if ':' in host else host}:{ENVIRONMENT.hogapi_port}"
    while time.monotonic() - started < _READY_WITHIN_SECONDS:
        try:
            if urllib3.request("GET", f"{base_url}/_readyz", timeout=2, retries=False).status == 200:
                break
        except urllib3.exceptions.HTTPError:
            pass
        time.sleep(0.05)
    else:
        return
    print(welcome(base_url, first_run, time.monotonic() - started), flush=True)
