"""The real server in processes of its own, as ``make serve`` starts it, and a plain HTTP client for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg
import urllib3

ROOT = Path(__file__).resolve().parents[2]
KEY = "phx_endtoendendtoendendtoendendtoend0123"
TOKEN = "phc_endtoendendtoendendtoend0123"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(holds: Callable[[], Any], what: str, timeout: float = 30) -> Any:
    """Poll ``holds`` until it gives something true, and return that."""
    deadline = time.monotonic() + timeout
    while not (value := holds()):
        assert time.monotonic() < deadline, f"{what} did not happen within {timeout} s"
        time.sleep(0.1)
    return value


def _own_database() -> dict[str, str]:
    """When the suite runs on a PostgreSQL server: a database there for this one server under test."""
    url = os.environ.get("DATABASE_URL")
    if url is None:
        return {}
    database = f"end_to_end_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}")
    secrets = {name: os.environ[name] for name in ("HOGAPI_SECRET_KEY", "HOGAPI_ENCRYPTION_KEYS")}
    return {"DATABASE_URL": urlsplit(url)._replace(path=f"/{database}").geturl(), **secrets}


class Server:
    """``python -m hogapi.serve`` on a free port; ``start`` again after ``kill`` uses the same folder."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.arguments: list[str] = []
        self.output = folder.parent / f"{folder.name}.log"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HOGAPI_")},
            "DJANGO_SETTINGS_MODULE": "hogapi.settings",
            "HOGAPI_DATA_DIR": str(folder),
            "HOGAPI_PORT": str(self.port),
            "HOGAPI_PERSONAL_API_KEY": KEY,
            "HOGAPI_PROJECT_TOKEN": TOKEN,
            "HOGAPI_OUTBOUND_ALLOW": "127.0.0.0/8",
            "HOGAPI_THROTTLE_BURST": "0",
            "HOGAPI_THROTTLE_SUSTAINED": "0",
            **_own_database(),
            **variables,
        }
        self._pool = urllib3.PoolManager(retries=False, timeout=20)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Server:
        self.spawn()
        wait_until(self._ready, "the server being ready", 60)
        return self

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the process without waiting for it."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hogapi.serve", *self.arguments],
            cwd=ROOT,
            env=self._environment,
            stdout=self.output.open("ab"),
            stderr=subprocess.STDOUT,
        )
        return self.process

    def _ready(self) -> bool:
        assert self.process.poll() is None, self.output.read_text()
        try:
            return self._pool.request("GET", f"{self.url}/_readyz").status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def processes(self) -> list[psutil.Process]:
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def kill(self) -> None:
        """SIGKILL the server's processes, all at once."""
        for process in self.processes():
            process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ctrl-C; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = KEY) -> Any:
        """The decoded JSON answer of an API call that must succeed."""
        answer = self._pool.request(
            method,
            f"{self.url}{path}",
            body=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {}),
        )
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.data!r}"
        return json.loads(answer.data) if answer.data else None

    def run_python(self, code: str) -> str:
        """Standard output of Python code run with Django set up on this server's folder."""
        return subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{code}"],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout

    def run_manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A ``manage.py`` command against this server's configuration."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
