"""Events in the inbox, and consumers in place of the settings' ones."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import orjson
import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from hogapi.accounts.models import Project
from hogapi.capture.models import CapturedBatch
from hogapi.worker import consumers
from tests.worker.doubles import Recorder

Capture = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def _empty_queue(transactional_db: None) -> None:
    """Django's clearing of tables between tests leaves the queue's tables out, which are not its own."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    it = Recorder()
    monkeypatch.setattr(consumers, "_instances", lambda paths: (it,))
    return it


@pytest.fixture
def capture(project: Project) -> Capture:
    """``capture({...}, {...})``: put one accepted request with these events into the inbox; returns their uuids."""

    def put(*events: dict[str, Any], of: Project = project, ip: str | None = None, copies: int = 1) -> list[str]:
        documents = [
            {
                "uuid": str(uuid.uuid4()),
                "event": "e",
                "distinct_id": "d",
                "properties": {},
                "timestamp": datetime.now(UTC).isoformat(),
            }
            | event
            for event in (events or ({},))
            for _ in range(copies)
        ]
        put_raw(of, orjson.dumps(documents), len(documents), ip)
        return [document["uuid"] for document in documents]

    return put


@pytest.fixture
def loopback(settings: Settings) -> None:
    """Outgoing calls may reach this machine, where the receiver listens."""
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.0/8")]


def put_raw(project: Project, payload: bytes, count: int, ip: str | None = None) -> CapturedBatch:
    return CapturedBatch.objects.create(
        project=project, payload=payload, count=count, size=len(payload), ip=ip, received_at=datetime.now(UTC)
    )
