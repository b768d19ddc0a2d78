"""``make serve``: engines, first run, HTTP and worker on one machine, and their clean end.

Granian's HTTP server runs in a process that it spawns, so there are two. This one is small: it claims the data folder
and the port, supervises, and says when all is ready. The other (``http_process``) starts the engines, migrates them,
makes the first credentials, runs the worker's threads and answers requests. If either dies, so does the other.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import ipaddress
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context, set_start_method
from typing import IO, Any, NoReturn

import urllib3
from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from granian.server.mp import MPServer

from hogapi import http_process, settings
from hogapi.settings import ENVIRONMENT
from hogapi.welcome import FirstRun, welcome

_READY_WITHIN_SECONDS = 60
_STOP_WITHIN_SECONDS = 20
# The HTTP process's allocators keep what was freed unless told otherwise: chDB's jemalloc and glibc's arenas hold on to
# 170 MB after some minutes of events (benchmarks/events.py). Read when a process starts, hence the environment.
_ALLOCATORS = {"MALLOC_ARENA_MAX": "2", "JE_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0,narenas:2"}


def run(*, with_worker: bool = True) -> None:
    """Serve until SIGINT or SIGTERM. Exits with status 1 and one sentence when it cannot start."""
    started = time.monotonic()
    lock = _claim_data_folder()
    _require_free_port(ENVIRONMENT.hogapi_host, ENVIRONMENT.hogapi_port)
    if ENVIRONMENT.hogapi_http_processes > 1 and settings.EMBEDDED_CLICKHOUSE:
        _refuse("HOGAPI_HTTP_PROCESSES above 1 needs CLICKHOUSE_URL: the embedded ClickHouse serves one process.")
    os.environ.update({name: os.environ.get(name, value) for name, value in _ALLOCATORS.items()})
    set_start_method("spawn", force=True)  # a forked child of an open engine hangs (spec ENGINES.md, fork)
    first_runs = get_context("spawn").SimpleQueue()
    server = MPServer(
        "hogapi.wsgi:application",
        address=ENVIRONMENT.hogapi_host,
        port=ENVIRONMENT.hogapi_port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        loop=Loops.asyncio,
        workers=ENVIRONMENT.hogapi_http_processes,
        workers_kill_timeout=_STOP_WITHIN_SECONDS,
        log_level=LogLevels.critical,
    )
    threading.Thread(target=_announce_when_ready, args=(first_runs, started), daemon=True).start()
    loader: Callable[..., Any] = partial(http_process.load_application, with_worker, first_runs)
    server.serve(target_loader=loader, wrap_loader=False)
    lock.close()


def _claim_data_folder() -> IO[str]:
    folder = settings.DATA_DIR
    try:
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # in the data folder; WhiteNoise remarks on its absence
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


def _refuse(sentence: str) -> NoReturn:
    sys.exit(sentence)


def _announce_when_ready(first_runs: Any, started: float) -> None:
    first_run: FirstRun = first_runs.get()
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser("hogapi.serve", description="Start the engines, the HTTP server and the worker.")
    parser.add_argument("--without-worker", action="store_true", help="serve HTTP; `manage.py worker` runs elsewhere")
    run(with_worker=not parser.parse_args().without_worker)
