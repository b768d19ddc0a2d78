"""Migrations of this package: Python files are Django's (PostgreSQL), numbered SQL files are ClickHouse's."""

from hogapi.telemetry.schema import migrate

__all__ = ["migrate"]
