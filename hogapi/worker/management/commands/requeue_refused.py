"""``manage.py requeue_refused``: try again what was set aside, once the cause is gone."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from hogapi.capture import inbox
from hogapi.telemetry import writer


class Command(BaseCommand):
    help = "Put captured batches and telemetry rows back that were set aside. What cannot be taken is set aside again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what has been set aside")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Put everything back, or count it; print the numbers."""
        if dry_run:
            batches, rows = inbox.refused(), writer.refused()
        else:
            with transaction.atomic():
                batches, rows = inbox.requeue_refused(), writer.requeue_refused()
        done = "would be put back" if dry_run else "were put back"
        self.stdout.write(f"{batches} captured batches and {rows} telemetry rows {done}.")
