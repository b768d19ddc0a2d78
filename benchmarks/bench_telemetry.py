"""How many events a second the outbox carries into ClickHouse, each with a log line and three counts beside it.

``python -m benchmarks.bench_telemetry [seconds] [events a second]``. Runs on the embedded engines in a temporary
folder. A producer records chunks of events in transactions at the given rate (default: as fast as it can) while a
flusher empties the outbox; then the rest is drained. Reads are timed before the end.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

os.environ["HOGAPI_DATA_DIR"] = tempfile.mkdtemp(prefix="hogapi-bench-")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hogapi.settings")

CHUNK = 250
PROPERTIES: dict[str, Any] = {
    "$browser": "Chrome",
    "$browser_version": 124,
    "$os": "Mac OS X",
    "$current_url": "https://shop.example.com/products/42?utm_source=newsletter",
    "$pathname": "/products/42",
    "$host": "shop.example.com",
    "$device_type": "Desktop",
    "$screen_height": 1080,
    "$screen_width": 1920,
    "$lib": "web",
    "$lib_version": "1.130.0",
    "$session_id": "0190b5ca-7e01-7a60-9d0f-7d7c8f6f1111",
    "$window_id": "0190b5ca-7e01-7a60-9d0f-7d7c8f6f2222",
    "$referrer": "https://www.example.org/search",
    "$referring_domain": "www.example.org",
    "price": 19.99,
    "currency": "EUR",
    "items": ["a", "b", "c"],
    "plan": "scale",
    "signed_in": True,
}


def record(number: int) -> None:
    """Write one chunk as a worker would: events, one log line an event, three counts an event."""
    from django.db import transaction

    from hogapi.telemetry import events, logs, metrics

    now = datetime.now(UTC)
    chunk = [
        events.CapturedEvent(uuid.uuid4(), 1, "$pageview", f"person {number + n}", PROPERTIES, now, now)
        for n in range(CHUNK)
    ]
    lines = [
        logs.LogLine(1, "hog_function", "f", str(event.uuid), now, "info", "Function completed in 1.23 ms")
        for event in chunk
    ]
    counts = [
        metrics.Metric(1, "hog_function", "f", kind, name, now)
        for _ in chunk
        for kind, name in (("other", "triggered"), ("other", "fetch"), ("success", "succeeded"))
    ]
    with transaction.atomic():
        events.record(chunk)
        logs.record(lines)
        metrics.record(counts)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    rate = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0

    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from hogapi.telemetry import client, schema, writer

    call_command("migrate", "telemetry", verbosity=0)
    schema.migrate()
    stop = threading.Event()
    flusher = threading.Thread(target=writer.Flusher(stop).run)
    flusher.start()
    began, cpu = time.perf_counter(), time.process_time()
    recorded = 0
    while time.perf_counter() - began < seconds:
        record(recorded)
        recorded += CHUNK
        if rate:
            time.sleep(max(0.0, began + recorded / rate - time.perf_counter()))
    produced = time.perf_counter() - began
    from hogapi.telemetry.models import TelemetryOutbox

    left = sum(TelemetryOutbox.objects.filter(table="events").values_list("rows", flat=True))
    while TelemetryOutbox.objects.exists():
        time.sleep(0.02)
    drained = time.perf_counter() - began
    cpu = time.process_time() - cpu
    stored = client.query("SELECT uniqExact(uuid), count() FROM events")[0]
    assert stored == (recorded, recorded), stored
    assert client.query("SELECT count() FROM log_entries") == [(recorded,)]
    assert client.query("SELECT sum(count) FROM app_metrics2") == [(recorded * 3,)]
    stop.set()
    flusher.join()
    connection.close()
    print(f"recorded          {recorded / produced:10,.0f} events/s for {produced:.1f} s")
    print(f"delivered         {recorded / drained:10,.0f} events/s in {drained:.1f} s ({left:,} waited at the end)")
    print(f"CPU               {cpu / recorded * 1e6:10,.0f} us an event (this process, engine included)")
    print(f"parts             {client.query('SELECT count() FROM system.parts WHERE active')[0][0]:10,}")
    print(f"peak memory       {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:10,.0f} MB")
    client.close()


if __name__ == "__main__":
    main()
