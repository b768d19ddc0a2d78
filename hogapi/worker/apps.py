"""The process that consumes the queue."""

from django.apps import AppConfig


class WorkerConfig(AppConfig):
    name = "hogapi.worker"
    label = "worker"
