"""What one project sends never changes what another has (groups_auth_platform.md G)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from hogapi.accounts.models import Project
from hogapi.telemetry import client as clickhouse_client
from hogapi.telemetry import writer
from hogapi.worker.ingestion import ingest_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clickhouse")]


def send(client: Client, project: Project, **event: Any) -> None:
    body = {"api_key": project.environment.api_token, "batch": [event]}
    assert client.post("/batch/", body, content_type="application/json").status_code == 200
    assert ingest_once() == 1
    writer.flush()
    clickhouse_client.command("OPTIMIZE TABLE events FINAL")


def test_an_event_of_the_same_uuid_does_not_replace_that_of_another_project(
    client: Client, project: Project, other_project: Project
) -> None:
    event = {
        "uuid": "0190b5a0-0000-7000-8000-000000000001",
        "event": "paid",
        "distinct_id": "ada",
        "timestamp": "2026-11-01T12:00:00Z",
    }
    send(client, project, **event, properties={"amount": 100})
    send(client, other_project, **event, properties={"amount": 0})

    stored = clickhouse_client.query("SELECT team_id, JSONExtractInt(properties, 'amount') FROM events FINAL")
    assert sorted(stored) == sorted([(project.pk, 100), (other_project.pk, 0)])

    send(client, project, **event, properties={"amount": 101})  # its own, a project may send again
    stored = clickhouse_client.query("SELECT team_id, JSONExtractInt(properties, 'amount') FROM events FINAL")
    assert sorted(stored) == sorted([(project.pk, 101), (other_project.pk, 0)])
