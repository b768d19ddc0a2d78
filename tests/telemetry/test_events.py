"""Events on their way to ClickHouse."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from hogapi.telemetry import client, events, logs, metrics, writer
from hogapi.telemetry.events import CapturedEvent
from hogapi.telemetry.models import RefusedRow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clickhouse")]

NOW = datetime(2026, 2, 15, 10, 30, 0, 123456, tzinfo=UTC)


def _event(**values: Any) -> CapturedEvent:
    defaults: dict[str, Any] = {
        "uuid": uuid.uuid4(),
        "team_id": 1,
        "event": "seen",
        "distinct_id": "d",
        "properties": {},
        "timestamp": NOW,
        "created_at": NOW,
    }
    return CapturedEvent(**{**defaults, **values})


def _stored(columns: str, event: CapturedEvent) -> tuple[Any, ...]:
    events.record([event])
    writer.flush()
    assert not RefusedRow.objects.exists()
    return client.query(f"SELECT {columns} FROM events")[0]


def test_an_event_is_stored_as_it_was() -> None:
    event = _event(
        event="bought 🦔",
        distinct_id="person\n\"'\\ \x00",
        properties={"b": 1, "a": [None, True, {"x": "é"}], "price": 1.0},
        elements_chain='a.link:href="/"',
        person_id=uuid.uuid4(),
        person_properties={"email": "a@example.com"},
        person_created_at=NOW,
        person_mode="propertyless",
    )
    stored = _stored(
        "uuid, team_id, event, distinct_id, properties, timestamp, created_at, elements_chain, person_id, "
        "person_properties, person_created_at, person_mode",
        event,
    )
    assert stored == (
        event.uuid,
        1,
        event.event,
        event.distinct_id,
        '{"b":1,"a":[null,true,{"x":"é"}],"price":1.0}',
        NOW,
        NOW,
        event.elements_chain,
        event.person_id,
        '{"email":"a@example.com"}',
        NOW.replace(microsecond=123000),
        "propertyless",
    )


def test_an_event_without_person_has_empty_person_columns() -> None:
    stored = _stored("person_id, person_properties, person_mode, toUnixTimestamp(person_created_at)", _event())
    assert stored == (uuid.UUID(int=0), "{}", "full", 0)


@pytest.mark.parametrize(
    ("moment", "stored"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), datetime(1900, 1, 1, tzinfo=UTC)),
        (datetime(9999, 12, 31, tzinfo=UTC), datetime(2299, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        (datetime(1969, 7, 20, tzinfo=UTC), datetime(1969, 7, 20, tzinfo=UTC)),
    ],
)
def test_times_that_clickhouse_cannot_hold_are_moved_to_its_edge(moment: datetime, stored: datetime) -> None:
    assert _stored("timestamp", _event(timestamp=moment)) == (stored,)


def _nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "properties",
    [
        {"big": 10**40, "ok": 1},
        {"text": "half \ud83e character"},
        {"half \ud83e key": 1},
        {"not a number": float("nan")},
        _nested(300),
        _nested(900),
    ],
    ids=["long integer", "half character", "half character in a key", "nan", "nested", "deeply nested"],
)
def test_odd_properties_never_block_an_event(properties: dict[str, Any]) -> None:
    (text,) = _stored("properties", _event(properties=properties))
    assert isinstance(json.loads(text), dict)


@pytest.mark.parametrize("field", ["event", "distinct_id", "elements_chain"])
def test_half_characters_are_written_as_question_marks(field: str) -> None:
    assert _stored(field, _event(**{field: "a\udc00b"})) == ("a?b",)


def test_thousands_of_events_with_logs_and_counts_arrive_once() -> None:
    recorded = [_event(properties={"n": n, "text": "x" * 300}) for n in range(2_000)]
    events.record(recorded)
    logs.record([logs.LogLine(1, "hog_function", "f", str(e.uuid), NOW, "info", "done") for e in recorded])
    metrics.record([metrics.Metric(1, "hog_function", "f", "success", "succeeded", NOW)] * 2_000)
    assert writer.flush() == 4_001
    assert client.query("SELECT uniqExact(uuid) FROM events") == [(2_000,)]
