"""Consumers for tests of the worker's protocol, where what a function does is beside the point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from hogapi.hog.compiler import compile_program
from hogapi.runtime.models import Invocation
from hogapi.runtime.programs import FunctionProgram
from hogapi.telemetry.events import CapturedEvent

SOURCE_ID = UUID("11111111-1111-4111-8111-111111111111")

POST_EVENT = "fetch(event.properties.url, {'method': 'POST', 'body': event.properties})"


def program(hog: str = POST_EVENT, *, project_id: int, id: UUID = SOURCE_ID) -> FunctionProgram:
    """A function without inputs or filters; by default it posts an event's properties to the URL among them."""
    return FunctionProgram(
        id=id,
        project_id=project_id,
        name="Test",
        type="destination",
        bytecode=compile_program(hog, supported_functions=frozenset({"fetch"})),
        inputs={},
        filters=None,
    )


class Recorder:
    """Remembers the events that it was offered, and makes one run for each."""

    source = "recorder"

    def __init__(self) -> None:
        self.seen: list[CapturedEvent] = []
        self.before: Callable[[CapturedEvent], None] = lambda event: None
        self.programs: dict[UUID, FunctionProgram] = {}
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
        return self.programs.get(source_id)
