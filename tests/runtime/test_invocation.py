"""The executor: programs of users against a mocked, a tested and a delivered world (hog_functions.md 3.1, 4)."""

from __future__ import annotations

import ipaddress
import json
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from hogapi.hog.compiler import compile_program
from hogapi.runtime import input_schema, inputs
from hogapi.runtime.fetch import Fetcher
from hogapi.runtime.globals import Subject, event_globals
from hogapi.runtime.invocation import Conduct, InvocationResult, Outcome, run
from hogapi.runtime.programs import FunctionProgram, MappingProgram

UUID = "0191b7a2-0000-7000-8000-000000000001"


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    made = Fetcher((ipaddress.ip_network("127.0.0.0/8"),))
    yield made
    made.close()


def globals(**properties: Any) -> dict[str, Any]:
    return event_globals(
        Subject(1, "Burrow"),
        uuid=UUID,
        event="$pageview",
        distinct_id="ada",
        properties=properties,
        timestamp=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        person_id="p1",
        person_properties={"email": "ada@example.com"},
    )


def program(
    hog: str, values: Mapping[str, Any] | None = None, *, secret: tuple[str, ...] = (), **parts: Any
) -> FunctionProgram:
    values = values or {}
    schema = input_schema.validate([{"key": key, "type": "json", "secret": key in secret} for key in values])
    checked = inputs.validate({key: {"value": one} for key, one in values.items()}, schema=schema, stored_secrets={})
    return FunctionProgram(
        id=uuid4(),
        project_id=1,
        name="Test",
        type="destination",
        bytecode=compile_program(hog),
        inputs=checked.complete(),
        filters=["_H", 1, 29],
        secret_keys=frozenset(secret),
        **parts,
    )


def messages(result: InvocationResult) -> list[tuple[str, str]]:
    return [(entry.level, entry.message) for entry in result.logs]


def mocked(one: FunctionProgram) -> InvocationResult:
    return run(one, globals(), conduct=Conduct.MOCKED)


def test_a_run_renders_its_inputs_and_prints() -> None:
    result = mocked(
        program(
            "print(inputs.greeting, inputs.body); return inputs.greeting",
            {"greeting": "Hi {person.name} at {project.name}", "body": {"e": "{event.event}", "n": 1}},
        )
    )
    assert (result.outcome, result.result) == (Outcome.SUCCEEDED, "Hi ada@example.com at Burrow")
    assert messages(result)[0] == ("info", 'Hi ada@example.com at Burrow, {"e":"$pageview","n":1}')
    assert [(count.kind, count.name, count.count) for count in result.metrics] == [("success", "succeeded", 1)]


def test_the_last_line_tells_the_cost() -> None:
    level, text = messages(mocked(program("return 1")))[-1]
    assert level == "debug"
    pattern = r"Function completed in [\d.]+ms\. Sync: [\d.]+ms\. Mem: [\d.]+kb\. Ops: \d+\. Event: '(.+)'"
    found = re.fullmatch(pattern, text)
    assert found is not None, text
    assert found[1] == globals()["event"]["url"]


def test_mocked_calls_are_logged_before_the_programs_own_lines() -> None:
    result = mocked(
        program("let r := fetch('https://x.y/{z}', {'method': 'PUT', 'body': {'a': 1}}); print(r.status, r.body)")
    )
    assert messages(result)[:3] == [
        ("info", "Async function 'fetch' was mocked with arguments:"),
        ("info", 'fetch(\'https://x.y/{z}\', {\n  "method": "PUT",\n  "body": {\n    "a": 1\n  }\n})'),
        ("info", "200, {}"),
    ]


def test_real_calls_reach_the_receiver_and_answer_parsed_json(fetcher: Fetcher, receiver: Any) -> None:
    one = program(
        "let r := fetch(inputs.url, {'method': 'POST', 'body': inputs.body}); print(r.status, r.body.ok)",
        {"url": receiver.url + "/{event.event}", "body": {"who": "{event.distinct_id}"}},
    )
    result = run(one, globals(), conduct=Conduct.TESTED, fetcher=fetcher)
    assert receiver.requests[0].path == "/$pageview"
    assert receiver.requests[0].json == {"who": "ada"}
    assert messages(result)[0] == ("info", "200, true")
    counts = {(count.kind, count.name): count.count for count in result.metrics}
    assert counts == {("other", "fetch"): 1, ("success", "succeeded"): 1}


def test_a_failing_program_says_why() -> None:
    result = mocked(program("throw Error('no luck')"))
    assert result.outcome is Outcome.FAILED
    assert len(result.errors) == 1
    assert "no luck" in result.errors[0]
    level, text = messages(result)[-1]
    assert level == "error"
    assert text.startswith(f"Error executing function on event {UUID}: ")
    assert [(count.kind, count.name) for count in result.metrics] == [("failure", "failed")]


@pytest.mark.parametrize(
    "hog",
    ["return nope", "while (true) { let a := 1 }", "fun f() { return f() } return f()", "return nope(1)"],
)
def test_hostile_and_broken_programs_fail_within_their_limits(hog: str) -> None:
    result = mocked(program(hog))
    assert result.outcome is Outcome.FAILED
    assert result.errors


def test_bytecode_that_is_none_fails() -> None:
    broken = FunctionProgram(uuid4(), 1, "x", "destination", ["nonsense"], {}, None)
    result = mocked(broken)
    assert result.outcome is Outcome.FAILED
    assert mocked(FunctionProgram(uuid4(), 1, "x", "destination", None, {}, None)).outcome is Outcome.FAILED


def test_inputs_that_cannot_be_built_keep_the_program_from_running() -> None:
    result = mocked(program("print('ran')", {"a": "{nothing.here}"}))
    assert result.outcome is Outcome.INPUTS_FAILED
    assert [(count.kind, count.name) for count in result.metrics] == [("failure", "inputs_failed")]
    level, text = messages(result)[-1]
    assert level == "error"
    assert text.startswith(f"Error building inputs for event {UUID}: Could not execute the template of a: ")


def test_at_most_25_printed_lines_are_kept() -> None:
    result = mocked(program("for (let i := 1; i <= 40; i := i + 1) { print(i) }"))
    printed = messages(result)[:-1]
    assert len(printed) == 25
    assert printed[23] == ("info", "24")
    assert printed[24] == (
        "warn",
        f"Function exceeded maximum log entries. No more logs will be collected. Event: {UUID}",
    )


def test_lines_of_a_run_have_times_of_their_own() -> None:
    stamps = [entry.timestamp for entry in mocked(program("print(1); print(2); print(3)")).logs]
    assert sorted(set(stamps)) == stamps


def test_secrets_are_struck_out_in_every_spelling(fetcher: Fetcher, receiver: Any) -> None:
    secret = 'pa"ss\\word'
    one = program(
        "print(inputs.key, inputs.nested); fetch(inputs.url, {'headers': {'X-Key': inputs.key}});"
        "throw Error(concat('bad key ', inputs.key))",
        {"key": secret, "nested": {"token": "Bearer {event.event}", "pin": 123456}, "url": "https://x.y"},
        secret=("key", "nested"),
    )
    result = mocked(one)
    everything = json.dumps([messages(result), result.errors])
    for text in (secret, json.dumps(secret)[1:-1], "Bearer $pageview", "123456"):
        assert text not in everything
        assert json.dumps(text)[1:-1] not in everything
    assert "***REDACTED***" in everything


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://169.254.169.254/latest", "http://2130706433/", "http://[::ffff:10.0.0.1]/"]
)
@pytest.mark.parametrize("conduct", [Conduct.TESTED, Conduct.DELIVERED])
def test_a_refused_address_is_logged_and_the_run_has_failed(url: str, conduct: Conduct) -> None:
    one = program("let r := fetch(inputs.url); print(r.status)", {"url": url})
    result = run(one, globals(), conduct=conduct, fetcher=Fetcher())
    assert result.outcome is Outcome.FAILED
    level, text = messages(result)[0]
    assert level == "error"
    assert text.startswith("HTTP fetch failed on attempt 1 with status code (none). Error: The address of ")
    assert messages(result)[1] == ("info", "500")
    assert result.errors == [text]


def test_a_status_that_is_final_is_the_programs_to_judge(fetcher: Fetcher, receiver: Any) -> None:
    receiver.respond = lambda request: (404, {}, b"nobody")
    one = program("let r := fetch(inputs.url); print(r.status, r.body)", {"url": receiver.url})
    result = run(one, globals(), conduct=Conduct.DELIVERED, fetcher=fetcher)
    assert result.outcome is Outcome.SUCCEEDED
    assert messages(result)[:2] == [
        ("error", "HTTP fetch failed on attempt 1 with status code 404."),
        ("info", "404, nobody"),
    ]


def test_a_test_stops_where_a_delivery_would_wait(fetcher: Fetcher, receiver: Any) -> None:
    receiver.respond = lambda request: (503, {}, b"")
    one = program("fetch(inputs.url); print('after')", {"url": receiver.url})
    result = run(one, globals(), conduct=Conduct.TESTED, fetcher=fetcher)
    assert (result.outcome, result.state) == (Outcome.SUCCEEDED, None)
    assert len(messages(result)) == 1
    assert messages(result)[0][1].startswith("HTTP fetch failed on attempt 1 with status code 503. Retrying in ")


def test_a_test_makes_at_most_five_calls(fetcher: Fetcher, receiver: Any) -> None:
    one = program("for (let i := 1; i <= 6; i := i + 1) { fetch(inputs.url) }", {"url": receiver.url})
    result = run(one, globals(), conduct=Conduct.TESTED, fetcher=fetcher)
    assert result.errors == ["Exceeded maximum number of async steps: 5"]
    assert len(receiver.requests) == 5


def test_the_calls_of_a_test_share_one_limit_of_time(fetcher: Fetcher, receiver: Any) -> None:
    def answer_slowly(request: Any) -> Any:
        time.sleep(0.4)
        return 200, {}, b""

    receiver.respond = answer_slowly
    one = program(f"fetch('{receiver.url}'); fetch('{receiver.url}'); fetch('{receiver.url}'); print('done')")
    started = time.monotonic()
    result = run(one, globals(), conduct=Conduct.TESTED, fetcher=fetcher, ends_at=started + 0.6)
    assert time.monotonic() - started < 1.0
    assert result.outcome is Outcome.FAILED
    assert result.errors == ["Exceeded maximum time of a test: its calls may take 15 seconds together"]
    assert messages(result)[-1] == ("error", f"Error executing function on event {UUID}: {result.errors[0]}")
    assert len(receiver.requests) == 2

    late = run(one, globals(), conduct=Conduct.TESTED, fetcher=fetcher, ends_at=time.monotonic() - 1)
    assert (late.outcome, len(receiver.requests)) == (Outcome.FAILED, 2)


def test_a_delivery_waits_and_goes_on_elsewhere(fetcher: Fetcher, receiver: Any) -> None:
    statuses = iter([503, 429, 200])
    receiver.respond = lambda request: (next(statuses), {"Retry-After": "120"}, b'{"n": 7}')
    one = program(
        "print('before'); let r := fetch(inputs.url, {'method': 'POST', 'body': inputs.key}); print(r.body.n);"
        "return 'x'",
        {"url": receiver.url, "key": "secret value"},
        secret=("key",),
    )
    started = datetime.now(UTC)
    first = run(one, globals(), conduct=Conduct.DELIVERED, fetcher=fetcher)
    assert (first.outcome, first.attempt) == (Outcome.WAITING, 1)
    assert first.resume_at is not None
    assert 119 < (first.resume_at - started).total_seconds() < 125
    assert messages(first)[0] == ("info", "before")
    stored = json.dumps(first.state)
    assert "secret value" not in stored
    second = run(
        one, globals(), conduct=Conduct.DELIVERED, state=json.loads(stored), attempt=first.attempt, fetcher=fetcher
    )
    assert (second.outcome, second.attempt) == (Outcome.WAITING, 2)
    last = run(one, globals(), conduct=Conduct.DELIVERED, state=second.state, attempt=second.attempt, fetcher=fetcher)
    assert (last.outcome, last.result) == (Outcome.SUCCEEDED, "x")
    assert messages(last)[0] == ("info", "7")
    assert [request.body for request in receiver.requests] == [b"secret value"] * 3
    total: dict[str, int] = {}
    for part in (first, second, last):
        for count in part.metrics:
            total[count.name] = total.get(count.name, 0) + count.count
    assert total == {"fetch": 3, "succeeded": 1}


def test_a_delivery_gives_up_after_three_attempts_and_lets_the_program_judge(fetcher: Fetcher, receiver: Any) -> None:
    receiver.respond = lambda request: (500, {}, b"broken")
    one = program("let r := fetch(inputs.url); if (r.status >= 400) { throw Error(r.body) }", {"url": receiver.url})
    state, attempt = None, 0
    for _ in range(2):
        result = run(one, globals(), conduct=Conduct.DELIVERED, state=state, attempt=attempt, fetcher=fetcher)
        assert result.outcome is Outcome.WAITING
        state, attempt = result.state, result.attempt
    result = run(one, globals(), conduct=Conduct.DELIVERED, state=state, attempt=attempt, fetcher=fetcher)
    assert result.outcome is Outcome.FAILED
    assert messages(result)[0] == ("error", "HTTP fetch failed on attempt 3 with status code 500.")
    assert "broken" in result.errors[0]


def test_attempts_count_for_each_call_anew(fetcher: Fetcher, receiver: Any) -> None:
    statuses = iter([500, 200, 500, 200])
    receiver.respond = lambda request: (next(statuses), {}, b"")
    one = program("fetch(inputs.url); fetch(inputs.url); return 1", {"url": receiver.url})
    first = run(one, globals(), conduct=Conduct.DELIVERED, fetcher=fetcher)
    second = run(one, globals(), conduct=Conduct.DELIVERED, state=first.state, attempt=1, fetcher=fetcher)
    assert (second.outcome, second.attempt) == (Outcome.WAITING, 1)
    third = run(one, globals(), conduct=Conduct.DELIVERED, state=second.state, attempt=1, fetcher=fetcher)
    assert third.outcome is Outcome.SUCCEEDED


def test_sleep_suspends_a_delivery_and_costs_a_test_nothing(fetcher: Fetcher) -> None:
    one = program("sleep(60); return 'awake'")
    waiting = run(one, globals(), conduct=Conduct.DELIVERED, fetcher=fetcher)
    assert (waiting.outcome, waiting.attempt) == (Outcome.WAITING, 0)
    awake = run(one, globals(), conduct=Conduct.DELIVERED, state=waiting.state, fetcher=fetcher)
    assert (awake.outcome, awake.result) == (Outcome.SUCCEEDED, "awake")
    assert run(one, globals(), conduct=Conduct.TESTED, fetcher=fetcher).result == "awake"


@pytest.mark.parametrize("call", ["fetch()", "fetch(5)", "fetch('x')", "fetch('ftp://x')", "fetch('https://x', 5)"])
def test_calls_that_cannot_be_made_are_failures_of_the_run(call: str, fetcher: Fetcher) -> None:
    result = run(program(f"let r := {call}; return r.status"), globals(), conduct=Conduct.TESTED, fetcher=fetcher)
    assert result.outcome is Outcome.FAILED
    assert messages(result)[0][1].startswith("HTTP fetch failed on attempt 1 with status code (none). Error: ")


def test_inputs_of_a_mapping_lie_over_those_of_the_function() -> None:
    schema = input_schema.validate([{"key": "path", "type": "string"}])
    own = inputs.validate({"path": {"value": "/mapped"}}, schema=schema, stored_secrets={}).complete()
    one = program(
        "return concat(inputs.base, inputs.path)",
        {"base": "https://x", "path": "/own"},
        mappings=[MappingProgram("m", ["_H", 1, 29], own)],
    )
    assert run(one, globals(), conduct=Conduct.MOCKED, mapping=0).result == "https://x/mapped"
    assert run(one, globals(), conduct=Conduct.MOCKED).result == "https://x/own"


def test_a_program_cannot_change_what_another_run_sees() -> None:
    shared = globals(a=1)
    one = program("let e := event; e.properties.a := 2; return event.properties.a")
    assert run(one, shared, conduct=Conduct.MOCKED).result == 1
    assert shared["event"]["properties"] == {"a": 1}


def test_inputs_share_one_budget_of_time() -> None:
    slow = "{arrayMap(x -> arrayMap(y -> y, range(0, 1000)), range(0, 100000))}"
    result = mocked(program("return 1", {f"i{number}": slow for number in range(5)}))
    assert result.outcome is Outcome.INPUTS_FAILED
