"""Running functions."""

from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    name = "hogapi.runtime"
    label = "runtime"
