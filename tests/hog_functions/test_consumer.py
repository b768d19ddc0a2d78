"""Which functions run for which captured events (hog_functions.md 2.7, 2.9, 4)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hog_functions.consumer import HogFunctionConsumer, _Allowance
from hog_functions.models import HogFunction
from hogapi.runtime.invocation import Conduct, Outcome, run
from hogapi.runtime.models import Invocation
from hogapi.telemetry import logs, metrics
from hogapi.telemetry.events import CapturedEvent
from tests.hog_functions.conftest import Functions

NOW = datetime.now(UTC)


def captured(project_id: int, event: str = "$pageview", **properties: Any) -> CapturedEvent:
    return CapturedEvent(
        uuid=uuid4(),
        team_id=project_id,
        event=event,
        distinct_id="ada",
        properties=properties,
        timestamp=NOW,
        created_at=NOW,
        person_id=uuid4(),
        person_properties={"email": "ada@example.com"},
    )


@pytest.fixture
def consumer() -> HogFunctionConsumer:
    return HogFunctionConsumer()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], int]:
    """What the consumer counted: (function, name) -> count."""
    counts: dict[tuple[str, str], int] = {}

    def record(found: Any) -> None:
        for one in found:
            key = (one.app_source_id, one.metric_name)
            counts[key] = counts.get(key, 0) + one.count
            assert (one.app_source, one.metric_kind) == ("hog_function", "other")

    monkeypatch.setattr(metrics, "record", record)
    return counts


def test_a_matching_event_makes_a_run(
    functions: Functions, project: Any, consumer: HogFunctionConsumer, counted: dict[tuple[str, str], int]
) -> None:
    created = functions.create()
    events = [captured(project.pk, plan="pro"), captured(project.pk, "$exception")]
    (made,) = consumer.invocations(project.pk, events)
    assert isinstance(made, Invocation)
    assert (made.source, made.source_id, made.project_id, made.mapping) == (
        "hog_function",
        UUID(created["id"]),
        project.pk,
        None,
    )
    assert made.event["event"]["properties"] == {"plan": "pro"}
    assert made.event["event"]["uuid"] == str(events[0].uuid)
    assert made.event["source"]["name"] == "Webhook"
    assert made.event["person"]["name"] == "ada@example.com"
    assert "inputs" not in made.event
    made.save()
    assert counted == {(created["id"], "triggered"): 1, (created["id"], "filtered"): 1}


@pytest.mark.parametrize(
    "changes",
    [{"enabled": False}, {"type": "internal_destination"}, {"type": "transformation"}, {"type": "source_webhook"}],
)
def test_only_enabled_destinations_run(
    functions: Functions, project: Any, consumer: HogFunctionConsumer, changes: dict[str, Any]
) -> None:
    functions.create(**changes)
    assert consumer.invocations(project.pk, [captured(project.pk)]) == []


def test_every_change_is_seen_by_the_next_batch(
    functions: Functions, project: Any, other_project: Any, consumer: HogFunctionConsumer
) -> None:
    def runs() -> int:
        return len(consumer.invocations(project.pk, [captured(project.pk)]))

    assert runs() == 0
    first = functions.create()["id"]
    second = functions.create()["id"]
    assert runs() == 2
    functions.patch(first, enabled=False)
    assert runs() == 1
    functions.patch(first, enabled=True)
    functions.patch(second, filters={"events": [{"id": "$exception", "type": "events"}]})
    assert runs() == 1
    functions.patch(first, deleted=True)
    assert runs() == 0
    functions.patch(first, deleted=False)
    assert runs() == 1
    assert consumer.invocations(other_project.pk, [captured(other_project.pk)]) == []


def test_an_unchanged_project_costs_one_query_a_batch(
    functions: Functions, project: Any, consumer: HogFunctionConsumer, counted: Any
) -> None:
    for _ in range(3):
        functions.create()
    consumer.invocations(project.pk, [captured(project.pk)])
    with CaptureQueriesContext(connection) as queries:
        consumer.invocations(project.pk, [captured(project.pk) for _ in range(20)])
    assert len(queries) == 1


def test_each_matching_mapping_makes_a_run(
    functions: Functions, project: Any, consumer: HogFunctionConsumer, counted: dict[tuple[str, str], int]
) -> None:
    def mapping(event: str) -> dict[str, Any]:
        return {"filters": {"events": [{"id": event, "type": "events"}]}}

    own = {"properties": [{"key": "plan", "value": "pro", "type": "event"}]}
    created = functions.create(
        filters=own, mappings=[mapping("$pageview"), mapping("$exception"), mapping("$pageview"), {}]
    )
    made = consumer.invocations(project.pk, [captured(project.pk, plan="pro"), captured(project.pk, plan="free")])
    assert [one.mapping for one in made] == [0, 2, 3]
    assert counted == {(created["id"], "triggered"): 3, (created["id"], "filtered"): 1}


def test_filters_that_did_not_compile_match_nothing_and_stop_nobody(
    functions: Functions, project: Any, consumer: HogFunctionConsumer
) -> None:
    broken = functions.create(filters={})
    HogFunction.objects.filter(pk=broken["id"]).update(filters={"bytecode": None, "bytecode_error": "x"})
    malformed = functions.create(filters={})
    HogFunction.objects.filter(pk=malformed["id"]).update(filters={"bytecode": ["_H", 1, 999]})
    working = functions.create()
    (made,) = consumer.invocations(project.pk, [captured(project.pk)])
    assert str(made.source_id) == working["id"]


def test_a_filter_that_fails_is_counted_and_logged(
    functions: Functions,
    project: Any,
    consumer: HogFunctionConsumer,
    counted: dict[tuple[str, str], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[Any] = []
    monkeypatch.setattr(logs, "record", written.extend)
    failing = functions.create(filters={})
    HogFunction.objects.filter(pk=failing["id"]).update(filters={"bytecode": ["_H", 1, 32, "nowhere", 1, 1]})
    working = functions.create()
    event = captured(project.pk)
    assert [str(one.source_id) for one in consumer.invocations(project.pk, [event])] == [working["id"]]
    assert counted[failing["id"], "filtering_failed"] == 1
    (line,) = written
    assert (line.level, line.log_source_id) == ("error", failing["id"])
    assert line.message.startswith(f"Error filtering event {event.uuid}: ")


def test_a_program_is_the_function_as_it_is_now(functions: Functions, consumer: HogFunctionConsumer) -> None:
    created = functions.create()
    function_id = UUID(created["id"])
    program = consumer.program(function_id)
    assert program is not None
    assert program.inputs["key"]["value"] == "open sesame"
    assert program.secret_keys == {"key"}
    assert consumer.program(function_id) is program
    functions.patch(created["id"], name="Renamed")
    renamed = consumer.program(function_id)
    assert renamed is not None
    assert renamed.name == "Renamed"
    functions.patch(created["id"], enabled=False)
    assert consumer.program(function_id) is None
    assert consumer.program(uuid4()) is None


def test_a_run_made_here_can_be_run(functions: Functions, project: Any, consumer: HogFunctionConsumer) -> None:
    created = functions.create(hog="print(inputs.body.name, inputs.key, source.name)")
    (made,) = consumer.invocations(project.pk, [captured(project.pk)])
    made.save()
    made.refresh_from_db()
    program = consumer.program(UUID(created["id"]))
    assert program is not None
    result = run(program, made.event, conduct=Conduct.MOCKED, mapping=made.mapping)
    assert result.outcome is Outcome.SUCCEEDED
    assert result.logs[0].message == "$pageview, ***REDACTED***, Webhook"


def test_filters_that_never_end_hold_up_few_events(
    functions: Functions, project: Any, consumer: HogFunctionConsumer, counted: dict[tuple[str, str], int]
) -> None:
    endless = {"properties": [{"type": "hogql", "key": "(() -> { while (true) {} })()"}]}
    slow = functions.create(enabled=True, filters=endless)["id"]
    good = functions.create(enabled=True, filters={"events": [{"id": "$pageview", "type": "events"}]})["id"]
    started = time.thread_time()
    runs = consumer.invocations(project.id, [captured(project.id) for _ in range(200)])
    assert time.thread_time() - started < 5  # 20 at 0.1 s each without a limit
    assert len(runs) == 200
    assert {str(one.source_id) for one in runs} == {good}
    assert counted[slow, "filtering_failed"] == 200


def test_filters_may_run_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hog_functions.consumer.time.monotonic", clock := iter([0.0, 1.0, 1.0, 500.0]).__next__)
    allowance = _Allowance()
    allowance.charge(0.0009)
    assert not allowance.spent()
    allowance.charge(2.0)
    assert allowance.spent()
    assert not allowance.spent()
    with pytest.raises(StopIteration):
        clock()
