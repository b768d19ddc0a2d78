"""``make serve`` as the person at the terminal sees it: what it prints, what it refuses, how it ends."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from cryptography.fernet import Fernet

from tests.end_to_end.server import KEY, TOKEN, Server, wait_until


def _welcome(server: Server) -> str:
    return str(wait_until(lambda: "Ctrl-C" in server.output.read_text() and server.output.read_text(), "the welcome"))


def test_the_first_start_prints_credentials_once_and_three_commands_that_work_when_pasted(
    folders: Callable[[], Path],
) -> None:
    server = Server(folders() / "data", HOGAPI_PERSONAL_API_KEY="", HOGAPI_PROJECT_TOKEN="").start()
    try:
        text = _welcome(server)
        assert f"Base URL          {server.url}" in text
        assert re.search(r"Project token     phc_\w+", text)
        key = re.search(r"Personal API key  (phx_\w+)", text)
        assert key
        commands = text.split("read its logs:\n")[1].split("Ctrl-C")[0]
        done = subprocess.run(["bash", "-ec", commands], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "signed up, ada" in done.stdout
    finally:
        assert server.stop() == 0

    server.output.unlink()
    server.start()
    try:
        text = _welcome(server)
        assert "phx_" not in text
        functions = server.call("GET", "/api/projects/@current/hog_functions/", key=key[1])
        assert [f["name"] for f in functions["results"]] == ["Echo"]
    finally:
        server.stop()


def test_the_settings_can_pin_the_first_credentials(server: Server) -> None:
    assert server.call("GET", "/api/projects/@current/", key=KEY)["api_token"] == TOKEN


def test_ctrl_c_ends_with_status_0_and_leaves_no_process_behind(fresh_server: Server) -> None:
    fresh_server.start()
    _welcome(fresh_server)
    running = fresh_server.processes() + _postgres_processes(fresh_server.folder)
    assert len(running) >= (3 if "DATABASE_URL" not in os.environ else 2)
    assert fresh_server.stop() == 0
    wait_until(
        lambda: not any(p.is_running() and p.status() != "zombie" for p in running), "the end of all processes", 10
    )
    assert "Traceback" not in fresh_server.output.read_text()


def test_a_killed_supervisor_takes_the_http_process_with_it(fresh_server: Server) -> None:
    fresh_server.start()
    children = fresh_server.processes()[1:]
    fresh_server.process.kill()
    fresh_server.process.wait()
    wait_until(lambda: not any(p.is_running() and p.status() != "zombie" for p in children), "the end of the child", 5)


def _postgres_processes(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "postgres" and str(folder) in " ".join(process.info["cmdline"] or []):
            found += [process, *process.children()]
    return found


def _refusal(server: Server) -> str:
    """The one sentence that the server ends with, and its status, which must be 1."""
    process = server.spawn()
    started = time.monotonic()
    assert process.wait(30) == 1
    assert time.monotonic() - started < 20
    lines = server.output.read_text().strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_a_port_in_use_is_refused_with_one_sentence(fresh_server: Server) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", fresh_server.port))
        other.listen()
        assert f"Port {fresh_server.port} on 127.0.0.1 cannot be used" in _refusal(fresh_server)


def test_a_data_folder_in_use_is_refused_with_one_sentence(server: Server) -> None:
    second = Server(server.folder)
    second.output = second.output.with_suffix(".second")
    assert _refusal(second) == f"The data folder {server.folder} is in use by another hogapi process."


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("chattr") is None, reason="root writes everywhere")
def test_a_read_only_data_folder_is_refused_with_one_sentence(folders: Callable[[], Path]) -> None:
    folder = folders() / "data"
    folder.mkdir(mode=0o500)
    if os.geteuid() == 0 and subprocess.run(["chattr", "+i", str(folder)], capture_output=True).returncode:
        folder = Path("/proc/hogapi")  # no folder can be made here, not even by root
    server = Server(folder)
    server.output = folders() / "output"
    try:
        assert _refusal(server).startswith(f"The data folder {folder} cannot be")
    finally:
        subprocess.run(["chattr", "-i", str(folder)], capture_output=True, check=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOGAPI_PORT", "http"),
        ("HOGAPI_PORT", "70000"),
        ("HOGAPI_ENCRYPTION_KEYS", "short"),
        ("HOGAPI_OUTBOUND_ALLOW", "everywhere"),
        ("DATABASE_URL", "sqlite:///db"),
        ("CLICKHOUSE_URL", "tcp://localhost"),
        ("HOGAPI_LOG_LEVEL", "loud"),
    ],
)
def test_a_bad_setting_is_refused_with_one_sentence_that_names_it(
    folders: Callable[[], Path], name: str, value: str
) -> None:
    sentence = _refusal(Server(folders() / "data", **{name: value}))
    assert sentence.startswith(f"The setting {name} is not valid")


def test_a_database_server_needs_its_secrets_set(folders: Callable[[], Path]) -> None:
    none = {"HOGAPI_SECRET_KEY": "", "HOGAPI_ENCRYPTION_KEYS": ""}
    sentence = _refusal(Server(folders() / "data", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", **none))
    assert sentence == "HOGAPI_SECRET_KEY and HOGAPI_ENCRYPTION_KEYS must be set when DATABASE_URL names a server."


@pytest.mark.parametrize(
    ("variable", "url", "engine"),
    [
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "PostgreSQL"),
        ("CLICKHOUSE_URL", "http://127.0.0.1:1", "ClickHouse"),
    ],
)
def test_a_server_that_cannot_be_reached_is_named_in_one_sentence(
    folders: Callable[[], Path], variable: str, url: str, engine: str
) -> None:
    secrets = {"HOGAPI_SECRET_KEY": "x" * 30, "HOGAPI_ENCRYPTION_KEYS": Fernet.generate_key().decode()}
    assert _refusal(Server(folders() / "data", **{variable: url}, **secrets)).startswith(f"{engine} cannot be used: ")


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="with servers, workers are welcome")
def test_a_second_worker_beside_the_embedded_engines_is_refused_with_the_reason(server: Server) -> None:
    done = server.run_manage("worker")
    assert done.returncode == 1
    assert "ClickHouse cannot be used" in done.stderr and "in use by another process" in done.stderr
    assert "Traceback" not in done.stderr
