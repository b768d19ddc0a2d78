"""``manage.py sync_templates``: bring the catalogue of templates into the database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from hogapi.runtime import templates


class Command(BaseCommand):
    """Adds new templates and updates changed ones; safe to run at every start."""

    help = "Bring the catalogue of function templates into the database"

    def handle(self, *args: Any, **options: Any) -> None:
        """Sync and say what changed."""
        changed = templates.sync()
        self.stdout.write(f"Templates updated: {', '.join(changed)}" if changed else "Templates are up to date")
