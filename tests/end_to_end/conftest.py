"""A running server for the tests that use the product as its users do."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.server import Server


@pytest.fixture(scope="session")
def folders() -> Iterator[Callable[[], Path]]:
    """Makes folders outside of pytest's own, which it closes to the user that PostgreSQL runs as under root."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="hogapi-e2e-")))
        return made[-1]

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server(folders: Callable[[], Path]) -> Iterator[Server]:
    it = Server(folders() / "data").start()
    yield it
    if it.process.poll() is None:
        it.stop()


@pytest.fixture
def fresh_server(folders: Callable[[], Path]) -> Iterator[Server]:
    """A server of the test's own, not started yet."""
    it = Server(folders() / "data")
    yield it
    if getattr(it, "process", None) is not None and it.process.poll() is None:
        it.kill()
