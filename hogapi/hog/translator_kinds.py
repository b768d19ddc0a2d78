"""Which slots hold numbers for sure where a block begins, so that the translated code need not ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hogapi.hog.opcodes import Op, stack_effect
from hogapi.hog.translator_blocks import ANY, BOOL, FLOAT, LIST, NULL, STR, WHOLE, Block
from hogapi.hog.verifier import Function

TOO_MUCH = 200_000  # blocks times slots beyond which the analysis costs more than it saves

_PUSHED: dict[Op, str] = {
    **dict.fromkeys((Op.PLUS, Op.MINUS, Op.MULTIPLY, Op.DIVIDE, Op.MOD), FLOAT),
    **dict.fromkeys(map(Op, range(Op.EQ, Op.NOT_IREGEX + 1)), BOOL),
    **dict.fromkeys((Op.AND, Op.OR, Op.NOT, Op.TRUE, Op.FALSE), BOOL),
    Op.STRING: STR,
    Op.NULL: NULL,
    Op.ARRAY: LIST,
}
MAX_WHOLE = 2**53


def infer_kinds(function: Function, blocks: dict[int, Block], results: Mapping[str, str]) -> None:
    """Fill in ``kinds`` of all blocks: what each slot holds whichever way the block was reached.

    ``results`` has what the library functions that are called by their names return for sure.
    """
    if len(blocks) * (function.deepest + 1) > TOO_MUCH:
        return
    handlers = {target for state in function.states.values() for target, _ in state.handlers}
    for start, block in blocks.items():
        if start in handlers or start == function.start:
            block.kinds = [ANY] * function.states[start].depth
    pending = [start for start in blocks if blocks[start].kinds or start in handlers or start == function.start]
    reached = set(pending)
    while pending:
        block = blocks[pending.pop()]
        after = _kinds_after(function, block, results)
        for successor in block.successors:
            following = blocks[successor]
            kinds = after[: function.states[successor].depth]
            if successor in reached:
                kinds = [_common(a, b) for a, b in zip(following.kinds, kinds, strict=True)]
                if kinds == following.kinds:
                    continue
            reached.add(successor)
            following.kinds = kinds
            pending.append(successor)


def constant_parameters(function: Function) -> list[int]:
    """Return the parameters that are read often and never written, captured or dropped."""
    reads = [0] * function.params
    for at, state in function.states.items():
        if at == function.end:
            continue
        op, operands = function.instructions[at].op, function.instructions[at].operands
        if state.depth - stack_effect(op, operands)[0] < function.params:
            return []
        if op == Op.GET_LOCAL and operands[0] < function.params:
            reads[operands[0]] += 1
        elif op == Op.SET_LOCAL and operands[0] < function.params:
            reads[operands[0]] = -len(function.states)
    return [slot for slot, count in enumerate(reads) if count > 2 and slot not in function.captured]


def number_kind(value: Any) -> str:
    """Return the type of a constant that a program writes as a number (the wire knows bools there too)."""
    if value.__class__ is bool:
        return BOOL
    return WHOLE if value.__class__ is int and 1 <= value <= MAX_WHOLE else FLOAT


def result_kind(name: str, argument: str, results: Mapping[str, str]) -> str:
    """Return the type of what the function ``name`` returns when its last argument has type ``argument``."""
    return ANY if results.get(name) == FLOAT and argument != LIST else results.get(name, ANY)


def _common(first: str, second: str) -> str:
    if first == second:
        return first
    return FLOAT if {first, second} == {FLOAT, WHOLE} else ANY


def _kinds_after(function: Function, block: Block, results: Mapping[str, str]) -> list[str]:
    stack = list(block.kinds)
    for instruction in block.instructions:
        op, operands = instruction.op, instruction.operands
        if op == Op.GET_LOCAL:
            stack.append(ANY if operands[0] in function.captured else stack[operands[0]])
            continue
        popped, pushed = stack_effect(op, operands)
        top = stack[-1] if stack else ANY
        if op == Op.JUMP_IF_STACK_NOT_NULL:
            continue
        whole = op == Op.PLUS and stack[-2:] == [WHOLE, WHOLE]
        if popped:
            del stack[-popped:]
        if op == Op.SET_LOCAL and operands[0] not in function.captured:
            stack[operands[0]] = top
        elif pushed:
            if op in (Op.INTEGER, Op.FLOAT):
                stack.append(number_kind(operands[0]))
            elif op == Op.CALL_GLOBAL:
                stack.append(result_kind(operands[0], top, results))
            else:
                stack.append(WHOLE if whole else _PUSHED.get(op, ANY))
    return stack
