"""The process that answers HTTP: engines opened and migrated, worker threads running, in the order that chDB needs.

Granian spawns it with nothing but this module imported, so Django is set up inside ``load_application`` and nothing
that needs Django may be imported above it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from multiprocessing import connection, parent_process, util
from typing import Any

from hogapi import settings
from hogapi.gateway import Gateway
from hogapi.welcome import FirstRun

# Of processes that start together one prepares the database; the number is ours alone in it.
_PREPARING = 0x686F6761


def load_application(with_worker: bool, first_runs: Any) -> Gateway:
    """The application for granian, made after the engines and the worker's threads have started.

    Puts the ``welcome.FirstRun`` into the queue ``first_runs``. Exits with status 1 and one sentence when an engine
    cannot be used.
    """
    os.setpgrp()  # Ctrl-C in a terminal reaches the supervisor only, which stops this process in order
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hogapi.settings")
    threading.Thread(target=_die_with_supervisor, name="supervisor-watch", daemon=True).start()

    from hogapi.telemetry import client
    from hogapi.wsgi import application

    first_runs.put(_prepare_postgres())
    _prepare_clickhouse()
    util.Finalize(None, client.close, exitpriority=10)
    if with_worker:
        from hogapi.worker.service import Worker

        worker = Worker()
        worker.start()
        util.Finalize(None, worker.stop, exitpriority=20)  # before ClickHouse is closed
    return Gateway(application, threads=settings.HTTP_THREADS, body_bytes=settings.MAX_BODY_BYTES)


def _prepare_postgres() -> FirstRun:
    import psycopg
    from django.core.management import call_command
    from django.db import Error, connection
    from procrastinate.contrib.django.utils import connector_params

    from hogapi.embedded.postgres import EmbeddedPostgresError
    from hogapi.first_run import ensure_first_run
    from hogapi.runtime import templates

    try:
        psycopg.connect(**connector_params()).close()  # says what is wrong; the pool would only say that it waited
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_PREPARING])
        call_command("migrate", verbosity=0, interactive=False)
        templates.sync()
        first_run = ensure_first_run()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_PREPARING])
    except EmbeddedPostgresError as error:
        sys.exit(str(error))
    except (Error, psycopg.Error) as error:
        sys.exit(f"PostgreSQL cannot be used: {str(error).strip().splitlines()[0]}")
    finally:
        connection.close()
    return first_run


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
