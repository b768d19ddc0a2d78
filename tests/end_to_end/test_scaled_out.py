"""The entry points of the container deployment: HTTP and worker apart, on a PostgreSQL and a ClickHouse server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from posthog import Posthog

from tests import debian_postgres
from tests.clickhouse_front import Front
from tests.conftest import Receiver
from tests.end_to_end.server import ROOT, TOKEN, Server, wait_until

pytestmark = pytest.mark.skipif(debian_postgres.binaries() is None, reason="Debian's PostgreSQL is absent")


@pytest.fixture
def variables(folders: Callable[[], Path]) -> Iterator[dict[str, str]]:
    front = Front(folders() / "clickhouse")
    with debian_postgres.server() as url:
        front.start()
        yield {
            "DATABASE_URL": url,
            "CLICKHOUSE_URL": front.url,
            "HOGAPI_SECRET_KEY": "a secret of the test suite only",
            "HOGAPI_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "HOGAPI_HTTP_PROCESSES": "2",
        }
        front.stop()


@pytest.fixture
def workers(variables: dict[str, str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Worker processes of the test, ended with it; before the servers that they use."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def _start_worker(variables: dict[str, str]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "hogapi.settings", "HOGAPI_OUTBOUND_ALLOW": "127.0.0.0/8"}
    return subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env={**environment, **variables})


def test_web_and_worker_processes_share_the_work_on_servers(
    folders: Callable[[], Path], variables: dict[str, str], workers: list[subprocess.Popen[bytes]], receiver: Receiver
) -> None:
    web = Server(folders() / "data", **variables)
    web.arguments = ["--without-worker"]
    web.start()
    try:
        function: dict[str, Any] = web.call(
            "POST",
            "/api/projects/@current/hog_functions/",
            {
                "type": "destination",
                "name": "Webhook",
                "enabled": True,
                "template_id": "template-webhook",
                "inputs": {"url": {"value": f"{receiver.url}/{{event.properties.n}}"}},
            },
        )
        client = Posthog(TOKEN, host=web.url, sync_mode=True)
        for number in range(20):
            client.capture("counted", distinct_id="ada", properties={"n": number})
        assert receiver.requests == []
        workers += [_start_worker(variables), _start_worker(variables)]
        received = {request.path for request in receiver.wait_for(20, 60)}
        assert received == {f"/{number}" for number in range(20)}

        path = f"/api/environments/@current/hog_functions/{function['id']}/metrics/totals/?breakdown_by=name"
        wait_until(lambda: web.call("GET", path)["totals"].get("succeeded") == 20, "the metrics of all runs")
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        assert [worker.wait(30) for worker in workers] == [0, 0]
    finally:
        assert web.stop() == 0
