"""The embedded engine: one process, clear refusals, bounded queries, a clean end."""

import os
import subprocess
import sys
import textwrap
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from hogapi.telemetry import client

ROOT = Path(__file__).parents[2]


def _run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run ``script`` in a process of its own, with its data in ``folder``."""
    start = "import os, threading, time, django; django.setup(); from hogapi.telemetry import client"
    return subprocess.run(
        [sys.executable, "-c", f"{start}\n{textwrap.dedent(script)}"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "HOGAPI_DATA_DIR": str(folder)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.usefixtures("clickhouse")
def test_times_come_back_aware_and_in_utc() -> None:
    assert client.query("SELECT toDateTime64('2026-01-01 00:00:00.5', 6)") == [
        (datetime(2026, 1, 1, 0, 0, 0, 500000, tzinfo=UTC),)
    ]


@pytest.mark.usefixtures("clickhouse")
def test_every_statement_has_a_time_limit_that_a_call_can_lower() -> None:
    assert client.query("SELECT getSetting('max_execution_time')") == [(float(client.MAX_EXECUTION_SECONDS),)]
    with pytest.raises(client.QueryTimeout):
        client.query("SELECT sleep(3)", settings={"max_execution_time": 1})
    assert client.query("SELECT 1") == [(1,)]


@pytest.mark.usefixtures("clickhouse")
def test_settings_of_a_call_end_with_it() -> None:
    assert client.query("SELECT getSetting('max_threads')", settings={"max_threads": 1}) == [(1,)]
    client.command("SELECT 1", settings={"max_threads": 1})
    assert all(client.query("SELECT getSetting('log_comment')") == [("",)] for _ in range(20))
    assert client.query("SELECT getSetting('max_execution_time')") == [(float(client.MAX_EXECUTION_SECONDS),)]


@pytest.mark.usefixtures("clickhouse")
def test_a_slow_query_does_not_delay_those_of_other_threads() -> None:
    slow = threading.Thread(target=lambda: client.query("SELECT sleep(1.5)"))
    slow.start()
    assert [client.query("SELECT 1") for _ in range(5)] == [[(1,)]] * 5
    assert slow.is_alive()
    slow.join()


@pytest.mark.usefixtures("clickhouse")
def test_it_opens_again_after_close() -> None:
    client.close()
    assert client.ping()


@pytest.mark.usefixtures("clickhouse")
@pytest.mark.parametrize("sql", ["SELECT nope", "SELEC 1", "SELECT * FROM nowhere", "SELECT 1 / 'a'"])
def test_a_wrong_statement_is_an_error_with_a_number(sql: str) -> None:
    with pytest.raises(client.ClickHouseError) as error:
        client.query(sql)
    assert error.value.code is not None
    assert not isinstance(error.value, client.ClickHouseUnavailable)


def test_a_folder_in_use_by_another_process_is_refused_in_one_sentence(tmp_path: Path) -> None:
    script = """
        import subprocess, sys
        client.query("SELECT 1")
        if len(sys.argv) == 1:
            second = subprocess.run([sys.executable, "-c", open("/proc/self/cmdline").read().split(chr(0))[2], "2"],
                                    capture_output=True, text=True)
            print(os.getpid(), second.stderr)
            assert client.query("SELECT 2") == [(2,)]
    """
    result = _run(script, tmp_path)
    owner, error = result.stdout.split(maxsplit=1)
    sentence = f"The ClickHouse folder {tmp_path / 'clickhouse'} is in use by another process (pid {owner})"
    assert sentence in error.strip().splitlines()[-1]


def test_a_folder_that_cannot_be_made_is_refused_in_one_sentence(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings.CLICKHOUSE_PATH = tmp_path / "file" / "clickhouse"
    settings.CLICKHOUSE_URL = None
    with pytest.raises(client.ClickHouseUnavailable, match="cannot be made: Not a directory"):
        client.query("SELECT 1")


def test_a_process_that_forked_after_opening_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    script = """
        client.query("SELECT 1")
        child = os.fork()
        if child == 0:
            try:
                client.query("SELECT 1")
            except client.ClickHouseUnavailable as error:
                os.write(1, str(error).encode())
            os._exit(0)
        os.waitpid(child, 0)
    """
    assert "forked" in _run(script, tmp_path).stdout


def test_the_process_ends_cleanly_while_daemon_threads_query(tmp_path: Path) -> None:
    script = """
        def ask():
            while True:
                client.query("SELECT count() FROM numbers(3000000) WHERE sipHash64(number) % 7 = 1")
        for _ in range(4):
            threading.Thread(target=ask, daemon=True).start()
        time.sleep(0.5)
    """
    result = _run(script, tmp_path)
    assert result.returncode == 0, result.stderr


def test_nothing_is_loaded_before_the_first_statement(tmp_path: Path) -> None:
    script = """
        import sys
        from hogapi.telemetry import events, logs, metrics, schema, writer
        assert not {"chdb", "clickhouse_connect"} & set(sys.modules), "the engine was loaded"
    """
    assert _run(script, tmp_path).returncode == 0


def test_rows_survive_the_process(tmp_path: Path) -> None:
    written = 'client.command("CREATE TABLE kept (a Int64) ENGINE = MergeTree ORDER BY a"); '
    assert _run(written + "client.insert('kept', b'{\"a\": 7}')", tmp_path).returncode == 0
    assert _run("print(client.query('SELECT a FROM kept'))", tmp_path).stdout == "[(7,)]\n"
