"""Running Hog: bytecode in, results out, within limits (spec hog_language.md 4).

``execute`` runs a program until it ends, fails, or calls an async function; ``resume`` goes on with the answer, in this
process or another. ``compile_filter`` makes a callable of a filter's bytecode, for the many events it has to look at.
"""

from __future__ import annotations

import marshal
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hogapi.hog.conversion import from_plain, to_plain
from hogapi.hog.errors import (
    HogError,
    HogMemoryLimit,
    HogStepLimit,
    HogVerificationError,
    HogVMError,
    UncaughtHogError,
)
from hogapi.hog.meter import FILTER_LIMITS, Limits, Run, Suspension
from hogapi.hog.stl.programs import CHUNK
from hogapi.hog.suspension import capture, decode_frames, encode_frames, proceed
from hogapi.hog.translator import Host, Translated, library, translate
from hogapi.hog.values import Thrown, js_text, truthy
from hogapi.hog.verifier import verify

__all__ = ["FILTER_LIMITS", "Execution", "Limits", "compile_filter", "execute", "resume"]

STATE_VERSION = 1
ROOT = "root"
CACHED_PROGRAMS = 2048
CACHED_TOKENS = 250_000  # at about 1 KB each


@dataclass
class Execution:
    """What became of a program.

    ``finished``: it ended with ``result``. Otherwise either ``error`` says why it failed, or it waits for
    ``async_function`` called with ``async_args``, and ``state`` (JSON) is what ``resume`` needs. ``ops``, ``seconds``
    (of CPU) and ``max_memory`` (bytes, an upper bound) count from the start of the program.
    """

    finished: bool
    result: Any = None
    error: HogVMError | None = None
    async_function: str | None = None
    async_args: list[Any] = field(default_factory=list)
    state: dict[str, Any] | None = None
    ops: int = 0
    seconds: float = 0.0
    max_memory: int = 0


class _Cache:
    """The most recently used translations, by their bytecode; shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._programs: OrderedDict[Any, Translated] = OrderedDict()
        self._tokens = 0

    def get(self, name: str, bytecode: Any, host: Host) -> Translated:
        """Return ``bytecode`` translated; HogVerificationError when it is malformed."""
        try:
            key = (name, marshal.dumps(bytecode, 2), host)
        except ValueError:
            raise HogVerificationError("Bytecode holds values that are not JSON") from None
        with self._lock:
            program = self._programs.get(key)
            if program is not None:
                self._programs.move_to_end(key)
                return program
        program = translate(name, verify(bytecode), host)
        with self._lock:
            self._programs[key] = program
            self._tokens += len(bytecode)
            while len(self._programs) > CACHED_PROGRAMS or self._tokens > CACHED_TOKENS > len(bytecode):
                _, dropped = self._programs.popitem(last=False)
                self._tokens -= dropped.chunk.functions[0].end
        return program


_cache = _Cache()


class _Program:
    """The chunks of one program, translated when they are first needed."""

    def __init__(self, chunks: Mapping[str, Any], host: Host) -> None:
        self.chunks, self.host = chunks, host
        self._translated: dict[str, Translated] = {}

    def chunk(self, name: str) -> Translated:
        """Return the translated chunk ``name``; HogVMError if the program has no such chunk."""
        translated = self._translated.get(name)
        if translated is None:
            translated = self._translated[name] = self._find(name)
        return translated

    def _find(self, name: str) -> Translated:
        if name == CHUNK:
            return library()
        if name not in self.chunks:
            raise HogVMError(f"Unknown chunk: {js_text(name)[:100]}")
        return _cache.get(name, self.chunks[name]["bytecode"], self.host)

    def main(self, name: Any) -> Callable[..., Any]:
        """Return the code of an imported chunk; HogVMError if there is none or it is malformed."""
        try:
            return self.chunk(name if name.__class__ is str else js_text(name)).main
        except HogVerificationError as error:
            raise HogVMError(f"Chunk {name} is malformed: {error}") from error

    def globals(self, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Return what the program's main chunk sees: its own globals and those ``given``, which win."""
        own = self.chunks[ROOT].get("globals")
        return {**own, **(given or {})} if own else given or {}


def _chunks(program: Any) -> Mapping[str, Any]:
    """Return the chunks of a program given as bytecode or as ``{"bytecodes": {name: {"bytecode", "globals"}}}``."""
    if not isinstance(program, Mapping):
        return {ROOT: {"bytecode": program}}
    chunks = program.get("bytecodes") or {ROOT: {"bytecode": program.get("bytecode")}}
    sound = isinstance(chunks, Mapping) and all(isinstance(chunk, Mapping) for chunk in chunks.values())
    if not sound or ROOT not in chunks:
        raise HogVerificationError("A program needs a chunk called root")
    return chunks


def execute(
    bytecode_or_state: Any,
    globals: Mapping[str, Any] | None = None,
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    async_functions: frozenset[str] = frozenset(),
    print: Callable[[str], None] | None = None,
    limits: Limits = Limits(),  # noqa: B008 - immutable
) -> Execution:
    """Run a program until it ends, fails or calls one of ``async_functions`` (or ``sleep``).

    Takes bytecode, several chunks as ``{"bytecodes": {...}}``, or a saved state (resumed with null). ``globals`` are
    JSON-like; ``functions`` are called with plain values; ``print`` receives each line. Failures of the program are in
    ``Execution.error``; HogVerificationError is raised when there is nothing that could run.
    """
    if isinstance(bytecode_or_state, Mapping) and "frames" in bytecode_or_state:
        return resume(
            bytecode_or_state, None, globals,
            functions=functions, async_functions=async_functions, print=print, limits=limits,
        )  # fmt: skip
    host = Host(frozenset(functions or ()), frozenset(async_functions))
    program = _Program(_chunks(bytecode_or_state), host)
    main = program.chunk(ROOT).main
    run = Run(limits, program.globals(globals), functions or {}, host.async_functions, print, program.main)
    return _finish(run, program, [], 0, lambda: main(run, (), run.segment))


def resume(
    state: Mapping[str, Any],
    value: Any,
    globals: Mapping[str, Any] | None = None,
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    async_functions: frozenset[str] = frozenset(),
    print: Callable[[str], None] | None = None,
    limits: Limits = Limits(),  # noqa: B008 - immutable
) -> Execution:
    """Go on with a suspended program: ``value`` (plain) is what its async function returned.

    The other arguments are those of ``execute``; limits hold for all stretches of the program together.
    HogVerificationError when ``state`` is not one.
    """
    if state.get("version") != STATE_VERSION:
        raise HogVerificationError("Program state of an unknown version")
    host = Host(frozenset(functions or ()), frozenset(async_functions))
    program = _Program(_chunks(state), host)
    run = Run(limits, program.globals(globals), functions or {}, host.async_functions, print, program.main)
    try:
        frames, run.declared = decode_frames(state, program.chunk)
        used = state["used"]
        run.spent, run.peak, run.lines, run.printed = used["ops"], used["memory"], used["lines"], used["printed"]
        run.offset += used["seconds"]
        async_steps = used["async_steps"]
    except (KeyError, TypeError, HogVMError) as error:
        raise HogVerificationError(f"Malformed program state: {error!r}") from error
    return _finish(
        run, program, frames, async_steps, lambda: proceed(run, frames, from_plain(run, value), program.chunk)
    )


def _finish(run: Run, program: _Program, frames: list[Any], async_steps: int, go: Callable[[], Any]) -> Execution:
    """Call ``go`` and report how it ended; ``frames`` are the suspended callers, which ``go`` keeps up to date."""
    outcome = Execution(finished=False)
    try:
        try:
            outcome.result = to_plain(run, go())
            outcome.finished = True
        except Suspension as suspension:
            _suspend(run, program, frames, async_steps + 1, suspension, outcome)
    except (Exception, Suspension) as error:  # around user programs only: whatever it was, it was the program
        outcome.result, outcome.error = None, failure(run, error)
    outcome.ops = run.ops
    outcome.seconds = outcome.state["used"]["seconds"] if outcome.state else run.seconds
    outcome.max_memory = max(run.peak, min(run.allocated, run.memory))
    return outcome


def _suspend(
    run: Run, program: _Program, frames: list[Any], async_steps: int, suspension: Suspension, outcome: Execution
) -> None:
    if async_steps > run.limits.async_steps:
        raise HogStepLimit(run.limits.async_steps, "async steps")
    waiting = frames or capture(suspension.__traceback__)
    outcome.async_function = suspension.name
    outcome.async_args = [to_plain(run, argument) for argument in suspension.arguments]
    outcome.state = {
        "version": STATE_VERSION,
        "bytecodes": {name: dict(chunk) for name, chunk in program.chunks.items()},
        "used": {
            "ops": run.ops,
            "seconds": run.seconds,
            "memory": run.peak,
            "lines": run.lines,
            "printed": run.printed,
            "async_steps": async_steps,
        },
        **encode_frames(waiting, run.declared),
    }


def failure(run: Run, error: BaseException) -> HogVMError:
    """Return the error of this package that ``error``, raised while a program ran, amounts to; without its frames."""
    result: HogVMError
    if isinstance(error, Thrown):
        thrown = error.error
        result = UncaughtHogError(js_text(thrown.type), js_text(thrown.message), _payload(run, thrown.payload))
    elif isinstance(error, HogVMError):
        result = error
    elif isinstance(error, MemoryError):
        result = HogMemoryLimit(run.memory, 0)
    elif isinstance(error, RecursionError):
        result = HogVMError("Value is nested too deeply")
    elif isinstance(error, HogError):
        result = HogVMError(error.message)
    else:
        result = HogVMError(f"Unexpected failure: {type(error).__name__}: {error}")
    result.__traceback__ = result.__cause__ = result.__context__ = None
    return result


def _payload(run: Run, payload: Any) -> Any:
    try:
        return to_plain(run, payload)
    except HogVMError:
        return None


def compile_filter(
    bytecode: Any,
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    limits: Limits = FILTER_LIMITS,
) -> Callable[[Mapping[str, Any]], bool]:
    """Return a callable that tells whether the filter ``bytecode`` holds for given globals.

    HogVerificationError for malformed bytecode; the callable raises HogVMError when the filter fails.
    """
    host = Host(frozenset(functions or ()))
    program = _Program(_chunks(bytecode), host)
    translated = program.chunk(ROOT)
    main = translated.main
    given = functions or {}

    idle: list[Run] = []  # runs are used again, since making one costs as much as a small filter

    def holds(globals: Mapping[str, Any]) -> bool:
        try:
            run = idle.pop()
            run.restart(globals)
        except IndexError:
            run = Run(limits, globals, given, host.async_functions, None, program.main)
        try:
            result = main(run, (), run.segment)
            run.globals = {}
            idle.append(run)
            return result if result.__class__ is bool else truthy(result)
        except Suspension as suspension:
            raise HogVMError(f"A filter can not wait for {suspension.name}") from None
        except Exception as error:  # around user programs only
            raise failure(run, error) from None

    return translated.quick(holds) if translated.quick else holds
