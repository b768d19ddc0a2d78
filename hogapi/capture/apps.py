from __future__ import annotations

from django.apps import AppConfig


class CaptureConfig(AppConfig):
    name = "hogapi.capture"
    label = "capture"
    verbose_name = "Event capture"
