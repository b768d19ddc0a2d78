from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hogapi.telemetry import client
from hogapi.worker.service import Worker

_LOOK_SECONDS = 0.1


class Command(BaseCommand):
    help = "Run the worker: ingest captured events, deliver to destinations, write logs and metrics. Ctrl-C ends it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGINT or SIGTERM, then finish the calls under way and put the rest back.

        Raises CommandError when ClickHouse does not answer, as when it is embedded and ``make serve`` runs.
        """
        # A handler that raises may do so where nobody hears it, one that uses a lock may meet itself: so it only notes.
        received: list[int] = []

        def note(number: int, frame: FrameType | None) -> None:
            received.append(number)

        signal.signal(signal.SIGINT, note)
        signal.signal(signal.SIGTERM, note)
        try:
            client.query("SELECT 1")
        except client.ClickHouseError as error:
            raise CommandError(f"ClickHouse cannot be used: {error}") from error
        worker = Worker()
        worker.start()
        self.stdout.write("The worker is running. Ctrl-C ends it.")
        self.stdout.flush()
        while not received:
            time.sleep(_LOOK_SECONDS)
        worker.stop()
        client.close()
