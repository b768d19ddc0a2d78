"""A running server for the tests that use the product as its users do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    it = Server(tmp_path_factory.mktemp("serve") / "data").start()
    yield it
    if it.process.poll() is None:
        it.stop()


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, not started yet."""
    it = Server(tmp_path / "data")
    yield it
    if getattr(it, "process", None) is not None and it.process.poll() is None:
        it.kill()
