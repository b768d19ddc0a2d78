"""The main job: create a destination, send it an event through an official SDK, read its logs and metrics."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from posthog import Posthog

from tests.conftest import Receiver
from tests.end_to_end.server import TOKEN, Server, wait_until

PREFIXES = ["projects", "environments"]
NODE_FOLDER = Path(__file__).resolve().parents[1] / "node"


@pytest.fixture
def destination(server: Server, receiver: Receiver) -> Iterator[dict[str, Any]]:
    function = server.call(
        "POST",
        "/api/projects/@current/hog_functions/",
        {
            "type": "destination",
            "name": "Webhook",
            "enabled": True,
            "template_id": "template-webhook",
            "inputs": {
                "url": {"value": f"{receiver.url}/hook"},
                "body": {
                    "value": {"who": "{event.distinct_id}", "plan": "{event.properties.plan}", "event": "{event.event}"}
                },
            },
            "filters": {"events": [{"id": "signed up", "type": "events"}]},
        },
    )
    yield function
    server.call("PATCH", f"/api/projects/@current/hog_functions/{function['id']}/", {"deleted": True})


def _delivered_totals(server: Server, prefix: str, function_id: str) -> dict[str, int] | None:
    path = f"/api/{prefix}/@current/hog_functions/{function_id}/metrics/totals/?breakdown_by=name"
    totals: dict[str, int] = server.call("GET", path)["totals"]
    return totals if totals.get("succeeded") else None


def _completed(server: Server, prefix: str, function_id: str) -> bool:
    logs = server.call("GET", f"/api/{prefix}/@current/hog_functions/{function_id}/logs/")["results"]
    return any("Function completed" in line["message"] and line["level"] == "DEBUG" for line in logs)


def _check_run(server: Server, receiver: Receiver, function_id: str, who: str) -> None:
    (request,) = receiver.wait_for(1, 20)
    assert (request.method, request.path) == ("POST", "/hook")
    assert request.json == {"who": who, "plan": "pro", "event": "signed up"}
    for prefix in PREFIXES:
        totals = wait_until(lambda p=prefix: _delivered_totals(server, p, function_id), "metrics")
        assert (totals["triggered"], totals["fetch"], totals["succeeded"]) == (1, 1, 1)
        series = server.call("GET", f"/api/{prefix}/@current/hog_functions/{function_id}/metrics/?breakdown_by=name")
        assert {s["name"]: sum(s["values"]) for s in series["series"]}["succeeded"] == 1
        wait_until(lambda p=prefix: _completed(server, p, function_id), "the log line of the run's end")


def test_an_event_of_the_python_sdk_reaches_the_destination_and_its_logs_and_metrics(
    server: Server, receiver: Receiver, destination: dict[str, Any]
) -> None:
    client = Posthog(TOKEN, host=server.url, sync_mode=True)
    client.capture("signed up", distinct_id="ada", properties={"plan": "pro"})
    client.capture("something else", distinct_id="ada")
    client.shutdown()
    _check_run(server, receiver, destination["id"], "ada")


@pytest.mark.skipif(shutil.which("npm") is None, reason="node is absent")
def test_an_event_of_the_node_sdk_reaches_the_destination_and_its_logs_and_metrics(
    server: Server, receiver: Receiver, destination: dict[str, Any]
) -> None:
    if not (NODE_FOLDER / "node_modules/posthog-node").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NODE_FOLDER, check=True, timeout=120)
    command = ["node", "capture.mjs", server.url, TOKEN, "signed up", "grace"]
    done = subprocess.run(command, cwd=NODE_FOLDER, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    _check_run(server, receiver, destination["id"], "grace")


def test_a_destination_that_fails_says_so_in_its_logs_and_metrics(
    server: Server, receiver: Receiver, destination: dict[str, Any]
) -> None:
    receiver.respond = lambda request: (404, {"Content-Type": "text/plain"}, b"gone")
    client = Posthog(TOKEN, host=server.url, sync_mode=True)
    client.capture("signed up", distinct_id="ada")
    client.shutdown()
    receiver.wait_for(1, 20)
    path = f"/api/projects/@current/hog_functions/{destination['id']}"

    def failed_totals() -> dict[str, int] | None:
        totals: dict[str, int] = server.call("GET", f"{path}/metrics/totals/?breakdown_by=kind")["totals"]
        return totals if totals.get("failure") else None

    assert wait_until(failed_totals, "the failure metric")["failure"] == 1
    wait_until(
        lambda: any("404" in line["message"] for line in server.call("GET", f"{path}/logs/?level=ERROR")["results"]),
        "the log line of the failure",
    )
