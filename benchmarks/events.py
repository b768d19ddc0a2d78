"""Events a second: accepted over HTTP in batches, and delivered through one filter to a receiver of its own process."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import http_api, load, servers
from benchmarks.report import Row

BATCH = 100
DELIVERIES = 2_000
GOAL_ACCEPTED = 3_000

_RECEIVER = """
import asyncio, sys
count = 0
class Receiver(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.data = transport, b""
    def data_received(self, data):
        global count
        self.data += data
        while b"\\r\\n\\r\\n" in self.data:
            head, rest = self.data.split(b"\\r\\n\\r\\n", 1)
            lower = head.lower()
            size = int(lower.split(b"content-length:")[1].split(b"\\r\\n")[0]) if b"content-length:" in lower else 0
            if len(rest) < size:
                return
            self.data = rest[size:]
            body = b"%d" % count
            if not head.startswith(b"GET"):
                count += 1
            self.transport.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
async def main():
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()
asyncio.run(main())
"""


def _event(number: int, name: str) -> dict[str, Any]:
    properties = {f"property_{n}": f"value {n} of event {number}" for n in range(20)}
    return {"event": name, "distinct_id": f"person {number % 500}", "properties": properties}


def _batch(number: int, name: str = "page viewed") -> bytes:
    events = [_event(number * BATCH + n, name) for n in range(BATCH)]
    return load.request("POST", "/batch/", body={"api_key": servers.TOKEN, "batch": events})


def run(folder: Path) -> list[Row]:
    """Measure acceptance, then delivery, then what the server holds in memory."""
    with servers.ours(folder) as server:
        ready = Row(
            "ready after start (s, prepared environment)", f"{server.ready_after:.2f} s", "", None, None, "goal 5 s"
        )
        return [ready, _accepted(server), _delivered(server), _memory(server)]


def _accepted(server: servers.Server) -> Row:
    result = load.measure(server.port, [_batch(n) for n in range(40)], connections=4, seconds=6)
    assert result.failures == 0
    per_second = result.per_second * BATCH
    note = f"p99 {result.p99:.0f} ms a batch of {BATCH}"
    return Row(
        "events accepted, to the goal",
        f"{per_second:,.0f}/s",
        f"{GOAL_ACCEPTED:,}/s",
        per_second / GOAL_ACCEPTED,
        1,
        note,
    )


def _delivered(server: servers.Server) -> Row:
    port = servers.free_port()
    receiver = subprocess.Popen([sys.executable, "-c", _RECEIVER, str(port)])
    try:
        definition = {
            "type": "destination",
            "name": "Delivery",
            "enabled": True,
            "hog": "fetch(inputs.url, {'method': 'POST', 'body': event.properties})",
            "inputs_schema": [{"key": "url", "type": "string"}],
            "inputs": {"url": {"value": f"http://127.0.0.1:{port}/"}},
            "filters": {"events": [{"id": "order placed", "type": "events"}]},
        }
        http_api._call(server, "POST", "/api/projects/@current/hog_functions/", definition)
        started = time.monotonic()
        for number in range(DELIVERIES // BATCH):
            _send(server.port, _batch(number, "order placed"))
        while _received(port) < DELIVERIES:
            assert time.monotonic() - started < 120, f"{_received(port)} of {DELIVERIES} delivered"
            time.sleep(0.05)
        per_second = DELIVERIES / (time.monotonic() - started)
        return Row(
            "events delivered through one filter", f"{per_second:,.0f}/s", "", None, None, "accepted to received"
        )
    finally:
        receiver.kill()
        receiver.wait()


def _send(port: int, message: bytes) -> None:
    head, body = message.split(b"\r\n\r\n", 1)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", head.split(b" ")[1].decode(), body, {"Content-Type": "application/json"})
    assert connection.getresponse().status == 200


def _received(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/")
    return int(json.loads(connection.getresponse().read()))


def _memory(server: servers.Server) -> Row:
    megabytes = server.resident_megabytes()
    return Row("resident memory after it", f"{megabytes:,.0f} MB", "", None, None, "goal 700 MB")
