from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from hogapi.telemetry import client
from hogapi.worker.service import Worker


class Command(BaseCommand):
    help = "Run the worker: ingest captured events, deliver to destinations, write logs and metrics. Ctrl-C ends it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGINT or SIGTERM, then finish the calls under way and put the rest back."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        worker = Worker()
        try:
            worker.start()
            self.stdout.write("The worker is running. Ctrl-C ends it.")
            self.stdout.flush()
            threading.Event().wait()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        finally:
            worker.stop()
            client.close()
