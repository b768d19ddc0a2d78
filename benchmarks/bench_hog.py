"""Five Hog programs on our VM and on the published one (``@posthog/hogvm``, warm in node), measured in turns.

``python -m benchmarks.bench_hog``. A ratio above 1 says that ours is faster. Both sides run the same bytecode with an
event of their own for every run (made before the clock starts), the five programs in turns as a worker has them, from
execution to result with every suspension and resumption. Translation is not counted but shown apart: the first run of
a program never seen before. Needs node and the packages of ``tests/node``.
"""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.report import Row, table
from hogapi.hog.compiler import compile_expression, compile_program
from hogapi.hog.vm import Limits, compile_filter, execute, resume

NODE = Path(__file__).parents[1] / "tests" / "node"
FETCH = frozenset({"fetch"})
LIMITS = Limits(seconds=60)
ROUNDS = 3
SECONDS = 3.0  # of measuring, on each side in each round
BATCH = 20  # runs of a filter that are timed together, because a look at the clock takes longer than a run

_PROPERTIES: dict[str, Any] = {f"property_{i}": (f"Value {i}" if i % 3 else i) for i in range(50)}
_PROPERTIES |= {"$ip": "1.2.3.4", "email": "ann@example.com"}
GLOBALS: dict[str, Any] = {
    "event": {
        "event": "$pageview",
        "distinct_id": "d",
        "uuid": "u",
        "timestamp": "2024-05-06T07:08:09Z",
        "properties": _PROPERTIES,
    },
    "person": {"id": "p", "name": "Ann", "properties": {"email": "ann@example.com", "plan": "pro"}},
    "properties": _PROPERTIES,
    "inputs": {"url": "https://example.com/hook", "method": "POST", "headers": {"Content-Type": "application/json"}},
}

FIBONACCI = "fun fib(n) { if (n < 2) { return n } return fib(n - 1) + fib(n - 2) } return fib(20)"
LOOP = "let sum := 0 for (let i := 0; i < 100000; i := i + 1) { sum := sum + i } return sum"
DESTINATION = """
let body := {'event': event.event, 'id': event.uuid, 'at': event.timestamp, 'person': person.name}
for (let i := 1; i <= 15; i := i + 1) {
    let name := f'property_{i}'
    let value := event.properties[name]
    if (not empty(value)) { body[name] := value }
}
let res := fetch(inputs.url, {'method': inputs.method, 'headers': inputs.headers, 'body': jsonStringify(body)})
if (res.status >= 400) { throw Error(f'Error from example.com (status {res.status})') }
return res.status
"""
FILTER = "event.event = '$pageview' and (properties.property_1 = 'Value 1' or not person.properties.plan = 'free')"
TRANSFORMATION = """
let kept := event
let properties := kept.properties
for (let key, value in properties) {
    if (startsWith(key, '$')) { properties[key] := null }
    else if (typeof(value) = 'string') { properties[key] := lower(replaceAll(value, ' ', '_')) }
    else { properties[key] := value * 2 }
}
return kept
"""


@dataclass(frozen=True)
class Job:
    """A program, how many times faster than the published VM it has to be, and runs between two looks at the clock."""

    name: str
    bytecode: list[Any]
    goal: float
    batch: int = 1


def jobs() -> list[Job]:
    """Return the five programs."""
    return [
        Job("fib(20), recursive", compile_program(FIBONACCI), 10),
        Job("loop of 100,000 additions", compile_program(LOOP), 8),
        Job("destination, 15 properties, one fetch", compile_program(DESTINATION, supported_functions=FETCH), 1.5),
        Job("filter of three clauses", compile_expression(FILTER), 20, BATCH),
        Job("transformation of 50 properties", compile_program(TRANSFORMATION), 5),
    ]


def _ours(job: Job) -> Callable[[dict[str, Any]], Any]:
    if job.name.startswith("filter"):
        return compile_filter(job.bytecode)

    def run(event: dict[str, Any]) -> Any:
        execution = execute(job.bytecode, event, async_functions=FETCH, limits=LIMITS)
        while execution.state is not None:
            answer = {"status": 200, "body": {"url": execution.async_args[0], "n": 1}}
            execution = resume(execution.state, answer, event, async_functions=FETCH, limits=LIMITS)
        if execution.error is not None:
            raise execution.error
        return execution.result

    return run


def _measure(runs: list[Callable[[dict[str, Any]], Any]], batches: list[int]) -> list[float]:
    """Run all programs in turns, each on an event of its own; return the median seconds of each."""
    text = json.dumps(GLOBALS)
    times: list[list[float]] = [[] for _ in runs]
    end = perf_counter() + SECONDS
    while perf_counter() < end:
        for run, batch, list_ in zip(runs, batches, times, strict=True):
            events = [json.loads(text) for _ in range(batch)]
            start = perf_counter()
            for event in events:
                run(event)
            list_.append((perf_counter() - start) / batch)
    return [sorted(list_)[len(list_) // 2] for list_ in times]


def _cold(job: Job) -> float:
    """Return the seconds of a program's first run, each time as one never seen before."""
    times = []
    for number in range(20):
        fresh = copy.deepcopy(job.bytecode)
        fresh[2:2] = [32, f"cold {number}", 35]
        start = perf_counter()
        execute(fresh, GLOBALS, async_functions=FETCH, limits=LIMITS)
        times.append(perf_counter() - start)
    return sorted(times)[10]


def _shown(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} us"


def run() -> list[Row]:
    """Measure all programs on both sides, in turns, and return the best round of each side."""
    node = subprocess.Popen(["node", "hogvm.mjs"], cwd=NODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if node.stdin is None or node.stdout is None:
        raise RuntimeError("node has no pipes")
    programs = jobs()
    batches = [job.batch for job in programs]
    request = {
        "programs": [job.bytecode for job in programs], "batches": batches, "globals": GLOBALS, "seconds": SECONDS,
    }  # fmt: skip
    ours, theirs = [], []
    for _ in range(ROUNDS):
        node.stdin.write(json.dumps(request) + "\n")
        node.stdin.flush()
        theirs.append(json.loads(node.stdout.readline())["seconds"])
        ours.append(_measure([_ours(job) for job in programs], batches))
    rows = []
    for job, *times in zip(programs, *ours, *theirs, strict=True):
        best, control = min(times[:ROUNDS]), min(times[ROUNDS:])
        note = f"first run {_shown(_cold(job))}" if not job.name.startswith(("fib", "loop")) else ""
        rows.append(Row(job.name, _shown(best), _shown(control), control / best, job.goal, note))
    node.communicate()
    return rows


if __name__ == "__main__":
    print(table(run()))
