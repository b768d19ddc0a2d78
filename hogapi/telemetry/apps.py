"""ClickHouse: events, logs and metrics."""

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "hogapi.telemetry"
    label = "telemetry"
