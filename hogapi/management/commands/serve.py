"""``manage.py serve``: the whole server on this machine."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand

from hogapi import serve


class Command(BaseCommand):
    help = "Start the engines, the HTTP server and the worker; stop them all with Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--without-worker", action="store_true", help="serve HTTP; `manage.py worker` runs elsewhere"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        serve.run(with_worker=not options["without_worker"])
