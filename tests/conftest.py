"""Engines once a session, and the fixtures that any test may use.

Tests name what they need: ``project`` and its relatives write to PostgreSQL (each test in a transaction that is rolled
back, unless it asks for real commits), ``clickhouse`` opens ClickHouse and empties its tables afterwards, ``receiver``
is the outside world.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from rest_framework.test import APIClient

from hogapi.accounts import keys, services
from hogapi.accounts.models import Organization, Project, User
from hogapi.telemetry import client, migrations
from tests.contract import ContractClient


@pytest.fixture
def organization(db: None) -> Organization:
    return services.create_organization(name="Hedgehogs")


@pytest.fixture
def project(organization: Organization) -> Project:
    return services.create_project(organization=organization, name="Burrow")


@pytest.fixture
def user(organization: Organization) -> User:
    return services.create_user(email="ada@example.com", password="a long password", organization=organization)


@pytest.fixture
def other_project(db: None) -> Project:
    """A project of another organization, which ``user`` is no member of."""
    return services.create_project(organization=services.create_organization(name="Foxes"), name="Den")


@pytest.fixture
def other_user(other_project: Project) -> User:
    return services.create_user(
        email="grace@example.com", password="a long password", organization=other_project.organization
    )


@pytest.fixture
def api(user: User) -> Callable[..., APIClient]:
    """``api("hog_function:read", ...)``: a client with a fresh key of ``user`` that has these scopes (default: all).

    It holds every answer to the OpenAPI document.
    """

    def make(*scopes: str, owner: User = user, scoped_teams: tuple[int, ...] = ()) -> APIClient:
        _, value = keys.create_key(
            user=owner, label="test", scopes=list(scopes) or ["*"], scoped_teams=list(scoped_teams)
        )
        api_client = ContractClient(raise_request_exception=False)
        api_client.credentials(HTTP_AUTHORIZATION=f"Bearer {value}")
        return api_client

    return make


@pytest.fixture(scope="session")
def _clickhouse_tables() -> Iterator[list[str]]:
    migrations.migrate()
    yield ["events", "log_entries", "app_metrics2"]
    client.close()


@pytest.fixture
def clickhouse(_clickhouse_tables: list[str]) -> Iterator[None]:
    """ClickHouse with its tables made; they are emptied after the test."""
    yield
    for table in _clickhouse_tables:
        client.command(f"TRUNCATE TABLE {table}")


@dataclass
class Received:
    """One request that reached the receiver."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """A local HTTP server that records requests; ``respond`` decides the answer (status, headers, body)."""

    port: int
    requests: list[Received] = field(default_factory=list)
    respond: Callable[[Received], tuple[int, dict[str, str], bytes]] = lambda request: (
        200,
        {"Content-Type": "application/json"},
        b'{"ok": true}',
    )
    arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_for(self, count: int, timeout: float = 10) -> list[Received]:
        """Wait until ``count`` requests have arrived and return them all."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.requests) >= count, timeout), (
                f"{len(self.requests)} of {count} requests arrived"
            )
            return list(self.requests)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:  # the sender was killed: nobody has received this
                self.close_connection = True
                return
            request = Received(self.command, self.path, dict(self.headers.items()), body)
            with it.arrived:
                it.requests.append(request)
                it.arrived.notify_all()
            status, headers, answer = it.respond(request)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    it = Receiver(port=server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield it
    server.shutdown()
    server.server_close()
    thread.join()
