"""Nothing acknowledged is lost when the process is killed."""

from __future__ import annotations

import json
import threading
import uuid
from collections import Counter

import urllib3

from tests.conftest import Receiver
from tests.end_to_end.server import TOKEN, Server, wait_until

EVENTS = 2_000
BATCH = 50


def _send_until_killed(server: Server, acknowledged: list[str], half_sent: threading.Event) -> None:
    pool = urllib3.PoolManager(retries=False, timeout=10)
    for start in range(0, EVENTS, BATCH):
        ids = [str(uuid.uuid4()) for _ in range(BATCH)]
        batch = [{"event": "order placed", "distinct_id": f"p{start}", "uuid": i, "properties": {"n": i}} for i in ids]
        try:
            answer = pool.request(
                "POST",
                f"{server.url}/batch/",
                body=json.dumps({"api_key": TOKEN, "batch": batch}),
                headers={"Content-Type": "application/json"},
            )
        except urllib3.exceptions.HTTPError:
            return
        if answer.status == 200:
            acknowledged += ids
        if len(acknowledged) >= EVENTS // 2:
            half_sent.set()


def _stored(server: Server) -> Counter[str]:
    code = (
        "from hogapi.telemetry import client\n"
        "for (i,) in client.query('SELECT toString(uuid) FROM events'): print(i)\n"
        "client.close()"
    )
    return Counter(server.run_python(code).split())


def test_every_acknowledged_event_survives_sigkill_and_is_stored_once_and_delivered(
    fresh_server: Server, receiver: Receiver
) -> None:
    server = fresh_server.start()
    server.call(
        "POST",
        "/api/projects/@current/hog_functions/",
        {
            "type": "destination",
            "name": "Orders",
            "enabled": True,
            "hog": "fetch(inputs.url, {'method': 'POST', 'body': {'n': event.properties.n}})",
            "inputs_schema": [{"key": "url", "type": "string", "required": True}],
            "inputs": {"url": {"value": receiver.url}},
            "filters": {"events": [{"id": "order placed", "type": "events"}]},
        },
    )
    acknowledged: list[str] = []
    half_sent = threading.Event()
    sender = threading.Thread(target=_send_until_killed, args=(server, acknowledged, half_sent))
    sender.start()
    assert half_sent.wait(60)
    server.kill()
    sender.join()
    assert len(acknowledged) >= EVENTS // 2

    server.start()
    delivered: set[str] = set()

    def all_delivered() -> bool:
        with receiver.arrived:
            delivered.update(request.json["n"] for request in receiver.requests)
        return delivered >= set(acknowledged)

    wait_until(all_delivered, "the delivery of every acknowledged event", 120)
    assert server.stop() == 0

    stored = _stored(server)
    assert set(acknowledged) - set(stored) == set()
    assert {i: n for i, n in stored.items() if n > 1} == {}
