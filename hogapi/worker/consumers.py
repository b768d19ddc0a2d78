"""Who wants to know about events, and runs something for them.

``settings.EVENT_CONSUMERS`` names classes by import path, so that the worker knows no resource app.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from hogapi.runtime.models import Invocation
from hogapi.runtime.programs import FunctionProgram
from hogapi.telemetry.events import CapturedEvent


class EventConsumer(Protocol):
    """What a resource app offers so that its functions run for events. One instance serves a process's threads."""

    source: str
    """Names the consumer in ``Invocation.source`` and in delivery jobs, e.g. ``hog_function``."""

    def invocations(self, project_id: int, events: Sequence[CapturedEvent]) -> list[Invocation]:
        """Return unsaved runs for these events of one project, in the caller's transaction.

        It records its own metrics and logs (what matched, what failed to filter) through ``telemetry``. It raises for
        an event that it cannot handle: the caller then offers the events in halves until the guilty one stands alone.
        """
        ...

    def program(self, source_id: UUID) -> FunctionProgram | None:
        """Return what to run for ``source_id`` as it stands now; None when it was deleted or switched off."""
        ...


def active() -> tuple[EventConsumer, ...]:
    """The consumers that the settings name, in their order."""
    return _instances(tuple(settings.EVENT_CONSUMERS))


def of_source(source: str) -> EventConsumer | None:
    """The consumer that calls itself ``source``."""
    return next((consumer for consumer in active() if consumer.source == source), None)


@lru_cache(maxsize=8)
def _instances(paths: tuple[str, ...]) -> tuple[EventConsumer, ...]:
    return tuple(import_string(path)() for path in paths)
