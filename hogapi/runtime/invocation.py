"""The one executor of programs: the test endpoint and the worker both run functions through `run`.

A run renders its inputs, then executes the program; whenever the program calls ``fetch`` it stands still until the
answer is there. How a run meets the outside world is its `Conduct`: mocked, tested (real calls, no waiting), or
delivered (calls that fail for now suspend the run, which any worker continues later with `state`).
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import orjson

from hogapi.hog.errors import HogVerificationError
from hogapi.hog.vm import Execution, Limits, execute, resume
from hogapi.runtime import fetch, secrets
from hogapi.runtime.inputs import Item
from hogapi.runtime.programs import FunctionProgram
from hogapi.runtime.rendering import InputError, render_inputs
from hogapi.runtime.runlog import LogEntry, RunLog

ASYNC_FUNCTIONS = frozenset({"fetch", "sleep"})
MAX_TEST_STEPS = 5
MAX_TEST_SECONDS = 15.0
"""That all calls of a test take together: somebody waits for its answer."""
MAX_SLEEP_SECONDS = 24 * 3600.0
_TEST_TOOK_TOO_LONG = f"Exceeded maximum time of a test: its calls may take {MAX_TEST_SECONDS:g} seconds together"
LIMITS = Limits(seconds=0.5, async_steps=100)


class Conduct(Enum):
    """How a run meets the outside world."""

    MOCKED = "mocked"
    TESTED = "tested"
    DELIVERED = "delivered"


class Outcome(Enum):
    """How a run ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INPUTS_FAILED = "inputs_failed"
    """Its inputs could not be built, so the program did not start."""
    WAITING = "waiting"
    """It is to be continued at `resume_at` with `state`."""


@dataclass(frozen=True, slots=True)
class Count:
    """One count for the metrics (hog_functions.md 4)."""

    kind: str
    name: str
    count: int = 1


@dataclass
class InvocationResult:
    """What a run, or the part of it until it had to wait, came to."""

    outcome: Outcome
    result: Any = None
    errors: list[str] = field(default_factory=list)
    logs: list[LogEntry] = field(default_factory=list)
    metrics: list[Count] = field(default_factory=list)
    state: dict[str, Any] | None = None
    """JSON to store with the run while it waits; encrypted, since it may hold secrets."""
    attempt: int = 0
    resume_at: datetime | None = None


def run(
    program: FunctionProgram,
    globals: Mapping[str, Any],
    *,
    conduct: Conduct,
    mapping: int | None = None,
    state: Mapping[str, Any] | None = None,
    attempt: int = 0,
    fetcher: fetch.Fetcher | None = None,
    ends_at: float | None = None,
) -> InvocationResult:
    """Run `program` for one event until it ends or has to wait. Never raises for what the program does.

    `globals` are those of ``runtime.globals`` without inputs. `state` and `attempt` continue a run that waited.
    A tested run makes no call after `ends_at` (by ``time.monotonic``; default: `MAX_TEST_SECONDS` from now).
    """
    one = _Run(program, globals, conduct, fetcher, ends_at)
    try:
        if state is not None:
            return one.continue_from(secrets.decrypt(state["sealed"]), attempt)
        return one.start(program.inputs_for(mapping))
    except InputError as error:
        one.log.add("error", f"Error building inputs for event {one.event_uuid}: {error}")
        return one.ended(Outcome.INPUTS_FAILED, Count("failure", "inputs_failed"), errors=[one.log.redact(str(error))])
    except HogVerificationError as error:
        return one.failed(error.message)


class _Run:
    """One run in progress."""

    def __init__(
        self,
        program: FunctionProgram,
        globals: Mapping[str, Any],
        conduct: Conduct,
        fetcher: fetch.Fetcher | None,
        ends_at: float | None,
    ) -> None:
        self.program = program
        self.globals = dict(globals)
        self.conduct = conduct
        self.fetcher = fetcher or fetch.fetcher()
        self.ends_at = math.inf
        if conduct is Conduct.TESTED:
            self.ends_at = time.monotonic() + MAX_TEST_SECONDS if ends_at is None else ends_at
        self.event_uuid = str(globals.get("event", {}).get("uuid", ""))
        self.log = RunLog(event_uuid=self.event_uuid, secrets=program.hidden)
        self.inputs: dict[str, Any] = {}
        self.errors: list[str] = []
        self.calls = 0
        self.steps = 0
        self.waited_seconds = 0.0

    def start(self, items: Mapping[str, Item]) -> InvocationResult:
        """Render the inputs and run the program. Raises InputError, HogVerificationError."""
        self.log.hide(item.get("value") for key, item in items.items() if key in self.program.secret_keys)
        self.inputs = render_inputs(items, self.globals)
        self._hide_rendered_secrets()
        bytecode = self.program.bytecode or []
        return self._proceed(execute(bytecode, {**self.globals, "inputs": self.inputs}, limits=LIMITS, **self._host()))

    def continue_from(self, state: Mapping[str, Any], attempt: int) -> InvocationResult:
        """Take the run up where `_suspended` left it: make the pending call again, or wake from a sleep."""
        self.inputs, self.errors = state["inputs"], list(state["errors"])
        self.steps, self.waited_seconds = state["steps"], state["waited_seconds"]
        self.log.printed = state["printed"]
        self._hide_rendered_secrets()
        if state["call"] is None:
            return self._proceed(self._resume(state["vm"], None))
        return self._proceed(self._answer_fetch(state["vm"], state["call"], attempt))

    def _proceed(self, execution: Execution | InvocationResult) -> InvocationResult:
        """Answer the program's calls until it ends or has to wait."""
        while isinstance(execution, Execution):
            if execution.error is not None:
                return self.failed(str(execution.error))
            if execution.finished:
                return self._completed(execution)
            self.steps += 1
            if self.conduct is Conduct.TESTED and self.steps > MAX_TEST_STEPS:
                return self.failed(f"Exceeded maximum number of async steps: {MAX_TEST_STEPS}")
            execution = self._answer(execution)
        return execution

    def _answer(self, execution: Execution) -> Execution | InvocationResult:
        """Let the program go on with what it waits for; the result of the run if that takes longer."""
        name, arguments, vm_state = execution.async_function or "", execution.async_args, execution.state or {}
        if self.conduct is Conduct.MOCKED:
            self.log.add("info", f"Async function '{name}' was mocked with arguments:")
            self.log.add("info", f"{name}({', '.join(map(_pretty, arguments))})")
            return self._resume(vm_state, {"status": 200, "body": {}} if name == "fetch" else None)
        if name == "fetch":
            return self._answer_fetch(vm_state, arguments, 0)
        seconds = arguments[0] if arguments and isinstance(arguments[0], int | float) else 0
        if self.conduct is Conduct.DELIVERED and seconds > 0:
            return self._suspended(vm_state, None, min(float(seconds), MAX_SLEEP_SECONDS), 0)
        return self._resume(vm_state, None)

    def _answer_fetch(
        self, vm_state: dict[str, Any], arguments: list[Any], attempt: int
    ) -> Execution | InvocationResult:
        """Make the call for the `attempt` + first time; as `_answer`."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            return self.failed(_TEST_TOOK_TOO_LONG)
        started = time.perf_counter()
        outcome = self._send(arguments, fetch.Limits(seconds=min(left, fetch.Limits.seconds)))
        self.waited_seconds += time.perf_counter() - started
        self.calls += 1
        attempt += 1
        if outcome.status is None and time.monotonic() >= self.ends_at:
            return self.failed(_TEST_TOOK_TOO_LONG)
        if outcome.failed:
            delay = None
            if outcome.retriable and attempt < fetch.MAX_ATTEMPTS:
                delay = fetch.delay_before_retry(outcome, attempt, jitter=random.random())
            message = _failure(outcome, attempt, delay)
            self.log.add("error", message)
            if delay is not None:
                if self.conduct is Conduct.TESTED:
                    return self.ended(Outcome.SUCCEEDED, Count("success", "succeeded"))
                return self._suspended(vm_state, arguments, delay, attempt)
            if outcome.status is None:
                # There is no answer that the program could judge: the run counts as failed whatever it does next.
                self.errors.append(self.log.redact(message))
        if outcome.truncated:
            self.log.add("warn", "The response body was too large and was cut.")
        answer = {"status": outcome.status or 500, "body": outcome.parsed_body() if outcome.status else None}
        return self._resume(vm_state, answer)

    def _send(self, arguments: list[Any], limits: fetch.Limits) -> fetch.Outcome:
        try:
            request = fetch.build_request(
                arguments[0] if arguments else None, arguments[1] if len(arguments) > 1 else None
            )
        except fetch.InvalidRequest as error:
            return fetch.Outcome(error=str(error))
        return self.fetcher.send(request, limits=limits)

    def _resume(self, vm_state: dict[str, Any], value: Any) -> Execution:
        return resume(vm_state, value, globals={**self.globals, "inputs": self.inputs}, limits=LIMITS, **self._host())

    def _host(self) -> dict[str, Any]:
        return {"functions": {"print": self.log.print}, "async_functions": ASYNC_FUNCTIONS}

    def _hide_rendered_secrets(self) -> None:
        self.log.hide(self.inputs.get(key) for key in self.program.secret_keys)

    def _suspended(
        self, vm_state: dict[str, Any], call: list[Any] | None, seconds: float, attempt: int
    ) -> InvocationResult:
        result = self.ended(Outcome.WAITING)
        sealed = secrets.encrypt(
            {
                "vm": vm_state,
                "call": call,
                "inputs": self.inputs,
                "errors": self.errors,
                "steps": self.steps,
                "waited_seconds": self.waited_seconds,
                "printed": self.log.printed,
            }
        )
        result.state = {"sealed": sealed}
        result.attempt = attempt
        result.resume_at = datetime.now(UTC) + timedelta(seconds=seconds)
        return result

    def failed(self, reason: str) -> InvocationResult:
        """The result of a program that could not go on."""
        self.log.add("error", f"Error executing function on event {self.event_uuid}: {reason}")
        return self.ended(Outcome.FAILED, Count("failure", "failed"), errors=[*self.errors, self.log.redact(reason)])

    def _completed(self, execution: Execution) -> InvocationResult:
        milliseconds = execution.seconds * 1000
        self.log.add(
            "debug",
            f"Function completed in {_brief(milliseconds + self.waited_seconds * 1000)}ms. "
            f"Sync: {_brief(milliseconds)}ms. Mem: {_brief(execution.max_memory / 1024)}kb. Ops: {execution.ops}. "
            f"Event: '{self.globals.get('event', {}).get('url', '')}'",
        )
        if self.errors:
            return self.ended(Outcome.FAILED, Count("failure", "failed"), errors=self.errors)
        result = self.ended(Outcome.SUCCEEDED, Count("success", "succeeded"))
        result.result = execution.result
        return result

    def ended(self, outcome: Outcome, *counts: Count, errors: list[str] | None = None) -> InvocationResult:
        """The result of this part of the run."""
        calls = [Count("other", "fetch", self.calls)] if self.calls else []
        return InvocationResult(outcome, errors=errors or [], logs=self.log.entries, metrics=[*calls, *counts])


def _failure(outcome: fetch.Outcome, attempt: int, delay: float | None) -> str:
    status = "(none)" if outcome.status is None else outcome.status
    parts = [f"HTTP fetch failed on attempt {attempt} with status code {status}."]
    if outcome.error:
        parts.append(f"Error: {outcome.error}.")
    if delay is not None:
        parts.append(f"Retrying in {round(delay * 1000)}ms.")
    return " ".join(parts)


def _pretty(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value + "'"
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()


def _brief(number: float) -> str:
    """A number with two significant digits, without exponent: 0.0123 is ``0.012``, 123.4 is ``123``."""
    if number >= 10:
        return str(round(number))
    return f"{number:.2g}" if number >= 0.0001 else "0"
