"""From a list of tokens to instructions that are known to be sound (spec hog_language.md 2).

Bytecode may come from anybody. Whatever passes here has known operations with operands of the right kinds, jumps that
land on instructions of their own function, a stack depth and a set of active handlers that do not depend on the way
taken, and local slots and upvalues that exist. Everything else is a HogVerificationError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hogapi.hog.errors import HogVerificationError
from hogapi.hog.opcodes import COUNT, HEADER, JUMPS, LEGACY_HEADER, NAME, OFFSET, OPERANDS, VERSION, Op, stack_effect

MAX_TOKENS = 40_000
MAX_DEPTH = 20_000
MAX_BRANCHES = 4_000  # jumps and functions, which take the longest to translate
MAX_SETTLED = 2_000_000
"""Stack depths at all jumps, calls and assignments of a function together: what translating it takes, in values."""

_SETTLING = JUMPS | {Op.TRY, Op.SET_LOCAL, Op.CALL_LOCAL, Op.CALL_GLOBAL, Op.CLOSURE}
_KNOWN = {op.value: op for op in Op if op not in (Op.IN_COHORT, Op.NOT_IN_COHORT)}


class Instruction(NamedTuple):
    """One operation at token ``at``; ``next`` is the token after its operands (and after the body of a function)."""

    at: int
    op: Op
    operands: tuple[Any, ...]
    next: int

    @property
    def target(self) -> int:
        """The token that a jump goes to, or at which the handler of a TRY starts."""
        return self.at + 1 + int(self.operands[0]) if self.op == Op.TRY else self.next + int(self.operands[0])


class State(NamedTuple):
    """What holds before an instruction: number of values in the frame, and the active handlers (innermost last).

    A handler is (token of its first instruction, depth of the frame where it was set up).
    """

    depth: int
    handlers: tuple[tuple[int, int], ...]


@dataclass
class Function:
    """One function of a program: the tokens ``start`` to ``end`` of its chunk; the outermost has no ``name``.

    ``states`` has the state before every instruction that can be reached (and at ``end``), ``functions`` maps the
    position of a CALLABLE or DECLARE_FN to the index of the function it makes, ``captured`` has the slots that closures
    share.
    """

    index: int
    name: str
    params: int
    upvalues: int
    start: int
    end: int
    instructions: dict[int, Instruction] = field(default_factory=dict)
    states: dict[int, State] = field(default_factory=dict)
    functions: dict[int, int] = field(default_factory=dict)
    captured: set[int] = field(default_factory=set)
    deepest: int = 0


@dataclass
class Chunk:
    """Verified bytecode: ``functions[0]`` is the outermost. ``legacy``: version 0, library arguments in pop order."""

    legacy: bool
    functions: list[Function]


def verify(bytecode: Any) -> Chunk:
    """Check ``bytecode`` and return its functions; HogVerificationError says what is wrong and where."""
    start, legacy = _read_header(bytecode)
    chunk = Chunk(legacy, [Function(0, "", 0, 0, start, len(bytecode))])
    for function in chunk.functions:  # grows while functions are found in functions
        _decode(bytecode, function, chunk.functions)
        _trace(function)
    jumps = sum(i.op in JUMPS for function in chunk.functions for i in function.instructions.values())
    if jumps + len(chunk.functions) > MAX_BRANCHES:
        raise HogVerificationError(f"Bytecode has too many jumps and functions: at most {MAX_BRANCHES} are allowed")
    return chunk


def _read_header(bytecode: Any) -> tuple[int, bool]:
    if not isinstance(bytecode, list | tuple) or not bytecode or bytecode[0] not in (HEADER, LEGACY_HEADER):
        raise HogVerificationError("Invalid HogQL bytecode, must start with '_H'")
    if len(bytecode) > MAX_TOKENS:
        raise HogVerificationError(f"Bytecode is too long: {len(bytecode)} tokens, at most {MAX_TOKENS}")
    if bytecode[0] == LEGACY_HEADER:
        return 1, True
    version = bytecode[1] if len(bytecode) > 1 else None
    if version.__class__ is not int or version not in (0, VERSION):
        raise HogVerificationError(f"Unsupported bytecode version: {_shown(version)}")
    return 2, version == 0


def _shown(token: Any) -> str:
    text = repr(token)
    return text if len(text) <= 60 else text[:57] + "..."


def _operand(kind: str, token: Any, op: Op, at: int) -> Any:
    plain_int = token.__class__ is int
    if kind == COUNT:
        sound = plain_int and 0 <= token <= MAX_TOKENS
    elif kind == OFFSET:
        sound = plain_int and abs(token) <= MAX_TOKENS
    elif kind == NAME:
        sound = token.__class__ is str
    else:
        sound = token.__class__ in (int, float, bool)
    if not sound:
        raise HogVerificationError(f"Invalid operand of {op.name} at {at}: expected a {kind}, got {_shown(token)}")
    return token


def _decode(bytecode: Sequence[Any], function: Function, functions: list[Function]) -> None:
    at = function.start
    previous: Instruction | None = None
    while at < function.end:
        if bytecode[at] is None:  # does nothing (spec 2.1), as a jump to the next token
            instruction = Instruction(at, Op.JUMP, (0,), at + 1)
        else:
            instruction = _read_instruction(bytecode, at, function.end)
        if instruction.op in (Op.CALLABLE, Op.DECLARE_FN):
            instruction = _read_function(instruction, function, functions)
        elif (instruction.op == Op.CLOSURE) != (previous is not None and previous.op == Op.CALLABLE):
            raise HogVerificationError(f"CALLABLE and CLOSURE at {at} do not follow each other")
        if instruction.op == Op.CLOSURE and previous is not None:
            _check_closure(instruction, previous, function)
        function.instructions[at] = previous = instruction
        at = instruction.next
    if previous is not None and previous.op == Op.CALLABLE:
        raise HogVerificationError("Unexpected end of bytecode")


def _read_instruction(bytecode: Sequence[Any], at: int, end: int) -> Instruction:
    token = bytecode[at]
    op = _KNOWN.get(token) if token.__class__ is int or isinstance(token, Op) else None
    if op is None:
        message = f'Unexpected node while running bytecode in chunk "root": {_shown(token)}'
        raise HogVerificationError(message)
    kinds = OPERANDS.get(op, ())
    position = at + 1 + len(kinds)
    if position > end:
        raise HogVerificationError("Unexpected end of bytecode")
    operands = tuple(
        _operand(kind, token, op, at) for kind, token in zip(kinds, bytecode[at + 1 : position], strict=True)
    )
    if op == Op.CLOSURE:
        count = operands[0]
        captures = bytecode[position : min(end, position + 2 * count)]
        if len(captures) < 2 * count:
            raise HogVerificationError("Unexpected end of bytecode")
        pairs = list(zip(captures[::2], captures[1::2], strict=True))
        for is_local, index in pairs:
            if is_local.__class__ is not bool or index.__class__ is not int or index < 0:
                raise HogVerificationError(f"Invalid operand of CLOSURE at {at}: {_shown((is_local, index))}")
        operands, position = (count, tuple(pairs)), position + 2 * count
    return Instruction(at, op, operands, position)


def _read_function(instruction: Instruction, outer: Function, functions: list[Function]) -> Instruction:
    at, op, operands, start = instruction
    name, params, length = operands[0], operands[1], operands[-1]
    if start + length > outer.end:
        raise HogVerificationError(f"Function at {at} reaches beyond the end of the bytecode")
    if params > 300:
        raise HogVerificationError(f"Function at {at} has too many parameters: {params}")
    upvalues = operands[2] if op == Op.CALLABLE else 0
    outer.functions[at] = len(functions)
    functions.append(Function(len(functions), name, params, upvalues, start, start + length))
    return Instruction(at, op, operands, start + length)


def _check_closure(instruction: Instruction, previous: Instruction, function: Function) -> None:
    count, captures = instruction.operands
    if count != previous.operands[2]:
        raise HogVerificationError(f"Invalid upvalue count. Expected {previous.operands[2]}, got {count}")
    for is_local, index in captures:
        if is_local:
            function.captured.add(index)
        elif index >= function.upvalues:
            raise HogVerificationError(f"CLOSURE at {instruction.at} captures upvalue {index}, which does not exist")


def _trace(function: Function) -> None:
    """Follow every way through the function and record the state before each instruction."""
    order = list(function.instructions)
    following = dict(zip(order, [*order, function.end][1:], strict=True))
    pending = [(function.start, State(function.params, ()))]
    settled = 0
    while pending:
        at, state = pending.pop()
        while True:
            known = function.states.get(at)
            if known is not None:
                _compare(at, known, state)
                break
            function.states[at] = state
            if at == function.end:
                break
            instruction = function.instructions[at]
            after = _step(function, instruction, state)
            if instruction.op in _SETTLING:
                settled += state.depth
                if settled > MAX_SETTLED:
                    raise HogVerificationError(f"Too many values wait on the stack around {at}")
            if instruction.op in JUMPS or instruction.op == Op.TRY:
                _check_target(function, instruction.target)
                depth = state.depth + 1 if instruction.op == Op.TRY else after.depth
                pending.append((instruction.target, State(depth, state.handlers)))
            if instruction.op in (Op.JUMP, Op.RETURN, Op.THROW):
                break
            at, state = following[at], after


def _check_target(function: Function, at: int) -> None:
    instruction = function.instructions.get(at)
    if at != function.end and (instruction is None or instruction.op == Op.CLOSURE):
        raise HogVerificationError(f"Jump to {at}, which is not an instruction of this function")


def _compare(at: int, known: State, state: State) -> None:
    if known.depth != state.depth:
        raise HogVerificationError(f"Stack depth at {at} is {known.depth} or {state.depth}, depending on the way taken")
    if known.handlers != state.handlers:
        raise HogVerificationError(f"Active try blocks at {at} depend on the way taken")


def _step(function: Function, instruction: Instruction, state: State) -> State:
    """Return the state after ``instruction``; HogVerificationError if it asks for what is not there."""
    at, op, operands, _ = instruction
    popped, pushed = stack_effect(op, operands)
    depth, handlers = state
    if popped > depth:
        raise HogVerificationError(f"Stack underflow: {op.name} at {at} needs {popped} values, there are {depth}")
    left = depth - popped
    if op in (Op.GET_LOCAL, Op.SET_LOCAL) and operands[0] >= (depth if op == Op.GET_LOCAL else left):
        raise HogVerificationError(f"{op.name} at {at} refers to slot {operands[0]} of {depth}")
    if op in (Op.GET_UPVALUE, Op.SET_UPVALUE) and operands[0] >= function.upvalues:
        raise HogVerificationError(f"{op.name} at {at} refers to upvalue {operands[0]} of {function.upvalues}")
    if op == Op.CLOSURE and any(is_local and index > left for is_local, index in operands[1]):
        raise HogVerificationError(f"CLOSURE at {at} captures a slot that does not exist")
    if op == Op.TRY:
        if len(handlers) >= 100:
            raise HogVerificationError(f"Too many nested try blocks at {at}")
        handlers = (*handlers, (instruction.target, depth))
    elif op == Op.POP_TRY:
        if not handlers:
            raise HogVerificationError("Invalid operation POP_TRY: no try block to pop")
        handlers = handlers[:-1]
    depth = left + pushed
    function.deepest = max(function.deepest, depth)
    if depth > MAX_DEPTH:
        raise HogVerificationError(f"Stack is too deep at {at}: {depth}")
    return State(depth, handlers)
