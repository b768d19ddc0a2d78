"""Bytecode for reading: one instruction a line, functions indented, jumps with the place they go to."""

from __future__ import annotations

import json
from typing import Any

from hogapi.hog.opcodes import JUMPS, Op
from hogapi.hog.verifier import Function, Instruction, verify


def disassemble(bytecode: Any) -> str:
    """Return the instructions of ``bytecode`` as text; HogVerificationError when it is malformed.

    A line is ``position NAME operands``; jumps and TRY show ``-> position``. What cannot be reached is marked ``;``.
    """
    chunk = verify(bytecode)
    depths = {0: 0}
    lines: list[tuple[int, str]] = []
    for function in chunk.functions:
        depth = depths[function.index]
        for inner in function.functions.values():
            depths[inner] = depth + 1
        for instruction in function.instructions.values():
            lines.append((instruction.at, _line(instruction, function, depth)))
    return "\n".join(text for _, text in sorted(lines))


def _line(instruction: Instruction, function: Function, depth: int) -> str:
    op = instruction.op
    if op == Op.CLOSURE:
        captures = instruction.operands[1]
        operands = " ".join(f"{'local' if is_local else 'upvalue'}:{index}" for is_local, index in captures)
    elif op in JUMPS or op == Op.TRY:
        operands = f"-> {instruction.target}"
    else:
        operands = " ".join(json.dumps(operand, ensure_ascii=False) for operand in instruction.operands)
    mark = "" if instruction.at in function.states else " ;"
    return f"{instruction.at:5} {'    ' * depth}{op.name} {operands}".rstrip() + mark
