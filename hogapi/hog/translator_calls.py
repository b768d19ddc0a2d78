"""Statements for globals, calls, closures and handlers (part of ``translator_instructions``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hogapi.hog.translator_blocks import ANY, BOOL, FLOAT, LIST, STR, Entry
from hogapi.hog.translator_kinds import result_kind
from hogapi.hog.verifier import Instruction, State

if TYPE_CHECKING:
    from hogapi.hog.translator_blocks import Block
    from hogapi.hog.translator_instructions import BlockEmitter


RESULTS = {
    "concat": STR,
    "empty": BOOL,
    "keys": LIST,
    "length": FLOAT,  # of a LIST
    "lower": ANY,
    "notEmpty": BOOL,
    "startsWith": BOOL,
    "typeof": STR,
    "values": LIST,
}
"""What library functions return, as far as it is known and worth knowing."""

INLINE = {
    "empty": "not {0} if {0}.__class__ is str else {call}",
    "length": "float(len({0})) if {0}.__class__ is list or {0}.__class__ is str else {call}",
    "lower": "{0}.lower() if {0}.__class__ is str and len({0}) < 32 else {call}",
    "notEmpty": "{0} != '' if {0}.__class__ is str else {call}",
    "startsWith": "{0}.startswith({1}) if {0}.__class__ is str and {1}.__class__ is str else False",
    "typeof": "'string' if {0}.__class__ is str else {call}",
}
"""The usual case of library functions, in place; what it allocates is less than its steps are charged for."""


def get_global(e: BlockEmitter, instruction: Instruction, operands: tuple[Any, ...], *_: Any) -> None:
    """Push a global, not loaded yet where its names are known."""
    names = [e.stack.pop() for _ in range(operands[0])]
    known = [name.constant for name in names] if all(name.is_constant for name in names) else None
    text = e.calls.load(known, f"({''.join(name.text + ', ' for name in names)})")
    if known and all(name.__class__ is str for name in known):
        e.stack.append(Entry(text, pending=True, chain=tuple(known)))
    else:
        e.assign(text)


def call_global(e: BlockEmitter, instruction: Instruction, operands: tuple[Any, ...], *_: Any) -> None:
    """Call a function by its name."""
    name, count = operands
    kind = result_kind(name, e.stack[-1].kind if count else ANY, e.calls.results)
    arguments = e.pop_many(count)
    text, suspends = e.calls.call_global(name, arguments)
    if suspends:
        e.flush()
    e.assign(text, kind, instruction.next if suspends else None)


def call_local(e: BlockEmitter, instruction: Instruction, operands: tuple[Any, ...], *_: Any) -> None:
    """Call the function on top of the stack."""
    callee = e.pop()[0]
    arguments = e.pop_many(operands[0])
    if e.calls.may_suspend:
        e.flush()
    name, text = f"s{len(e.stack)}", "".join(f"{a}, " for a in arguments)
    e.line(f"if {callee}.__class__ is {e.calls.closures_of(operands[0])}:")
    e.line(f" {name} = {callee}.code(run, {callee}.cells, d - 1, {text})", instruction.next)
    e.line(f"else: {name} = call(run, d, {callee}, ({text}))", instruction.next)
    e.stack.append(Entry(name))


def try_(e: BlockEmitter, instruction: Instruction, _operands: tuple[Any, ...], state: State, _block: Block) -> None:
    """Make a handler active."""
    e.flush()
    handlers = (*state.handlers, (instruction.target, state.depth))
    e.line(f"h = {e.handlers.setdefault(handlers, len(e.handlers))}")


def pop_try(e: BlockEmitter, _i: Instruction, _o: tuple[Any, ...], state: State, _block: Block) -> None:
    """Make the handler outside it active again."""
    e.line(f"h = {e.handlers.setdefault(state.handlers[:-1], len(e.handlers))}")


def declare(e: BlockEmitter, instruction: Instruction, operands: tuple[Any, ...], *_: Any) -> None:
    """Give a function its name (version 0)."""
    made = e.calls.closure(e.function.functions[instruction.at], [])
    e.line(f"run.declared[{e.calls.constant(operands[0])}] = {made}")


def callable(e: BlockEmitter, instruction: Instruction, *_: Any) -> None:
    """Remember which function the closure that follows is made of."""
    e.stack.append(Entry("None", constant=e.function.functions[instruction.at]))


def closure(e: BlockEmitter, _instruction: Instruction, operands: tuple[Any, ...], *_: Any) -> None:
    """Make a closure, putting the variables it shares into cells."""
    index: int = e.stack.pop().constant
    place, own = len(e.stack), False
    cells: list[str] = []
    for is_local, slot in operands[1]:
        if not is_local:
            cells.append(f"u[{slot}]")
            continue
        cells.append(f"c{slot}")
        own = own or slot == place
        if slot == place:
            e.line(f"c{slot} = Cell(None)")
        else:
            e.settle(slot)
            e.line(f"if c{slot} is None: c{slot} = Cell(s{slot})")
    e.assign(e.calls.closure(index, cells))
    if own:
        e.line(f"c{place}.value = s{place}")


def get_upvalue(e: BlockEmitter, _instruction: Instruction, operands: tuple[Any, ...], *_: Any) -> None:
    """Push a captured variable."""
    e.push(f"u[{operands[0]}].value")


def set_upvalue(e: BlockEmitter, _instruction: Instruction, operands: tuple[Any, ...], *_: Any) -> None:
    """Assign a captured variable."""
    e.line(f"u[{operands[0]}].value = {e.stack.pop().text}")
