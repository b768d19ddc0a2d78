"""What a run may use and has used: steps, time, memory, call depth, printed text.

The translated program counts its own steps in ``Run.fuel``; whenever the fuel is gone, ``refuel`` looks at the clocks.
Memory is accounted as it is asked for (``charge``); when the sum passes the limit, what is still reachable is measured
and becomes the new sum, so that garbage costs nothing. Steps are taken to have allocated ``BYTES_PER_STEP`` each.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from time import perf_counter, thread_time
from types import FrameType
from typing import Any

from hogapi.hog.errors import HogMemoryLimit, HogStackOverflow, HogStepLimit, HogTimeout, HogVMError
from hogapi.hog.values import Cell, Closure, ErrorValue

TRANSLATED = "<hog>"
"""File name of all translated code, by which its frames are told from others."""

_NO_VALUES = frozenset({"run", "d", "h", "pc", "t"})

TANK = 2000  # steps between two looks at the clocks: about 0.1 ms
BYTES_PER_STEP = 64
NANOSECONDS_PER_STEP = 40
THREAD_STEPS = 1000  # what starting a thread costs
SEGMENT = 150  # calls on one Python stack; deeper ones go on in a thread with a stack of its own
PATIENCE = 10  # wall-clock seconds allowed for each second of CPU


@dataclass(frozen=True)
class Limits:
    """Bounds of one program, from start to end with all its suspensions.

    ``seconds`` of CPU (and ten times that on the wall clock), ``memory`` bytes held at once, ``frames`` active calls,
    ``steps`` instructions, ``async_steps`` suspensions, ``print_lines`` and ``print_bytes`` (characters) of output.
    """

    seconds: float = 0.5
    memory: int = 64 * 2**20
    frames: int = 1000
    steps: int = 1_000_000_000
    async_steps: int = 100
    print_lines: int = 10_000
    print_bytes: int = 2**20


FILTER_LIMITS = Limits(seconds=0.1)


class Suspension(BaseException):
    """Unwinds the program to its host, because it waits for the async function ``name`` called with ``arguments``."""

    def __init__(self, name: str, arguments: list[Any]) -> None:
        super().__init__(name)
        self.name = name
        self.arguments = arguments


class Run:
    """One execution: its host, its globals, and what it has used. Passed to every translated and library function."""

    __slots__ = (
        "allocated", "async_functions", "blocked", "declared", "fuel", "functions", "globals", "limits", "lines",
        "memory", "module", "offset",
        "peak", "printed", "segment", "spent", "started", "taken", "tank", "write",
    )  # fmt: skip

    def __init__(
        self,
        limits: Limits,
        globals: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]],
        async_functions: frozenset[str],
        write: Callable[[str], None] | None,
        module: Callable[[Any], Callable[..., Any]],
    ) -> None:
        """Start the clocks; ``module`` finds the code of an imported chunk by its name."""
        self.limits, self.globals, self.functions, self.write = limits, globals, functions, write
        self.async_functions, self.module = async_functions, module
        self.memory = limits.memory
        self.tank = self.fuel = min(TANK, limits.steps)
        self.spent = self.allocated = self.peak = self.lines = self.printed = self.taken = 0
        self.segment = min(SEGMENT, limits.frames)
        self.declared: dict[str, Closure] = {}
        self.blocked: list[FrameType] = []
        self.started = self.offset = 0.0
        self.start_clocks()

    def start_clocks(self) -> None:
        """Count the seconds from now on."""
        self.started = perf_counter()
        self.offset = -thread_time()

    def restart(self, globals: Mapping[str, Any]) -> None:
        """Make a finished run ready for another, whose clocks start when its first tank of fuel is empty."""
        self.globals = globals
        self.tank = self.fuel = min(TANK, self.limits.steps)
        self.spent = self.allocated = self.peak = self.lines = self.printed = 0
        self.started = 0.0

    @property
    def ops(self) -> int:
        """Instructions performed, counted by whole stretches of code."""
        return self.spent + self.tank - self.fuel

    @property
    def seconds(self) -> float:
        """CPU seconds used so far, by this thread and by those that this run started."""
        return self.offset + thread_time()

    def refuel(self) -> None:
        """Account for an empty tank and fill it; HogStepLimit, HogTimeout or HogMemoryLimit when the run is over."""
        used = self.tank - self.fuel
        self.spent += used
        self.tank = self.fuel = min(TANK, max(0, self.limits.steps - self.spent))
        if self.spent >= self.limits.steps:
            raise HogStepLimit(self.limits.steps)
        self.check_time(0.0)
        self.charge(used * BYTES_PER_STEP)

    def check_time(self, needed: float) -> None:
        """Raise HogTimeout unless ``needed`` more seconds fit into the limit."""
        limit = self.limits.seconds
        if not self.started:
            self.start_clocks()
        if self.seconds + needed > limit or perf_counter() - self.started > PATIENCE * limit:
            raise HogTimeout(limit, self.ops)

    def look_at_clock(self, *operands: Any) -> None:
        """Raise HogTimeout in time before an array is compared or written out: nobody can tell how long that takes."""
        if any(isinstance(operand, list) for operand in operands):
            self.check_time(0.0)

    def work(self, units: int, nanoseconds: float = 20.0) -> None:
        """Announce a library call over ``units`` elements of ``nanoseconds`` each; HogTimeout if that is too long."""
        self.fuel -= int(units * nanoseconds) // NANOSECONDS_PER_STEP + 1
        if self.fuel < 0:
            if units > 10_000:
                self.check_time(units * nanoseconds * 1e-9)
            self.refuel()

    def charge(self, size: int) -> None:
        """Account for ``size`` bytes about to be allocated; HogMemoryLimit when they do not fit."""
        self.allocated += size
        if self.allocated > self.memory:
            self.check_time(0.0)
            live = self.measure()
            self.peak = self.memory
            self.allocated = live + size
            if self.allocated > self.memory:
                self.allocated = live
                raise HogMemoryLimit(self.memory, size)

    def measure(self) -> int:
        """Return the bytes that the values in the active frames of the program hold."""
        roots: list[Any] = [self.declared]
        for start in (sys._getframe(), *self.blocked):
            frame: FrameType | None = start
            while frame is not None:
                if frame.f_code.co_filename == TRANSLATED:
                    roots.append([value for name, value in frame.f_locals.items() if name not in _NO_VALUES])
                frame = frame.f_back
        return measure(roots, self.memory)

    def hop(self, code: Callable[..., Any], cells: tuple[Cell, ...], arguments: tuple[Any, ...]) -> Any:
        """Go on with a call on the stack of a new thread when this one's is used up; HogStackOverflow at the limit."""
        frames = self.limits.frames
        taken, segment, before, paused = self.taken, self.segment, self.seconds, thread_time()
        left = frames - taken - segment
        if left <= 0:
            raise HogStackOverflow(frames)
        self.taken, self.segment = taken + segment, min(SEGMENT, left)
        outcome: list[Any] = []
        thread = threading.Thread(
            target=copy_context().run, args=(self._on_new_stack, before, outcome, code, cells, arguments)
        )
        self.blocked.append(sys._getframe())
        try:
            thread.start()
            thread.join()
        finally:
            self.blocked.pop()
            self.taken, self.segment = taken, segment
        result, error, total = outcome
        self.offset = total - paused
        self.fuel -= THREAD_STEPS
        if error is not None:
            raise error
        return result

    def _on_new_stack(
        self, before: float, outcome: list[Any], code: Callable[..., Any], cells: tuple[Cell, ...], args: Any
    ) -> None:
        self.offset = before - thread_time()
        try:
            outcome += [code(self, cells, self.segment, *args), None]
        except BaseException as error:  # handed over to the waiting thread, which raises it
            outcome += [None, error]
        outcome.append(self.seconds)

    def suspend(self, name: str, arguments: list[Any]) -> Any:
        """Leave the program until the host resumes it with the result of ``name``."""
        raise Suspension(name, arguments)

    def print_line(self, line: str) -> None:
        """Hand a finished line to the host; HogMemoryLimit when the program prints more than its share."""
        self.lines += 1
        self.printed += len(line) + 1
        if self.printed > self.limits.print_bytes:
            raise HogMemoryLimit(self.limits.print_bytes, self.printed)
        if self.lines > self.limits.print_lines:
            raise HogStepLimit(self.limits.print_lines, "printed lines")
        if self.write is not None:
            self.write(line)


def measure(roots: list[Any], enough: int) -> int:
    """Return the bytes that ``roots`` and all they refer to hold, or some number above ``enough`` if that is more."""
    total = 0
    seen: set[int] = set()
    pending: list[Any] = roots
    while pending and total <= enough:
        value = pending.pop()
        kind = value.__class__
        if kind is float or kind is bool or value is None:
            continue
        if id(value) in seen:
            continue
        seen.add(id(value))
        if kind is str:
            total += sys.getsizeof(value)
        elif isinstance(value, list | tuple):
            total += 56 + 32 * len(value)
            pending.extend([item for item in value if item.__class__ is not float])
        elif kind is dict:
            total += 64 + 128 * len(value)
            pending.extend(value)
            pending.extend(value.values())
        elif isinstance(value, Closure):
            total += 96
            pending.extend(value.cells)
        elif kind is Cell:
            total += 48
            pending.append(value.value)
        elif kind is ErrorValue:
            total += 64
            pending.extend((value.type, value.message, value.payload))
        else:
            total += 64
    return total


def host_failure(name: str, error: Exception) -> HogVMError:
    """Return the run-time error that stands for a host function's exception."""
    return HogVMError(f"Function {name} failed: {error}")
