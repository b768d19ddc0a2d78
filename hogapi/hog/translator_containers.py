"""Statements that make containers, and read and write what is in them (part of ``translator_instructions``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hogapi.hog.opcodes import Op
from hogapi.hog.translator_blocks import ANY, FLOAT, LIST, STR, WHOLE
from hogapi.hog.verifier import Instruction

if TYPE_CHECKING:
    from hogapi.hog.translator_instructions import BlockEmitter


def make_dict(e: BlockEmitter, _instruction: Instruction, operands: tuple[Any, ...], *_: Any) -> None:
    """Make a dict."""
    entries = [e.pop() for _ in range(2 * operands[0])][::-1]
    pairs = zip(entries[::2], entries[1::2], strict=True)
    items = [f"{key if kind == STR else f'key_of({key})'}: {item}" for (key, kind), (item, _) in pairs]
    e.assign("{" + ", ".join(items) + "}")


def make_list(e: BlockEmitter, instruction: Instruction, operands: tuple[Any, ...], *_: Any) -> None:
    """Make an array or a tuple."""
    text = f"[{', '.join(e.pop_many(operands[0]))}]"
    e.assign(*((text, LIST) if instruction.op == Op.ARRAY else (f"Tuple({text})", ANY)))


def get_property(e: BlockEmitter, *_: Any) -> None:
    """Read a property; of a global that is not loaded yet, only that."""
    key = e.stack.pop()
    name = e.atom(key)
    if e.stack[-1].chain:
        chain = e.stack.pop().chain
        e.assign(f"load_property(run, {e.calls.constant(chain)}, {name})")
        return
    target, kind = e.pop()
    slow = f"get_property({target}, {name})"
    is_list = "" if kind == LIST else f"{target}.__class__ is list and "
    if key.kind == STR:
        e.push(f"{target}.get({name}) if {target}.__class__ is dict else {slow}")
    elif key.kind == WHOLE:
        e.push(f"{target}[int({name}) - 1] if {is_list}{name} <= len({target}) else {slow}")
    elif key.kind == FLOAT:
        within = f"1.0 <= {name} <= len({target}) and not {name} % 1.0"
        e.push(f"{target}[int({name}) - 1] if {is_list}{within} else {slow}")
    else:
        e.push(slow)


def set_property(e: BlockEmitter, *_: Any) -> None:
    """Assign a property."""
    value = e.pop()[0]
    key = e.stack.pop()
    name = e.atom(key)
    target = e.pop()[0]
    slow = f"set_property(run, {target}, {name}, {value})"
    if key.kind == STR:
        e.line(f"if {target}.__class__ is dict: {target}[{name}] = {value}")
        e.line(f"else: {slow}")
    else:
        e.line(f"if {target}.__class__ is dict and {name}.__class__ is str: {target}[{name}] = {value}")
        e.line(f"else: {slow}")
