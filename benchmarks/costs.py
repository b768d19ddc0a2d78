"""What small steps on hot paths cost: parsing and compiling a program, and a filter that does not match."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks.report import Row
from hogapi.hog.compiler import compile_expression, compile_program
from hogapi.hog.parser import parse_program
from hogapi.hog.vm import compile_filter
from tests.hog import oracle

PROGRAM = """\
let properties := {}
for (let key, value in event.properties) { if (not empty(value) and not key like '$%') { properties[key] := value } }
let response := fetch(inputs.url, {
    'method': inputs.method ?? 'POST',
    'headers': inputs.headers,
    'body': {'event': event.event, 'who': person.properties.email, 'at': event.timestamp, 'properties': properties}
})
if (response.status >= 400) { throw Error(f'The receiver answered {response.status}: {response.body}') }
print(f'Sent {event.uuid}', length(keys(properties)), 'properties')
""".ljust(1024, ";")
FILTER = "event = 'rare' and properties.plan = 'pro'"
EVENT: dict[str, Any] = {"event": "page viewed", "properties": {"plan": "free"}}


def run() -> list[Row]:
    """Measure ours, and the published C++ parser as the peer of the first row."""
    parsing = _best(lambda: parse_program(PROGRAM))
    control = _best(lambda: oracle.parse("program", PROGRAM), times=5)
    compiling = _best(lambda: compile_program(PROGRAM))
    matches = compile_filter(compile_expression(FILTER))
    filtering = _best(lambda: [matches(EVENT) for _ in range(1000)]) / 1000
    return [
        Row(
            "parse a 1 KB program", _milliseconds(parsing), f"C++ parser {_milliseconds(control)}", control / parsing, 1
        ),
        Row("parse and compile it", _milliseconds(compiling), "", None, None, "goal 5 ms"),
        Row("a filter that does not match", f"{filtering * 1e6:.2f} us", "", None, None, "goal 20 us"),
    ]


def _best(work: Callable[[], object], times: int = 50) -> float:
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
