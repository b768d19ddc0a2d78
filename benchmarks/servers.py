"""Starting and stopping what is measured: our server and the controls, each in processes of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
KEY = "phx_benchmarkbenchmarkbenchmarkbenchmark"
TOKEN = "phc_benchmarkbenchmarkbenchmark"


@dataclass
class Server:
    """A running server, measured as the sum of its Python processes (PostgreSQL's are counted apart)."""

    port: int
    process: subprocess.Popen[bytes]
    ready_after: float
    folder: Path

    def _processes(self) -> list[psutil.Process]:
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """User and system time used so far."""
        total = 0.0
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def resident_megabytes(self) -> float:
        total = 0
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total / 2**20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "HOGAPI_DATA_DIR": str(folder),
        "HOGAPI_PORT": str(port),
        "HOGAPI_PERSONAL_API_KEY": KEY,
        "HOGAPI_PROJECT_TOKEN": TOKEN,
        "HOGAPI_ADMIN_PASSWORD": "benchmarks",
        "HOGAPI_THROTTLE_BURST": "0",
        "HOGAPI_THROTTLE_SUSTAINED": "0",
        "HOGAPI_OUTBOUND_ALLOW": "127.0.0.0/8",
        "HOGAPI_LOG_LEVEL": "ERROR",
    }


@contextlib.contextmanager
def ours(folder: Path) -> Iterator[Server]:
    """``make serve``'s entry point on a free port."""
    port = free_port()
    with _running([sys.executable, "-m", "hogapi.serve"], port, folder, "/_readyz") as server:
        yield server


@contextlib.contextmanager
def control(name: str, folder: Path) -> Iterator[Server]:
    """``benchmarks.controls.<name>`` under granian, as ours is, on the data of ``folder``."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--http", "1", "--no-ws", "--log-level", "critical", "--loop", "asyncio"]
    with _running([*command, f"benchmarks.controls.{name}:application"], port, folder, "/ready") as server:
        yield server


@contextlib.contextmanager
def _running(command: list[str], port: int, folder: Path, ready: str) -> Iterator[Server]:
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environment(folder, port), stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{ready}", timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None or time.monotonic() - started > 60:
                    raise SystemExit(f"{' '.join(command)} did not become ready") from None
                time.sleep(0.02)
        yield Server(port, process, time.monotonic() - started, folder)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@contextlib.contextmanager
def data_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="hogapi-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
