"""``manage.py migrate_clickhouse``: make or update the ClickHouse tables."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hogapi.telemetry import client, schema


class Command(BaseCommand):
    help = "Apply the ClickHouse migrations that have not been applied yet."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            applied = schema.migrate()
        except client.ClickHouseError as error:
            raise CommandError(str(error)) from error
        for name in applied:
            self.stdout.write(f"Applied {name}.")
        if not applied:
            self.stdout.write("ClickHouse is up to date.")
