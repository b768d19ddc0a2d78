from __future__ import annotations

from django.apps import AppConfig


class WorkerConfig(AppConfig):
    name = "hogapi.worker"
    label = "worker"
    verbose_name = "Worker"

    def ready(self) -> None:
        from hogapi.worker import delivery  # noqa: F401 - importing it registers its task with the queue
