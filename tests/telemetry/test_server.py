"""ClickHouse as a server over HTTP: several processes, outages, lost answers, crashes."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from hogapi.telemetry import client, events, logs, metrics, schema, writer
from hogapi.telemetry.events import CapturedEvent
from hogapi.telemetry.models import TelemetryOutbox
from tests.clickhouse_front import Front

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = ["events", "log_entries", "app_metrics2"]
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def running_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with Front(tmp_path_factory.mktemp("clickhouse"), password="it's a secret") as front:
        yield front


@pytest.fixture
def front(running_front: Front, settings: Settings) -> Iterator[Front]:
    settings.CLICKHOUSE_URL = running_front.url
    schema.migrate()
    yield running_front
    for table in TABLES:
        client.command(f"TRUNCATE TABLE {table}")


@pytest.fixture
def start_flusher(front: Front, settings: Settings) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        name = connection.settings_dict["NAME"]
        environment = {**os.environ, "CLICKHOUSE_URL": front.url, "HOGAPI_DATA_DIR": str(settings.DATA_DIR)}
        command = [sys.executable, "-m", "tests.telemetry.flusher_process", name]
        processes.append(subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2]))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def _record(count: int) -> list[str]:
    recorded = [CapturedEvent(uuid.uuid4(), 1, "seen", f"d{n}", {"n": n}, NOW, NOW) for n in range(count)]
    events.record(recorded)
    logs.record([logs.LogLine(1, "hog_function", "f", str(event.uuid), NOW, "info", "done") for event in recorded])
    metrics.record([metrics.Metric(1, "hog_function", "f", "success", "succeeded", NOW)] * count)
    return [str(event.uuid) for event in recorded]


def _wait(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def _counts() -> tuple[int, int, int]:
    stored = [client.query(f"SELECT count() FROM {table}")[0][0] for table in TABLES[:2]]
    return stored[0], stored[1], client.query("SELECT sum(count) FROM app_metrics2")[0][0]


def _arrived_once(recorded: list[str]) -> None:
    assert sorted(str(row[0]) for row in client.query("SELECT uuid FROM events")) == sorted(recorded)
    assert _counts() == (len(recorded), len(recorded), len(recorded))


@pytest.mark.usefixtures("front")
def test_rows_are_written_and_read_over_http() -> None:
    recorded = _record(300)
    writer.flush()
    _arrived_once(recorded)
    assert len(logs.read(team_id=1, log_source="hog_function", log_source_id="f", search="d_ne")) == 50


@pytest.mark.usefixtures("front")
def test_migrations_are_applied_once_to_a_server_too() -> None:
    assert schema.migrate() == []


def test_an_answer_that_is_lost_repeats_nothing(front: Front) -> None:
    recorded = _record(100)
    front.spoil_answers(lose=1000)
    for _ in range(3):
        with pytest.raises(client.ClickHouseError):
            writer.flush()
    front.spoil_answers(lose=0)
    writer.flush()
    _arrived_once(recorded)


def test_a_flusher_killed_between_insert_and_delete_repeats_nothing(
    front: Front, start_flusher: Callable[[], subprocess.Popen[bytes]]
) -> None:
    recorded = _record(100)
    front.spoil_answers(withhold=1)
    first = start_flusher()
    _wait(lambda: any(_counts()), "the insert whose answer is withheld")
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert TelemetryOutbox.objects.count() == 3
    recorded += _record(50)
    start_flusher()
    _wait(lambda: not TelemetryOutbox.objects.exists(), "the second flusher")
    _arrived_once(recorded)


def test_flushers_killed_at_any_moment_lose_and_repeat_nothing(
    start_flusher: Callable[[], subprocess.Popen[bytes]],
) -> None:
    recorded: list[str] = []
    stop = threading.Event()

    def produce() -> None:
        while not stop.is_set():
            recorded.extend(_record(7))
            time.sleep(0.005)
        connection.close()

    producer = threading.Thread(target=produce)
    producer.start()
    for _ in range(3):
        flusher = start_flusher()
        before = _counts()[0]
        _wait(lambda before=before: _counts()[0] > before, "rows of this flusher")  # type: ignore[misc]
        flusher.kill()
        flusher.wait()
    stop.set()
    producer.join()
    writer.flush()
    _arrived_once(recorded)


def test_an_outage_delays_rows_and_loses_none(front: Front) -> None:
    stop = threading.Event()
    flusher = threading.Thread(target=writer.Flusher(stop, poll_seconds=0.05).run)
    flusher.start()
    recorded = _record(20)
    _wait(lambda: _counts()[0] == 20, "the rows before the outage")
    front.kill()
    for _ in range(10):
        began = time.monotonic()
        recorded += _record(20)
        assert time.monotonic() - began < 5, "recording waited for ClickHouse"
        time.sleep(0.05)
    assert not client.ping()
    front.start()
    _wait(lambda: not TelemetryOutbox.objects.exists(), "the rows of the outage")
    stop.set()
    flusher.join()
    _arrived_once(recorded)


def test_reads_during_an_outage_say_that_clickhouse_is_unavailable(front: Front) -> None:
    front.stop()
    try:
        with pytest.raises(client.ClickHouseUnavailable):
            logs.read(team_id=1, log_source="hog_function", log_source_id="f")
    finally:
        front.start()


def test_wrong_credentials_are_told(front: Front, settings: Settings) -> None:
    settings.CLICKHOUSE_URL = f"http://default:wrong@127.0.0.1:{front.port}"
    with pytest.raises(client.ClickHouseUnavailable, match="516"):
        client.query("SELECT 1")
    assert not client.ping()
    settings.CLICKHOUSE_URL = front.url


@pytest.mark.usefixtures("front")
@pytest.mark.parametrize("value", ["plain", "é 🦔 ' \\ \t \n \x00 %", "", "x" * 300_000])
def test_parameters_travel_unchanged(value: str) -> None:
    assert client.query("SELECT {value:String}, {list:Array(String)}", {"value": value, "list": [value]}) == [
        (value, [value])
    ]


@pytest.mark.usefixtures("front")
def test_errors_carry_clickhouses_number() -> None:
    with pytest.raises(client.ClickHouseError) as error:
        client.query("SELECT nothing FROM nowhere")
    assert error.value.code == 60
    with pytest.raises(client.QueryTimeout):
        client.query("SELECT sleep(3)", settings={"max_execution_time": 0.2})


@pytest.mark.usefixtures("front")
def test_queries_of_many_threads_do_not_disturb_each_other() -> None:
    failures: list[object] = []

    def ask(number: int) -> None:
        for _ in range(10):
            if client.query("SELECT {n:Int64}, sum(number) FROM numbers(1000)", {"n": number}) != [(number, 499500)]:
                failures.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
