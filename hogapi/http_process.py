"""The process that answers HTTP: engines opened, worker threads running, in the order that chDB needs.

Granian spawns it with nothing but this module imported, so Django is set up inside ``load_application`` and nothing
that needs Django may be imported above it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing import connection, parent_process, util
from typing import Any


def load_application(with_worker: bool) -> Callable[..., Any]:
    """The WSGI application, made in the HTTP process after the engines and the worker's threads have started."""
    os.setpgrp()  # Ctrl-C in a terminal reaches the supervisor only, which stops this process in order
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hogapi.settings")
    threading.Thread(target=_die_with_supervisor, name="supervisor-watch", daemon=True).start()

    from hogapi.telemetry import client
    from hogapi.wsgi import application

    _prepare_clickhouse()
    util.Finalize(None, client.close, exitpriority=10)
    if with_worker:
        from hogapi.worker.service import Worker

        worker = Worker()
        worker.start()
        util.Finalize(None, worker.stop, exitpriority=20)  # before ClickHouse is closed
    return application


def _prepare_clickhouse() -> None:
    from hogapi.telemetry import client, migrations

    try:
        migrations.migrate()
    except client.ClickHouseError as error:
        sys.exit(f"ClickHouse cannot be used: {error}")


def _die_with_supervisor() -> None:
    supervisor = parent_process()
    if supervisor is not None:
        connection.wait([supervisor.sentinel])
        os.kill(os.getpid(), signal.SIGKILL)
