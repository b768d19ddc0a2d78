"""The ClickHouse schema: numbered SQL files, applied once each and noted in a ledger.

The files in ``migrations/`` serve one engine (chDB or a server) and a cluster alike. They name what differs:

=====================  ==========================  =======================================================
placeholder            one engine                  cluster ``c``
=====================  ==========================  =======================================================
``{{on_cluster}}``     (nothing)                   ``ON CLUSTER 'c'``
``{{stored}}``         (nothing)                   ``sharded_``: prefix of the tables that hold the rows
``{{replicated}}``     (nothing)                   ``Replicated``: prefix of an engine's name
``{{replica}}``        (nothing)                   path and replica, the arguments of such an engine
``{{replica_then}}``   (nothing)                   the same before further arguments
``{{cluster}}``                                    ``c``, in statements that start with ``-- cluster only``
``{{durability}}``     fsync and deduplication     deduplication of replicated inserts
=====================  ==========================  =======================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from hogapi.telemetry import client

FOLDER = Path(__file__).parent / "migrations"

# A batch is sent again with its token after a crash, always before new ones: a window of thousands is ample.
# One engine has one copy of the rows, which PostgreSQL forgets after the insert: they have to be on the disk by then.
_ONE_ENGINE = {
    "on_cluster": "",
    "stored": "",
    "replicated": "",
    "replica": "",
    "replica_then": "",
    "durability": "non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1",
}


def migrate() -> list[str]:
    """Apply the migrations that the ledger does not name, in order, and return their names.

    Every statement can be repeated, so two processes may migrate at once and an interrupted run is simply run again.
    Raises ``ClickHouseError``.
    """
    cluster = settings.CLICKHOUSE_CLUSTER
    client.command(_ledger(cluster))
    applied = {name for (name,) in client.query("SELECT DISTINCT name FROM schema_migrations")}
    done = []
    for file in files():
        if file.stem in applied:
            continue
        for statement in statements(file, cluster=cluster):
            client.command(statement)
        client.insert("schema_migrations", b'{"name": "%s"}' % file.stem.encode())
        done.append(file.stem)
    return done


def files() -> list[Path]:
    """The migrations in order."""
    return sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql"))


def statements(file: Path, *, cluster: str | None) -> Iterator[str]:
    """The statements of ``file`` for one engine, or for the cluster of that name."""
    values = _placeholders(cluster)
    for statement in re.split(r";\s*$", file.read_text(), flags=re.MULTILINE):
        only_cluster = statement.lstrip().startswith("-- cluster only")
        if statement.strip() and (cluster or not only_cluster):
            yield re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], statement).strip()


def _placeholders(cluster: str | None) -> dict[str, str]:
    if not cluster:
        return _ONE_ENGINE
    replica = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'"
    return {
        "on_cluster": f"ON CLUSTER '{cluster}'",
        "stored": "sharded_",
        "replicated": "Replicated",
        "replica": replica,
        "replica_then": f"{replica}, ",
        "cluster": cluster,
        "durability": "replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800",
    }


def _ledger(cluster: str | None) -> str:
    """One ledger for the whole cluster: every node is a replica of the same table, whatever its shard."""
    columns = "(name String, applied_at DateTime('UTC') DEFAULT now())"
    if not cluster:
        return f"CREATE TABLE IF NOT EXISTS schema_migrations {columns} ENGINE = ReplacingMergeTree ORDER BY name"
    path = "/clickhouse/tables/all_shards/{database}/schema_migrations"
    return (
        f"CREATE TABLE IF NOT EXISTS schema_migrations ON CLUSTER '{cluster}' {columns} "
        f"ENGINE = ReplicatedReplacingMergeTree('{path}', '{{shard}}-{{replica}}') ORDER BY name"
    )
