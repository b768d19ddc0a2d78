"""Names of a program under compilation: which slot of which function's frame each one stands for (spec 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hogapi.hog.opcodes import Op


@dataclass(slots=True)
class Local:
    """A variable; its index in ``Unit.locals`` is its slot on the stack, counted from the start of the frame."""

    name: str
    depth: int
    captured: bool = False
    initialised: bool = True


@dataclass(frozen=True, slots=True)
class Upvalue:
    """A variable of an enclosing function: slot ``index`` of the next one out, or that one's own upvalue."""

    index: int
    is_local: bool


class Unit:
    """The names that one function (or the program's top level) declares and borrows."""

    def __init__(self, enclosing: Unit | None = None, params: Sequence[str] = ()) -> None:
        self.enclosing = enclosing
        self.depth = 0
        self.locals = [Local(name, 0) for name in params]
        self.upvalues: list[Upvalue] = []

    def declared_here(self, name: str) -> bool:
        """Tell whether the innermost scope itself declares ``name``."""
        for local in reversed(self.locals):
            if local.depth < self.depth:
                return False
            if local.name == name:
                return True
        return False

    def declare(self, name: str) -> int:
        """Give ``name`` the next slot, in the innermost scope, and return that slot."""
        self.locals.append(Local(name, self.depth))
        return len(self.locals) - 1

    def local(self, name: str) -> int | None:
        """Return the slot of the innermost variable of this function with that name."""
        for index in range(len(self.locals) - 1, -1, -1):
            if self.locals[index].name == name:
                return index
        return None

    def upvalue(self, name: str) -> int | None:
        """Return the index of the upvalue for a variable of an enclosing function, borrowing it where needed."""
        if self.enclosing is None:
            return None
        index = self.enclosing.local(name)
        if index is not None:
            self.enclosing.locals[index].captured = True
            return self._borrow(Upvalue(index, True))
        index = self.enclosing.upvalue(name)
        return None if index is None else self._borrow(Upvalue(index, False))

    def _borrow(self, upvalue: Upvalue) -> int:
        if upvalue not in self.upvalues:
            self.upvalues.append(upvalue)
        return self.upvalues.index(upvalue)

    def open_scope(self) -> None:
        """Enter a scope: what is declared from here on ends with it."""
        self.depth += 1

    def close_scope(self) -> list[Op]:
        """Leave a scope; return the operations that take its variables off the stack, last one first."""
        self.depth -= 1
        operations: list[Op] = []
        while self.locals and self.locals[-1].depth > self.depth:
            operations.append(Op.CLOSE_UPVALUE if self.locals.pop().captured else Op.POP)
        return operations
