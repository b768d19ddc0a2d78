"""A suspended program as JSON: its frames and all they refer to (spec hog_language.md 4.9, with the fixes of 7.3).

The frames of a suspended program are Python frames of translated code; the traceback of ``meter.Suspension`` leads
through them. A call that may suspend stands on a line of its own, with all live values in local variables, so a frame
is saved as (function, token after the call, variables) and resumed by entering the function there. Containers,
closures and captured variables are saved once each, in a table, so that what was shared is shared again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from hogapi.hog.errors import HogVerificationError, HogVMError
from hogapi.hog.meter import SEGMENT, TRANSLATED, Run, Suspension
from hogapi.hog.temporal import HogDate, HogDateTime
from hogapi.hog.translator import PROGRAM, Translated, resumable
from hogapi.hog.values import NAN, Cell, Closure, ErrorValue, Key, NativeFunction, Thrown, Tuple, closure_class


@dataclass
class Frame:
    """A call in progress: ``function`` of ``chunk`` waits at token ``site`` for the value of its call."""

    chunk: str
    function: int
    site: int
    slots: list[Any]
    cells: dict[int, Cell]
    upvalues: tuple[Cell, ...]


def capture(trace: TracebackType | None) -> list[Frame]:
    """Return the frames of translated code that ``trace`` leads through, outermost first."""
    frames: list[Frame] = []
    while trace is not None:
        python = trace.tb_frame
        if python.f_code.co_filename == TRANSLATED:
            program: Translated = python.f_globals[PROGRAM]
            site = program.sites.get((python.f_code, trace.tb_lineno))
            if site is not None:
                frames.append(_frame(program, *site, python.f_locals))
        trace = trace.tb_next
    return frames


def _frame(program: Translated, index: int, site: int, variables: Mapping[str, Any]) -> Frame:
    function = program.chunk.functions[index]
    depth = function.states[site].depth - 1
    cells = {slot: variables.get(f"c{slot}") for slot in function.captured if slot < depth}
    return Frame(
        program.name,
        index,
        site,
        [variables[f"s{i}"] for i in range(depth)],
        {slot: cell for slot, cell in cells.items() if cell is not None},
        variables["u"],
    )


def proceed(run: Run, frames: list[Frame], value: Any, program: Callable[[str], Translated]) -> Any:
    """Give ``value`` to the innermost frame and run to the end; what suspends again keeps ``frames`` up to date."""
    thrown: Thrown | None = None
    while frames:
        frame = frames.pop()
        run.taken = len(frames)
        run.segment = min(SEGMENT, run.limits.frames - run.taken)
        chunk = program(frame.chunk)
        try:
            if thrown is None:
                value = _enter(run, chunk, frame, value)
            elif chunk.chunk.functions[frame.function].states[frame.site].handlers:
                error, thrown = thrown, None
                value = _enter_handler(run, chunk, frame, error)
        except Thrown as error:
            thrown = error
        except Suspension as suspension:
            frames += capture(suspension.__traceback__)
            raise
    if thrown is not None:
        raise thrown
    return value


def _enter(run: Run, program: Translated, frame: Frame, value: Any) -> Any:
    form = resumable(program, frame.function)
    handlers = program.chunk.functions[frame.function].states[frame.site].handlers
    return _run_frame(run, program, frame, [*frame.slots, value], form.entries[frame.site], form.handlers[handlers])


def _enter_handler(run: Run, program: Translated, frame: Frame, thrown: Thrown) -> Any:
    form = resumable(program, frame.function)
    handlers = program.chunk.functions[frame.function].states[frame.site].handlers
    target, depth = handlers[-1]
    frame.cells = {slot: cell for slot, cell in frame.cells.items() if slot < depth}
    slots = [*frame.slots[:depth], thrown.error]
    return _run_frame(run, program, frame, slots, form.entries[target], form.handlers[handlers[:-1]])


def _run_frame(run: Run, program: Translated, frame: Frame, slots: list[Any], block: int, handler: int) -> Any:
    function = program.chunk.functions[frame.function]
    slots += [None] * (function.deepest + 1 - len(slots))
    cells = [frame.cells.get(slot) for slot in sorted(function.captured)]
    code = resumable(program, frame.function).code
    return code(run, frame.upvalues, run.segment, block, handler, slots, cells)


class _Encoder:
    """Gives every object with an identity a number and writes its contents into ``objects``."""

    def __init__(self) -> None:
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}
        self.pending: list[tuple[int, Any]] = []

    def encode(self, value: Any) -> Any:
        """Return the JSON for a scalar or a reference; ``finish`` writes what references refer to."""
        kind = value.__class__
        if kind is float:
            return value if value - value == 0 else {"number": str(value)}
        if value is None or kind is bool or kind is str:
            return value
        if id(value) not in self.numbers:
            self.numbers[id(value)] = len(self.objects)
            self.objects.append(None)
            self.pending.append((len(self.objects) - 1, value))
        return {"ref": self.numbers[id(value)]}

    def finish(self) -> list[Any]:
        """Write the contents of all objects, including those found meanwhile."""
        while self.pending:
            number, value = self.pending.pop()
            self.objects[number] = self._contents(value)
        return self.objects

    def _contents(self, value: Any) -> list[Any]:
        encode = self.encode
        if isinstance(value, list):
            return ["tuple" if value.__class__ is Tuple else "array", [encode(item) for item in value]]
        if isinstance(value, dict):
            return [
                "dict",
                [[encode(key), item if item.__class__ is str else encode(item)] for key, item in value.items()],
            ]
        if isinstance(value, Cell):
            return ["cell", encode(value.value)]
        if isinstance(value, Closure):
            return ["closure", value.chunk, value.index, [encode(cell) for cell in value.cells]]
        if isinstance(value, ErrorValue):
            return ["error", encode(value.type), encode(value.message), encode(value.payload)]
        if isinstance(value, HogDate):
            return ["date", value.year, value.month, value.day]
        if isinstance(value, HogDateTime):
            return ["datetime", value.dt, value.zone]
        if isinstance(value, NativeFunction):
            return ["native", value.kind, value.name, value.params]
        if isinstance(value, Key):
            return ["key", encode(value.value)]
        raise HogVMError(f"Value of type {type(value).__name__} can not be saved")


def encode_frames(frames: list[Frame], declared: Mapping[str, Closure]) -> dict[str, Any]:
    """Return ``frames`` and the functions that a version 0 program declared, as JSON."""
    encoder = _Encoder()
    saved = [
        {
            "chunk": frame.chunk,
            "function": frame.function,
            "site": frame.site,
            "slots": [encoder.encode(value) for value in frame.slots],
            "cells": {str(slot): encoder.encode(cell) for slot, cell in frame.cells.items()},
            "upvalues": [encoder.encode(cell) for cell in frame.upvalues],
        }
        for frame in frames
    ]
    functions = {name: encoder.encode(closure) for name, closure in declared.items()}
    return {"frames": saved, "declared": functions, "objects": encoder.finish()}


class _Decoder:
    """Makes the objects of a saved state, empty at first, so that they can refer to each other, then fills them."""

    def __init__(self, objects: list[Any], program: Callable[[str], Translated]) -> None:
        self.program = program
        self.made = [self._make(saved) for saved in objects]
        keys = [saved[0] == "key" for saved in objects]
        for wanted in (True, False):  # keys must have their value before a dict hashes them
            for saved, value, is_key in zip(objects, self.made, keys, strict=True):
                if is_key is wanted:
                    self._fill(saved, value)

    def decode(self, value: Any) -> Any:
        """Return the value that ``encode`` wrote."""
        if value.__class__ is str:
            return value
        if value.__class__ is int:
            return float(value)
        if value.__class__ is not dict:
            return value
        if "number" in value:
            number = float(value["number"])
            return NAN if number != number else number
        return self.made[value["ref"]]

    def _make(self, saved: list[Any]) -> Any:
        kind = saved[0]
        if kind == "closure":
            program, index = self.program(saved[1]), saved[2]
            function = program.chunk.functions[index]
            make = closure_class(function.params)
            return make(program.function(index), (), function.params, function.name, saved[1], index)
        makers: dict[str, Callable[[], Any]] = {
            "array": list,
            "tuple": Tuple,
            "dict": dict,
            "cell": lambda: Cell(None),
            "key": lambda: Key(None),
            "error": lambda: ErrorValue(None, None),
            "date": lambda: HogDate(saved[1], saved[2], saved[3]),
            "datetime": lambda: HogDateTime(float(saved[1]), saved[2]),
            "native": lambda: NativeFunction(saved[1], saved[2], saved[3]),
        }
        return makers[kind]()

    def _fill(self, saved: list[Any], value: Any) -> None:
        kind = saved[0]
        if kind in ("array", "tuple"):
            value.extend([self.decode(item) for item in saved[1]])
        elif kind == "dict":
            for key, item in saved[1]:
                value[self.decode(key)] = self.decode(item)
        elif kind in ("cell", "key"):
            value.value = self.decode(saved[1])
        elif kind == "closure":
            value.cells = self.cells(saved[3])
        elif kind == "error":
            value.type, value.message, value.payload = (self.decode(item) for item in saved[1:])

    def cells(self, saved: list[Any]) -> tuple[Cell, ...]:
        """Return captured variables; TypeError for anything else."""
        cells = tuple(self.decode(item) for item in saved)
        if not all(cell.__class__ is Cell for cell in cells):
            raise TypeError("not a captured variable")
        return cells


def decode_frames(
    state: Mapping[str, Any], program: Callable[[str], Translated]
) -> tuple[list[Frame], dict[str, Closure]]:
    """Read what ``encode_frames`` wrote; HogVerificationError when it does not fit the bytecode it belongs to."""
    try:
        decoder = _Decoder(state["objects"], program)
        frames = [_decode_frame(saved, decoder, program) for saved in state["frames"]]
        declared = {name: decoder.decode(closure) for name, closure in state["declared"].items()}
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise HogVerificationError(f"Malformed program state: {error!r}") from error
    return frames, declared


def _decode_frame(saved: Mapping[str, Any], decoder: _Decoder, program: Callable[[str], Translated]) -> Frame:
    function = program(saved["chunk"]).chunk.functions[saved["function"]]
    slots = [decoder.decode(value) for value in saved["slots"]]
    upvalues = decoder.cells(saved["upvalues"])
    if len(slots) != function.states[saved["site"]].depth - 1 or len(upvalues) != function.upvalues:
        raise ValueError("a frame has the wrong size")
    cells = dict(zip(map(int, saved["cells"]), decoder.cells(list(saved["cells"].values())), strict=True))
    return Frame(saved["chunk"], saved["function"], saved["site"], slots, cells, upvalues)
