"""A PostgreSQL server from Debian's packages, in a folder of its own, for as long as a command or a test runs.

    python -m tests.debian_postgres make test-server

runs the command with ``DATABASE_URL`` set to such a server.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PASSWORD = "debian"


def binaries() -> Path | None:
    """The folder of the newest installed server's programs, or None when no server is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run a server on a free port of the loopback interface; yields its URL (user ``hogapi`` may create databases)."""
    programs = binaries()
    assert programs is not None, "install Debian's package postgresql"
    folder = Path(tempfile.mkdtemp(prefix="debian-postgres-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "password").write_text(PASSWORD)
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres")
        shutil.chown(folder / "password", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def call(*command: str) -> None:
        subprocess.run([*as_user, *command], check=True, stdout=subprocess.DEVNULL, cwd=folder)

    data = str(folder / "data")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=200"
    call(
        str(programs / "initdb"),
        "-D",
        data,
        "-U",
        "hogapi",
        "--pwfile",
        str(folder / "password"),
        "-A",
        "scram-sha-256",
    )
    call(str(programs / "pg_ctl"), "-w", "-D", data, "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://hogapi:{PASSWORD}@127.0.0.1:{port}/postgres"
    finally:
        call(str(programs / "pg_ctl"), "-w", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    with server() as url:
        variables = {
            "DATABASE_URL": url,
            "HOGAPI_SECRET_KEY": "a secret of the test suite only",
            "HOGAPI_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        }
        sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, **variables}, check=False).returncode)
