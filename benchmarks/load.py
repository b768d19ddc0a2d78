"""A small HTTP load generator: keep-alive connections in one asyncio process, bounded in requests and time.

Run as its own process (``python -m benchmarks.load``), so that it shares no interpreter with what it measures. It reads
one JSON object on standard input and writes one on standard output.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Load:
    """What came back: requests a second, latency in ms, and how many answers were not of the 2xx family."""

    per_second: float
    p50: float
    p99: float
    requests: int
    failures: int


def measure(port: int, requests: list[bytes], *, connections: int = 8, seconds: float = 4.0) -> Load:
    """Send ``requests`` (complete HTTP/1.1 messages, in turn) over ``connections`` for ``seconds``."""
    job = {"port": port, "requests": [r.decode("latin1") for r in requests], "connections": connections}
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps({**job, "seconds": seconds}),
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 60,
    )
    return Load(**json.loads(process.stdout))


def request(method: str, path: str, *, key: str | None = None, body: Any = None) -> bytes:
    """A complete HTTP/1.1 message with a JSON body."""
    payload = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(payload)}"]
    if payload:
        lines.append("Content-Type: application/json")
    if key:
        lines.append(f"Authorization: Bearer {key}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload


async def _connection(job: dict[str, Any], first: int, deadline: float, latencies: list[float], bad: list[int]) -> None:
    messages = [message.encode("latin1") for message in job["requests"]]
    reader, writer = await asyncio.open_connection("127.0.0.1", job["port"], limit=2**24)
    turn = first
    while time.perf_counter() < deadline:
        started = time.perf_counter()
        writer.write(messages[turn % len(messages)])
        turn += job["connections"]
        head = await reader.readuntil(b"\r\n\r\n")
        await _read_body(reader, head.lower())
        latencies.append((time.perf_counter() - started) * 1000)
        if not head.startswith(b"HTTP/1.1 2"):
            bad.append(int(head[9:12]))
    writer.close()


async def _read_body(reader: asyncio.StreamReader, head: bytes) -> None:
    if b"content-length:" in head:
        await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
    elif b"transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()


async def _run(job: dict[str, Any]) -> dict[str, Any]:
    latencies: list[float] = []
    bad: list[int] = []
    started = time.perf_counter()
    deadline = started + job["seconds"]
    await asyncio.gather(*(_connection(job, n, deadline, latencies, bad) for n in range(job["connections"])))
    elapsed = time.perf_counter() - started
    latencies.sort()
    return {
        "per_second": len(latencies) / elapsed,
        "p50": latencies[len(latencies) // 2],
        "p99": latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))],
        "requests": len(latencies),
        "failures": len(bad),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_run(json.load(sys.stdin)))))
