"""The growing bytecode: tokens, jumps that are filled in later, variables and scopes (spec hog_language.md 2, 3)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hogapi.hog import ast
from hogapi.hog.compiler_scope import Unit
from hogapi.hog.errors import HogCompileError
from hogapi.hog.opcodes import Op
from hogapi.hog.verifier import MAX_TOKENS

MAX_INTEGER = 2**63
"""Integers of this size and beyond are written as floats, which is what they are at run time."""


class Emitter:
    """One flat list of tokens for the whole program; ``unit`` is the function whose code is being written."""

    def __init__(self, functions: frozenset[str] = frozenset()) -> None:
        self.code: list[Any] = []
        self.unit = Unit()
        self.functions = functions
        self.unknown_functions: list[tuple[str, ast.Node]] = []

    def emit(self, *tokens: Any) -> None:
        """Append tokens; operations become plain integers.

        Raises HogCompileError when the bytecode would be longer than the VM takes: forms that emit an operand twice
        double at every level of nesting, so a short text can ask for endless bytecode.
        """
        if len(self.code) > MAX_TOKENS:
            raise HogCompileError(f"The program is too long: it takes more than {MAX_TOKENS} tokens of bytecode")
        self.code.extend(int(token) if isinstance(token, Op) else token for token in tokens)

    def jump(self, op: Op) -> int:
        """Append a jump whose distance ``land`` fills in; return the place of its operand."""
        self.code.append(int(op))
        self.code.append(0)
        return len(self.code) - 1

    def land(self, operand: int) -> None:
        """Make the jump with this operand arrive at the next token."""
        self.code[operand] = len(self.code) - operand - 1

    def jump_back(self, target: int) -> None:
        """Append a jump to the token at ``target``."""
        self.emit(Op.JUMP, target - len(self.code) - 2)

    def constant(self, value: ast.ConstantValue) -> None:
        """Append the operation that pushes ``value``."""
        if value is None:
            self.emit(Op.NULL)
        elif isinstance(value, bool):
            self.emit(Op.TRUE if value else Op.FALSE)
        elif isinstance(value, str):
            self.emit(Op.STRING, value)
        elif isinstance(value, int) and abs(value) < MAX_INTEGER:
            self.emit(Op.INTEGER, value)
        else:
            self._float(value)

    def _float(self, value: float) -> None:
        try:
            number = float(value)
        except OverflowError:
            number = math.inf if value > 0 else -math.inf
        if math.isfinite(number):
            self.emit(Op.FLOAT, number)
            return
        # JSON has no infinities, so they are computed: 1 / 0, -1 / 0, 0 / 0.
        self.emit(Op.INTEGER, 0, Op.INTEGER, 0 if math.isnan(number) else int(math.copysign(1, number)), Op.DIVIDE)

    def declare(self, name: str, node: ast.Node) -> int:
        """Declare a variable in the innermost scope and return its slot. Raises HogCompileError on a second one."""
        if self.unit.declared_here(name):
            raise error(f"Variable `{name}` already declared in this scope", node)
        return self.unit.declare(name)

    def variable(self, name: str, node: ast.Node) -> tuple[Op, int] | None:
        """Return the operation and index that read a declared variable, or None if there is none of that name."""
        index = self.unit.local(name)
        if index is not None:
            if not self.unit.locals[index].initialised:
                raise error(f"Variable `{name}` is used in its own declaration", node)
            return Op.GET_LOCAL, index
        index = self.unit.upvalue(name)
        return None if index is None else (Op.GET_UPVALUE, index)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Variables declared inside are taken off the stack at the end."""
        self.unit.open_scope()
        yield
        self.emit(*self.unit.close_scope())

    @contextmanager
    def function(self, name: str, params: Sequence[str]) -> Iterator[None]:
        """What is emitted inside is the body of a function; the closure over it ends up on the stack."""
        unit = self.unit = Unit(self.unit, params)
        self.emit(Op.CALLABLE, name, len(params), 0, 0)
        body = len(self.code)
        yield
        self.code[body - 2] = len(unit.upvalues)
        self.code[body - 1] = len(self.code) - body
        self.emit(Op.CLOSURE, len(unit.upvalues))
        for upvalue in unit.upvalues:
            self.emit(upvalue.is_local, upvalue.index)
        assert unit.enclosing is not None  # noqa: S101 - it was given above
        self.unit = unit.enclosing


def error(message: str, node: ast.Node) -> HogCompileError:
    """A compile error that points at ``node``."""
    return HogCompileError(message, start=node.start, end=node.end)
