"""SIGKILL at any point: every accepted event reaches ClickHouse exactly once and its destination at least once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from hogapi.accounts.models import Project
from hogapi.capture.models import CapturedBatch
from hogapi.runtime.models import Invocation
from hogapi.telemetry import client, writer
from tests.conftest import Receiver
from tests.worker.conftest import Capture

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
KILLS = 3
BATCHES = 60
BATCH = 10


def start_worker(receiver: Receiver, project: Project) -> subprocess.Popen[bytes]:
    arguments = [connection.settings_dict["NAME"], receiver.url, str(project.pk)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.worker.killed_worker", *arguments],
        cwd=ROOT,
        env={**os.environ, "HOGAPI_DATA_DIR": str(settings.DATA_DIR)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"running\n"
    return process


def work_is_left() -> bool:
    return CapturedBatch.objects.exists() or Invocation.objects.exists()


def test_nothing_accepted_is_lost_or_stored_twice_when_workers_are_killed(
    clickhouse: None, capture: Capture, receiver: Receiver, project: Project
) -> None:
    moments = random.Random(7)
    accepted: list[str] = []
    interrupted = 0
    for number in range(KILLS):
        accepted += [
            i
            for batch in range(BATCHES // KILLS)
            for i in capture(*({"properties": {"n": f"{number}.{batch}.{n}"}} for n in range(BATCH)))
        ]
        process = start_worker(receiver, project)
        time.sleep(moments.uniform(0.02, 0.5))
        process.kill()
        process.wait()
        interrupted += work_is_left()

    process = start_worker(receiver, project)
    deadline = time.monotonic() + 60
    while work_is_left() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.kill()
    process.wait()
    assert interrupted > 0, "every worker was killed too late to show anything"
    writer.flush()

    stored = Counter(uuid for (uuid,) in client.query("SELECT toString(uuid) FROM events"))
    delivered = {request.json["n"] for request in receiver.requests}
    assert stored == Counter(accepted)
    assert len(delivered) == BATCHES * BATCH
    # What is repeated is what was under way or not yet committed at a kill.
    assert len(receiver.requests) - len(delivered) < KILLS * 100
