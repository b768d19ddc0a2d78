"""ClickHouse migrations: once each, the same files for one engine and for a cluster."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from hogapi.telemetry import client, schema

pytestmark = pytest.mark.usefixtures("clickhouse")


def _all_statements(cluster: str | None) -> list[str]:
    return [statement for file in schema.files() for statement in schema.statements(file, cluster=cluster)]


def test_migrations_are_applied_once() -> None:
    assert schema.migrate() == []
    names = [name for (name,) in client.query("SELECT name FROM schema_migrations FINAL ORDER BY name")]
    assert names == [file.stem for file in schema.files()]
    assert names[:3] == ["0001_events", "0002_log_entries", "0003_app_metrics2"]


def test_an_interrupted_migration_is_simply_run_again() -> None:
    client.command("TRUNCATE TABLE schema_migrations")
    assert schema.migrate() == [file.stem for file in schema.files()]
    assert schema.migrate() == []


def test_the_command_says_what_it_applied() -> None:
    output = StringIO()
    call_command("migrate_clickhouse", stdout=output)
    assert output.getvalue() == "ClickHouse is up to date.\n"


def test_the_command_says_in_one_sentence_that_clickhouse_is_out_of_reach(settings: Settings) -> None:
    settings.CLICKHOUSE_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="refused"):
        call_command("migrate_clickhouse")


@pytest.mark.parametrize("cluster", [None, "main"])
def test_every_statement_is_sql_that_clickhouse_can_read(cluster: str | None) -> None:
    statements = [*_all_statements(cluster), schema._ledger(cluster)]
    for statement in statements:
        assert "{{" not in statement
        assert client.query(f"EXPLAIN AST {statement}")


def test_a_single_engine_gets_plain_tables() -> None:
    text = "\n".join(_all_statements(None))
    assert not re.search("ON CLUSTER|Replicated|Distributed|sharded_", text)
    assert text.count("non_replicated_deduplication_window") == 3


def test_a_cluster_gets_replicated_tables_behind_distributed_ones() -> None:
    statements = _all_statements("main")
    stored, distributed = statements[0::2], statements[1::2]
    for table, engine, statement in zip(
        ["events", "log_entries", "app_metrics2"],
        ["ReplacingMergeTree", "ReplacingMergeTree", "AggregatingMergeTree"],
        stored,
        strict=True,
    ):
        assert f"CREATE TABLE IF NOT EXISTS sharded_{table} ON CLUSTER 'main'" in statement
        assert f"ENGINE = Replicated{engine}('/clickhouse/tables/{{uuid}}/{{shard}}', '{{replica}}'" in statement
        assert "replicated_deduplication_window = " in statement
        assert "non_replicated" not in statement
        assert "fsync" not in statement
    for table, statement in zip(["events", "log_entries", "app_metrics2"], distributed, strict=True):
        assert f"CREATE TABLE IF NOT EXISTS {table} ON CLUSTER 'main' AS sharded_{table}" in statement
        assert f"Distributed('main', currentDatabase(), 'sharded_{table}', sipHash64(" in statement


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("events", "team_id, toDate(timestamp), event, cityHash64(distinct_id), cityHash64(uuid)"),
        ("log_entries", "team_id, log_source, log_source_id, instance_id, timestamp, cityHash64(message)"),
        (
            "app_metrics2",
            "team_id, app_source, app_source_id, instance_id, toStartOfMinute(timestamp), metric_kind, metric_name",
        ),
    ],
)
def test_tables_are_sorted_for_the_queries_that_read_them(table: str, key: str) -> None:
    sorting = client.query(
        "SELECT sorting_key FROM system.tables WHERE database = currentDatabase() AND name = {t:String}", {"t": table}
    )
    assert sorting == [(key,)]


def test_hot_properties_are_columns() -> None:
    client.insert(
        "events",
        b'{"uuid": "0190b5ca-0000-7000-8000-000000000001", "timestamp": "2026-01-01 00:00:00", "properties": '
        b'"{\\"$browser\\": \\"Firefox\\", \\"$session_id\\": \\"s\\", \\"$group_1\\": \\"acme\\"}"}',
    )
    assert client.query("SELECT `mat_$browser`, `$session_id`, `$group_1`, `$group_0`, `mat_$os` FROM events") == [
        ("Firefox", "s", "acme", "", "")
    ]


def test_an_event_written_twice_becomes_one_row_when_parts_merge() -> None:
    row = b'{"uuid": "0190b5ca-0000-7000-8000-000000000001", "team_id": 1, "timestamp": "2026-01-01 00:00:00"}'
    client.insert("events", row)
    client.insert("events", row)
    client.command("OPTIMIZE TABLE events FINAL")
    assert client.query("SELECT count() FROM events") == [(1,)]
