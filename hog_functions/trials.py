"""Test runs of stored and proposed functions (hog_functions.md 3.1). Nothing is stored."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import BoundedSemaphore
from typing import Any
from uuid import UUID

from django.conf import settings
from rest_framework.exceptions import Throttled, ValidationError

from hog_functions import services
from hog_functions.definitions import Stored, check
from hog_functions.models import FunctionType, HogFunction
from hog_functions.programs import build
from hog_functions.serializers import HogFunctionSerializer
from hogapi.api.errors import InvalidInput, NotFound
from hogapi.api.parameters import object_id
from hogapi.hog.errors import HogError
from hogapi.runtime import filters, globals, integrations, invocation
from hogapi.runtime.identifiers import uuid7
from hogapi.runtime.invocation import Conduct, InvocationResult, Outcome
from hogapi.runtime.programs import Bytecode, FunctionProgram
from hogapi.runtime.runlog import RunLog

_RUNNABLE = frozenset({FunctionType.DESTINATION, FunctionType.INTERNAL_DESTINATION, FunctionType.TRANSFORMATION})
_CONFIGURATION = "configuration"
_RETRY_AFTER_SECONDS = 5
# A trial waits for receivers on a thread that answers requests: others have to be left for everybody else.
_real_calls = BoundedSemaphore(max(1, settings.HTTP_THREADS // 2))


def run_trial(*, project: globals.Subject, function_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Run the function that `data` (of `HogFunctionInvocationSerializer`) describes on the event that it holds.

    `function_id` names the stored function that the configuration changes; any other text stands for a new one.
    Returns the shape of `HogFunctionInvocationResultSerializer`. Raises InvalidInput, ValidationError, and Throttled
    while too many others make real calls.
    """
    _check_invocation_id(data.get("invocation_id"))
    stored = _stored(project.id, function_id)
    program = integrations.resolved(_proposed(project.id, stored, data[_CONFIGURATION]))
    event_globals = _globals(project, program, data)
    conduct = Conduct.MOCKED if data["mock_async_functions"] else Conduct.TESTED
    log = RunLog(event_uuid=str(event_globals["event"].get("uuid", "")))
    results: list[InvocationResult] = []
    with _slot(conduct):
        seconds = invocation.MAX_TEST_SECONDS
        ends_at = time.monotonic() + seconds
        for mapping in _matching(program, event_globals, log):
            if time.monotonic() > ends_at:
                log.add("warn", f"The test took more than {seconds:g} seconds: further mappings were not run.")
                break
            results.append(invocation.run(program, event_globals, conduct=conduct, mapping=mapping, ends_at=ends_at))
    return _answer(project, program, log, results)


@contextmanager
def _slot(conduct: Conduct) -> Iterator[None]:
    if conduct is Conduct.MOCKED:
        yield
        return
    if not _real_calls.acquire(blocking=False):
        raise Throttled(_RETRY_AFTER_SECONDS)
    try:
        yield
    finally:
        _real_calls.release()


def _check_invocation_id(given: Any) -> None:
    if given is None:
        return
    try:
        UUID(str(given))
    except ValueError:
        raise InvalidInput("Invalid invocation ID", attr="invocation_id") from None


def _stored(project_id: int, function_id: str) -> HogFunction | None:
    try:
        return services.find(project_id=project_id, function_id=object_id(function_id))
    except NotFound:
        return None


def _proposed(project_id: int, stored: HogFunction | None, configuration: Any) -> FunctionProgram:
    """The stored function overlaid with the configuration, which obeys the rules of saving."""
    serializer = HogFunctionSerializer(data=configuration)
    if not serializer.is_valid():
        raise ValidationError({_CONFIGURATION: serializer.errors})
    data = dict(serializer.validated_data)
    if stored is None:
        data = {"inputs_schema": [], "inputs": {}, "filters": {}, **data}
        type_ = data.get("type", FunctionType.DESTINATION)
        before, bytecode = Stored(), None
    else:
        type_ = stored.type
        if data.get("type", type_) != type_:
            raise InvalidInput("Cannot modify the type of an existing function", attr=f"{_CONFIGURATION}__type")
        secrets, mapping_secrets = stored.decrypted()
        before = Stored(stored.inputs_schema, stored.inputs, stored.filters, stored.mappings, secrets, mapping_secrets)
        bytecode = stored.bytecode
    if type_ not in _RUNNABLE:
        raise InvalidInput("Invalid function type", attr=f"{_CONFIGURATION}__type")
    try:
        definition = check(data, type=type_, stored=before, project=filters.ProjectData(project_id))
        definition.compile_hog()
    except InvalidInput as error:
        error.attr = f"{_CONFIGURATION}__{error.attr}" if error.attr else _CONFIGURATION
        raise
    columns = definition.columns
    return build(
        id=stored.pk if stored else uuid7(),
        project_id=project_id,
        name=data.get("name") or (stored.name if stored else None) or "",
        type=type_,
        bytecode=columns.get("bytecode", bytecode),
        inputs_schema=columns.get("inputs_schema", before.inputs_schema),
        inputs=columns.get("inputs", before.inputs),
        filters=columns["filters"],
        mappings=columns.get("mappings", before.mappings),
        masking=columns.get("masking"),
        secrets=definition.secrets,
        mapping_secrets=definition.mapping_secrets,
    )


def _globals(project: globals.Subject, program: FunctionProgram, data: Mapping[str, Any]) -> dict[str, Any]:
    if data.get("clickhouse_event"):
        found = globals.stored_event_globals(project, data["clickhouse_event"])
    else:
        given = data.get("globals") or {}
        if not isinstance(given.get("event"), Mapping):
            raise InvalidInput("Missing event", attr="globals")
        of_project = given.get("project")
        known = {**project.shown(), **(of_project if isinstance(of_project, Mapping) else {})}
        found = {"person": None, "groups": {}, **given, "project": known}
    found.setdefault("source", globals.source_global(project, id=str(program.id), name=program.name))
    found.pop("inputs", None)
    return found


def _matching(program: FunctionProgram, event_globals: Mapping[str, Any], log: RunLog) -> list[int | None]:
    """The variants of the program (None, or the index of a mapping) that the event passes."""
    seen = globals.filter_globals(event_globals)
    if program.mappings is not None and not _passes(program.filters, seen, log):
        return []
    return [mapping for mapping, bytecode in program.variants() if _passes(bytecode, seen, log)]


def _passes(bytecode: Bytecode | None, seen: Mapping[str, Any], log: RunLog) -> bool:
    try:
        if bytecode is not None and filters.matcher(bytecode)(seen):
            return True
    except HogError as error:
        log.add("error", f"Error filtering event {seen.get('uuid') or ''}: {error}")
        return False
    log.add("info", "Mapping trigger not matching filters was ignored.")
    return False


def _answer(
    project: globals.Subject, program: FunctionProgram, log: RunLog, results: list[InvocationResult]
) -> dict[str, Any]:
    ran = [result for result in results if result.outcome is not Outcome.INPUTS_FAILED]
    errors = [error for result in ran for error in result.errors]
    value = None
    if program.type == FunctionType.TRANSFORMATION and ran and isinstance(ran[0].result, dict):
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        value = {"ip": None, "site_url": settings.SITE_URL, "team_id": project.id, "now": now, **ran[0].result}
    return {
        "result": value,
        "status": "error" if errors else "success" if ran else "skipped",
        "errors": errors,
        "logs": [entry.shown() for entry in [*log.entries, *(entry for one in results for entry in one.logs)]],
    }
