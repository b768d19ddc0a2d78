"""A worker in a process of its own, for the test that kills it: ``killed_worker.py DATABASE RECEIVER_URL PROJECT_ID``.

It has one function, which posts every event to the receiver, and leaves ClickHouse to the test.
"""

from __future__ import annotations

import os
import sys
import threading
from ipaddress import ip_network

import django
from django.conf import settings


class NoFlusher:
    """Stands in for the flusher, since the test's own process holds the embedded ClickHouse."""

    def __init__(self, stopping: threading.Event) -> None:
        pass

    def run(self) -> None:
        pass


def main(database: str, receiver_url: str, project_id: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    settings.DATABASES["default"]["NAME"] = database
    settings.EVENT_CONSUMERS = ["tests.worker.doubles.Recorder"]
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.0/8")]
    django.setup()

    from hogapi.worker import consumers, service
    from tests.worker.doubles import SOURCE_ID, Recorder, program

    (recorder,) = consumers.active()
    assert isinstance(recorder, Recorder)
    hog = f"fetch('{receiver_url}', {{'method': 'POST', 'body': event.properties}})"
    recorder.programs[SOURCE_ID] = program(hog, project_id=int(project_id))
    service.Flusher = NoFlusher  # type: ignore[attr-defined]
    service.Worker(alone=True).start()
    print("running", flush=True)
    threading.Event().wait()  # executors take no work once the main thread has ended


if __name__ == "__main__":
    main(*sys.argv[1:])
