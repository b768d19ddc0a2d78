"""Hog functions as consumers of captured events: which functions run for which events (hog_functions.md 2.7, 4)."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from uuid import UUID

from hog_functions.models import SOURCE, FunctionType, HogFunction
from hog_functions.programs import program_of
from hogapi.accounts.models import Project
from hogapi.hog.errors import HogError
from hogapi.runtime import globals, integrations
from hogapi.runtime.filters import matcher
from hogapi.runtime.models import Invocation
from hogapi.runtime.programs import Bytecode, FunctionProgram
from hogapi.telemetry import logs, metrics
from hogapi.telemetry.events import CapturedEvent
from hogapi.telemetry.logs import LogLine
from hogapi.telemetry.metrics import Metric

_CACHED_PROJECTS = 500
_CACHED_PROGRAMS = 2000

Matcher = Callable[[Mapping[str, Any]], bool]


class _Allowance:
    """CPU that a function's filters may take beyond the usual, as events of all projects wait for them meanwhile.

    Only what exceeds `USUAL_SECONDS` an event counts, so ordinary filters never run out of it.
    """

    USUAL_SECONDS = 0.001
    SECONDS = 1.0
    REFILL = 0.01
    """Seconds of CPU a second."""

    def __init__(self) -> None:
        self._left = self.SECONDS
        self._refilled_at = time.monotonic()

    def spent(self) -> bool:
        """Whether nothing is left; the filters are not to be asked then."""
        now = time.monotonic()
        self._left = min(self.SECONDS, self._left + (now - self._refilled_at) * self.REFILL)
        self._refilled_at = now
        return self._left <= 0

    def charge(self, seconds: float) -> None:
        """Take off what asking them about one event took."""
        if seconds > self.USUAL_SECONDS:
            self._left -= seconds - self.USUAL_SECONDS


@dataclass(frozen=True)
class _Prepared:
    """A function whose filters are ready to be asked."""

    id: UUID
    name: str
    updated_at: datetime
    event_names: frozenset[str] | None
    """Names of events that the filters can match; None if they do not say."""
    matches: Matcher
    variants: Sequence[tuple[int | None, Matcher]]
    allowance: _Allowance = field(default_factory=_Allowance)

    def wanted(self, seen: Mapping[str, Any]) -> list[int | None]:
        """The variants that run for the event of these filter globals. Raises HogError."""
        started = time.thread_time()
        try:
            return [index for index, matches in self.variants if matches(seen)] if self.matches(seen) else []
        finally:
            self.allowance.charge(time.thread_time() - started)


@dataclass(frozen=True)
class _Running:
    """The enabled destinations of a project as of one look at the database."""

    project_name: str
    functions: Mapping[UUID, _Prepared]
    by_event: Mapping[str, Sequence[_Prepared]]
    for_any_event: Sequence[_Prepared]

    def candidates(self, event: str) -> Iterator[_Prepared]:
        """The functions whose filters have to be asked about an event of this name."""
        yield from self.by_event.get(event, ())
        yield from self.for_any_event


class HogFunctionConsumer:
    """Implements ``worker.consumers.EventConsumer`` for destinations. One instance serves all threads."""

    source = SOURCE

    def __init__(self) -> None:
        self._projects: OrderedDict[int, _Running] = OrderedDict()
        self._programs: OrderedDict[UUID, tuple[datetime, FunctionProgram]] = OrderedDict()
        self._lock = Lock()

    def invocations(self, project_id: int, events: Sequence[CapturedEvent]) -> list[Invocation]:
        """Return a run for each event and function (or mapping) that match; records what matched and what did not."""
        running = self._running(project_id)
        if running is None or not running.functions:
            return []
        batch = _Batch(project_id, running)
        for event in events:
            batch.offer(event)
        batch.record(len(events))
        return batch.runs

    def program(self, source_id: UUID) -> FunctionProgram | None:
        """Return the function's program as it is stored now; None if it was deleted or disabled."""
        found = HogFunction.objects.filter(pk=source_id, enabled=True, deleted=False)
        updated_at = found.values_list("updated_at", flat=True).first()
        if updated_at is None:
            return None
        with self._lock:
            cached = self._programs.get(source_id)
        if cached is not None and cached[0] == updated_at:
            return integrations.resolved(cached[1])
        function = found.first()
        if function is None:
            return None
        program = program_of(function)
        self._keep(self._programs, source_id, (function.updated_at, program), _CACHED_PROGRAMS)
        return integrations.resolved(program)

    def _running(self, project_id: int) -> _Running | None:
        """The project's enabled destinations: one cheap query if nothing changed since the last look."""
        enabled = HogFunction.objects.filter(
            project_id=project_id, enabled=True, deleted=False, type=FunctionType.DESTINATION
        )
        versions = dict(enabled.values_list("id", "updated_at"))
        with self._lock:
            known = self._projects.get(project_id)
        if not versions:
            return None
        before = known.functions if known is not None else {}
        if known is not None and {one.id: one.updated_at for one in before.values()} == versions:
            return known
        changed = [pk for pk, updated_at in versions.items() if pk not in before or before[pk].updated_at != updated_at]
        fresh = enabled.filter(pk__in=changed).only("id", "name", "updated_at", "filters", "mappings")
        functions = {pk: one for pk, one in before.items() if pk in versions and pk not in changed}
        functions |= {function.pk: _prepare(function) for function in fresh}
        name = Project.objects.values_list("name", flat=True).get(pk=project_id)
        running = _index(name, functions)
        self._keep(self._projects, project_id, running, _CACHED_PROJECTS)
        return running

    def _keep(self, cache: OrderedDict[Any, Any], key: Any, value: Any, most: int) -> None:
        with self._lock:
            cache[key] = value
            cache.move_to_end(key)
            while len(cache) > most:
                cache.popitem(last=False)


class _Batch:
    """Events of one project on their way through its functions."""

    def __init__(self, project_id: int, running: _Running) -> None:
        self.runs: list[Invocation] = []
        self._project = globals.Subject(project_id, running.project_name)
        self._running = running
        self._now = datetime.now(UTC)
        self._matched: Counter[UUID] = Counter()
        self._triggered: Counter[UUID] = Counter()
        self._failures: Counter[UUID] = Counter()
        self._told: set[UUID] = set()
        self._lines: list[LogLine] = []

    def offer(self, event: CapturedEvent) -> None:
        """Ask the functions that may want `event`."""
        seen: dict[str, Any] | None = None
        shown: dict[str, Any] = {}
        for function in self._running.candidates(event.event):
            if seen is None:
                shown = _event_globals(self._project, event)
                seen = globals.filter_globals(shown)
            if function.allowance.spent():
                self._passed_over(function, event)
                continue
            try:
                wanted = function.wanted(seen)
            except HogError as error:
                self._failed(function, event, error)
                continue
            if wanted:
                self._matched[function.id] += 1
            for mapping in wanted:
                self._triggered[function.id] += 1
                self.runs.append(self._run(function, mapping, shown))

    def record(self, events: int) -> None:
        """Write the metrics of the batch and the logs of filters that failed."""
        counts: list[Metric] = []
        for pk in self._running.functions:
            rejected = events - self._matched[pk] - self._failures[pk]
            for name, count in (
                ("triggered", self._triggered[pk]),
                ("filtered", rejected),
                ("filtering_failed", self._failures[pk]),
            ):
                if count:
                    counts.append(Metric(self._project.id, SOURCE, str(pk), "other", name, self._now, count=count))
        metrics.record(counts)
        logs.record(self._lines)

    def _run(self, function: _Prepared, mapping: int | None, shown: dict[str, Any]) -> Invocation:
        source = globals.source_global(self._project, id=str(function.id), name=function.name)
        return Invocation(
            project_id=self._project.id,
            source=SOURCE,
            source_id=function.id,
            mapping=mapping,
            event={**shown, "source": source},
            scheduled_at=self._now,
        )

    def _passed_over(self, function: _Prepared, event: CapturedEvent) -> None:
        if function.id in self._told:
            self._failures[function.id] += 1
        else:
            self._told.add(function.id)
            self._failed(function, event, "The filters have taken too much time lately. Events are passed over.")

    def _failed(self, function: _Prepared, event: CapturedEvent, error: HogError | str) -> None:
        self._failures[function.id] += 1
        message = f"Error filtering event {event.uuid}: {error}"
        self._lines.append(
            LogLine(self._project.id, SOURCE, str(function.id), str(event.uuid), self._now, "error", message)
        )


def _event_globals(project: globals.Subject, event: CapturedEvent) -> dict[str, Any]:
    return globals.event_globals(
        project,
        uuid=str(event.uuid),
        event=event.event,
        distinct_id=event.distinct_id,
        properties=event.properties,
        timestamp=event.timestamp,
        elements_chain=event.elements_chain,
        person_id=None if event.person_id is None else str(event.person_id),
        person_properties=event.person_properties,
    )


def _never(seen: Mapping[str, Any]) -> bool:
    return False


def _prepare(function: HogFunction) -> _Prepared:
    own = _matcher(function.filters.get("bytecode"))
    variants: list[tuple[int | None, Matcher]] = [(None, lambda seen: True)]
    if function.mappings is not None:
        variants = [
            (index, _matcher(mapping["filters"].get("bytecode")) if "filters" in mapping else lambda seen: True)
            for index, mapping in enumerate(function.mappings)
        ]
    return _Prepared(
        id=function.pk,
        name=function.name or "",
        updated_at=function.updated_at,
        event_names=_event_names(function.filters),
        matches=own,
        variants=variants,
    )


def _matcher(bytecode: Bytecode | None) -> Matcher:
    # Filters that did not compile match nothing, and must not keep the project's other functions from running.
    try:
        return _never if bytecode is None else matcher(bytecode)
    except HogError:
        return _never


def _event_names(filters: Mapping[str, Any]) -> frozenset[str] | None:
    """The events that clean `filters` can match at all, if they consist of named events."""
    entries = filters.get("events") or []
    names = {entry.get("id") for entry in entries}
    named = entries and not filters.get("actions") and all(entry.get("type") == "events" for entry in entries)
    return frozenset(names) if named and all(isinstance(name, str) for name in names) else None


def _index(project_name: str, functions: Mapping[UUID, _Prepared]) -> _Running:
    by_event: dict[str, list[_Prepared]] = {}
    for function in functions.values():
        for name in function.event_names or ():
            by_event.setdefault(name, []).append(function)
    return _Running(
        project_name=project_name,
        functions=functions,
        by_event=by_event,
        for_any_event=[one for one in functions.values() if one.event_names is None],
    )
