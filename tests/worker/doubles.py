"""Consumers for tests of the worker's protocol, where what a function does is beside the point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from hogapi.runtime.models import Invocation
from hogapi.runtime.programs import FunctionProgram
from hogapi.telemetry.events import CapturedEvent

SOURCE_ID = UUID("11111111-1111-4111-8111-111111111111")


class Recorder:
    """Remembers the events that it was offered, and makes one run for each."""

    source = "recorder"

    def __init__(self) -> None:
        self.seen: list[CapturedEvent] = []
        self.before: Callable[[CapturedEvent], None] = lambda event: None
        self.target: Callable[[CapturedEvent], UUID] = lambda event: SOURCE_ID

    def invocations(self, project_id: int, events: Sequence[CapturedEvent]) -> list[Invocation]:
        for event in events:
            self.before(event)
        self.seen += events
        return [
            Invocation(
                project_id=project_id,
                source=self.source,
                source_id=self.target(event),
                event={"event": {"uuid": str(event.uuid), "properties": event.properties}},
                scheduled_at=datetime.now(UTC),
            )
            for event in events
        ]

    def program(self, source_id: UUID) -> FunctionProgram | None:
        return None
