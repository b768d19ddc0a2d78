"""Taking events in."""

from django.apps import AppConfig


class CaptureConfig(AppConfig):
    name = "hogapi.capture"
    label = "capture"
