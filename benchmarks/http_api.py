"""Requests a second, p99 and CPU a request of list, retrieve and create, beside an ordinary viewset and the floor."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import load, servers
from benchmarks.report import Row

FUNCTIONS = 100
SECONDS = 4.0
_HOG = """\
let properties := {}
for (let key, value in event.properties) {
    if (value != null and not key like '$%') {
        properties[key] := value
    }
}
let payload := {
    'event': event.event,
    'distinct_id': event.distinct_id,
    'timestamp': event.timestamp,
    'email': inputs.email,
    'plan': inputs.plan,
    'properties': properties
}
let response := fetch(inputs.url, {'method': inputs.method, 'headers': inputs.headers, 'body': payload})
if (response.status >= 400) {
    throw Error(f'The receiver answered {response.status}: {response.body}')
}
"""


def function(number: int) -> dict[str, Any]:
    """A destination of realistic size: a program of 20 lines, eight inputs, filters on two events."""
    keys = ["url", "method", "headers", "email", "plan", "company", "source", "note"]
    values: list[Any] = [
        "https://hooks.example.com/services/{project.id}/{event.event}",
        "POST",
        {"Content-Type": "application/json", "X-Event": "{event.uuid}"},
        "{person.properties.email}",
        "{event.properties.plan ?? 'free'}",
        "{person.properties.company}",
        "hogapi, function " + str(number),
        "Sent for {person.name} at {event.timestamp}. " * 4,
    ]
    types = ["string", "string", "dictionary", "string", "string", "string", "string", "string"]
    return {
        "type": "destination",
        "name": f"Destination {number}",
        "description": "Sends the event with selected properties to the receiver. " * 3,
        "enabled": False,
        "hog": _HOG,
        "inputs_schema": [
            {"key": key, "type": kind, "label": key.title(), "required": key == "url", "description": f"The {key}."}
            for key, kind in zip(keys, types, strict=True)
        ],
        "inputs": {key: {"value": value} for key, value in zip(keys, values, strict=True)},
        "filters": {"events": [{"id": f"event {number}", "type": "events", "order": 0}]},
    }


@dataclass
class Measured:
    """One job on one server: the load it bore, and the CPU of its processes for each request, in ms."""

    load: load.Load
    cpu: float


def _call(server: servers.Server, method: str, path: str, body: Any = None) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Authorization": f"Bearer {servers.KEY}", "Content-Type": "application/json"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    payload = answer.read()
    assert answer.status < 300, (method, path, answer.status, payload[:500])
    return json.loads(payload)


def _measure(server: servers.Server, requests: list[bytes], connections: int = 8) -> Measured:
    load.measure(server.port, requests[:50], connections=connections, seconds=1)
    before = server.cpu_seconds()
    result = load.measure(server.port, requests, connections=connections, seconds=SECONDS)
    assert result.failures == 0, f"{result.failures} failed answers"
    return Measured(result, (server.cpu_seconds() - before) * 1000 / result.requests)


def _jobs(project: int, ids: list[str]) -> Iterator[tuple[str, list[bytes], bool]]:
    base = f"/api/projects/{project}/hog_functions/"
    yield "list of 100", [load.request("GET", base, key=servers.KEY)], True
    yield "list of 100, full", [load.request("GET", f"{base}?full=true", key=servers.KEY)], True
    yield "retrieve", [load.request("GET", f"{base}{i}/", key=servers.KEY) for i in ids], True
    creations = [load.request("POST", base, key=servers.KEY, body=function(n)) for n in range(1000, 1400)]
    yield "create", creations, False


# Of a job: least ratio to the floor, least ratio to the ordinary viewset (issue A).
_GOALS: dict[str, tuple[float | None, float | None]] = {
    "list of 100": (0.5, None),
    "list of 100, full": (0.5, None),
    "retrieve": (None, 2.5),
    "create": (None, 1.3),
}


def run(folder: Path) -> list[Row]:
    """Measure every job on the three servers, one after another, on the same rows."""
    rows = []
    with ExitStack() as stack:
        ours = stack.enter_context(servers.ours(folder))
        project = _call(ours, "GET", "/api/projects/@current/")["id"]
        base = f"/api/projects/{project}/hog_functions/"
        ids = [_call(ours, "POST", base, function(n))["id"] for n in range(FUNCTIONS)]
        ordinary = stack.enter_context(servers.control("ordinary", folder))
        floor = stack.enter_context(servers.control("floor", folder))
        for job, requests, has_floor in _jobs(project, ids):
            mine, control = _measure(ours, requests), _measure(ordinary, requests)
            floor_goal, ordinary_goal = _GOALS[job]
            rows.append(_row(f"{job}, to an ordinary viewset", mine, control, ordinary_goal))
            if has_floor:
                rows.append(_row(f"{job}, to the floor", mine, _measure(floor, requests), floor_goal))
    return rows


def _row(job: str, mine: Measured, other: Measured, goal: float | None) -> Row:
    return Row(job, _text(mine), _text(other), mine.load.per_second / other.load.per_second, goal)


def _text(measured: Measured) -> str:
    return f"{measured.load.per_second:,.0f}/s, p99 {measured.load.p99:.1f} ms, CPU {measured.cpu:.2f} ms"
