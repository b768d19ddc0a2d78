"""``manage.py worker``: begins, and ends cleanly when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """That of a data folder of this module's own, with its tables made."""
    folder = tmp_path_factory.mktemp("worker")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "HOGAPI_DATA_DIR": str(folder)}
    for arguments in (["migrate", "--verbosity=0"], ["migrate_clickhouse"]):
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True, timeout=120)
    return environment


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="the command would work on the server's own database")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_worker_ends_cleanly_when_it_is_told_to(number: signal.Signals, environment: dict[str, str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"The worker is running")
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)

    assert process.returncode == 0
    assert b"Traceback" not in errors
