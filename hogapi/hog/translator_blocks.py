"""Functions of bytecode cut into stretches without jumps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hogapi.hog.opcodes import JUMPS, Op
from hogapi.hog.verifier import Function, Instruction

FLOAT, BOOL, STR, NULL, LIST, ANY = "float", "bool", "str", "null", "list", ""
"""What is known of the type of a value while translating."""

WHOLE = "whole"
"""A FLOAT that is 1, 2, 3, ... or infinite, hence no fraction where an array is indexed."""


class Entry(NamedTuple):
    """A symbolic stack entry: Python text, its type if known, its value if constant, whether it still has to be run.

    ``chain`` has the names of a global that is not loaded yet, since only one property of it may be wanted.
    """

    text: str
    kind: str = ANY
    constant: Any = None
    is_constant: bool = False
    pending: bool = False
    chain: tuple[Any, ...] = ()


class Line(NamedTuple):
    """A statement; ``site`` is the token after the call it makes, if that call may suspend the program."""

    text: str
    site: int | None = None


@dataclass
class Block:
    """Instructions without a jump among them. ``end``: return, raise, jump (to ``target``) or branch.

    A branch goes to ``otherwise`` when ``condition`` holds, to ``target`` when not.
    """

    start: int
    instructions: list[Instruction]
    kinds: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    end: str = "jump"
    condition: str = ""
    target: int = -1
    otherwise: int = -1

    @property
    def successors(self) -> tuple[int, ...]:
        """Starts of the blocks that may come next, apart from handlers."""
        if self.end == "jump":
            return (self.target,)
        return (self.otherwise, self.target) if self.end == "branch" else ()


def is_call(instruction: Instruction) -> bool:
    """Tell whether ``instruction`` calls a function, in which the program may be suspended."""
    return instruction.op in (Op.CALL_LOCAL, Op.CALL_GLOBAL)


def find_blocks(function: Function, *, split_calls: bool) -> dict[int, Block]:
    """Cut the reachable instructions into blocks; after every call too when ``split_calls``."""
    order = [at for at in function.instructions if at in function.states]
    leaders = {function.start, function.end}
    for at in order:
        instruction = function.instructions[at]
        if instruction.op in JUMPS or instruction.op == Op.TRY:
            leaders |= {instruction.target, instruction.next}
        elif split_calls and is_call(instruction):
            leaders.add(instruction.next)
    blocks: dict[int, Block] = {}
    current: Block | None = None
    for at in order:
        instruction = function.instructions[at]
        if current is None or at in leaders:
            if current is not None:
                current.target = at
            current = blocks[at] = Block(at, [])
        current.instructions.append(instruction)
        if instruction.op in JUMPS:
            current.target, current.otherwise = instruction.target, instruction.next
            current.end = "jump" if instruction.op == Op.JUMP else "branch"
            current = None
        elif instruction.op in (Op.RETURN, Op.THROW):
            current.end = "return" if instruction.op == Op.RETURN else "raise"
            current = None
    if current is not None:
        current.target = function.end
    if function.end in function.states:
        blocks[function.end] = Block(function.end, [], end="return")
    return blocks
