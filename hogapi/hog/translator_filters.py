"""Filters that only compare properties with constants, as one Python expression.

Such a filter can neither loop nor fail nor change anything, and its cost has a bound that its length gives, so it needs
no accounting, and an operand of ``and``/``or`` that can not change the answer need not be looked at. Whatever is out of
the ordinary in an event (a property that is a container, a missing global) makes it start again in the general way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hogapi.hog import comparison, values
from hogapi.hog.meter import TRANSLATED
from hogapi.hog.opcodes import Op
from hogapi.hog.translator_blocks import ANY, BOOL
from hogapi.hog.verifier import Chunk, Instruction

Filter = Callable[[Mapping[str, Any]], bool]

MAX_INSTRUCTIONS = 2000
MAX_NESTING = 50  # of parentheses; Python's own parser takes 200
MAX_EXACT = 2**53

_COMPARED = {
    Op.EQ: "equal({a}, {b})",
    Op.NOT_EQ: "(not equal({a}, {b}))",
    Op.GT: "less({b}, {a})",
    Op.GT_EQ: "less_equal({b}, {a})",
    Op.LT: "less({a}, {b})",
    Op.LT_EQ: "less_equal({a}, {b})",
}
_CONSTANTS: dict[Op, Any] = {Op.TRUE: True, Op.FALSE: False, Op.NULL: None}


class _NotPlain(Exception):
    """The filter, or the event it looks at, needs the general way."""


class _Entry(NamedTuple):
    """Python text of a value, whether it is a bool for sure, the value of a constant, levels of parentheses."""

    text: str
    kind: str = ANY
    constant: Any = _NotPlain
    depth: int = 0

    @property
    def is_constant(self) -> bool:
        """Whether ``constant`` is the value."""
        return self.constant is not _NotPlain


def scalar(value: Any) -> Any:
    """Return the Hog value of a JSON scalar; _NotPlain for anything else."""
    kind = value.__class__
    if kind is str or value is None or kind is bool or kind is float:
        return value
    if kind is int and -MAX_EXACT <= value <= MAX_EXACT:
        return float(value)
    raise _NotPlain


class _Writer:
    """Reads the instructions of a filter and keeps its stack as Python text."""

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {
            "__builtins__": {"Exception": Exception},
            "str": str,
            "scalar": scalar,
            **{function.__name__: function for function in (comparison.equal, comparison.less, comparison.less_equal)},
            **{function.__name__: function for function in (comparison.contains, values.truthy)},
        }
        self.stack: list[_Entry] = []
        self.roots: dict[str, str] = {}
        self.variables = 0

    def constant(self, value: Any) -> str:
        """Return the name of a constant."""
        name = f"k{len(self.namespace)}"
        self.namespace[name] = value
        return name

    def read(self, instruction: Instruction) -> None:
        """Do to the stack what ``instruction`` does; _NotPlain for what no simple filter has."""
        op, operands = instruction.op, instruction.operands
        if op in (Op.STRING, Op.INTEGER, Op.FLOAT):
            self._push_constant(operands[0] if op == Op.STRING else scalar(operands[0]))
        elif op in _CONSTANTS:
            self._push_constant(_CONSTANTS[op])
        elif op == Op.GET_GLOBAL:
            self._global([self.stack.pop().constant for _ in range(operands[0])])
        elif op in (Op.ARRAY, Op.TUPLE):
            self._list(operands[0])
        elif op in (Op.IN, Op.NOT_IN):
            self._membership(negated=op == Op.NOT_IN)
        elif op in _COMPARED:
            self._compare(op)
        elif op == Op.NOT:
            self._push(f"(not {self._truth(top := self.stack.pop())})", top.depth)
        elif op in (Op.AND, Op.OR):
            self._combine(op, operands[0])
        else:
            raise _NotPlain

    def _push(self, text: str, depth: int) -> None:
        if depth >= MAX_NESTING:
            raise _NotPlain
        self.stack.append(_Entry(text, BOOL, depth=depth + 1))

    def _push_constant(self, value: Any) -> None:
        self.stack.append(_Entry(self.constant(value), BOOL if value.__class__ is bool else ANY, value))

    def _global(self, names: list[Any]) -> None:
        """Push a property along plain dicts; the missing ones among those, but the last, need the general way."""
        if not names or any(name.__class__ is not str for name in names):
            raise _NotPlain
        root = self.roots.setdefault(names[0], f"g{len(self.roots)}")
        path = "".join(f"[{self.constant(name)}]" for name in names[1:-1])
        self.stack.append(_Entry(f"{root}{path}.get({self.constant(names[-1])})" if len(names) > 1 else root))

    def _list(self, count: int) -> None:
        items = [self.stack.pop() for _ in range(count)][::-1]
        if not all(item.is_constant for item in items):
            raise _NotPlain
        self._push_constant([item.constant for item in items])

    def _plain(self, entry: _Entry) -> str:
        return entry.text if entry.is_constant or entry.kind == BOOL else f"scalar({entry.text})"

    def _truth(self, entry: _Entry) -> str:
        return entry.text if entry.kind == BOOL else f"truthy({self._plain(entry)})"

    def _membership(self, *, negated: bool) -> None:
        needle, haystack = self.stack.pop(), self.stack.pop()
        if haystack.constant.__class__ is not list:
            raise _NotPlain
        text = f"contains({haystack.text}, {self._plain(needle)})"
        self._push(f"(not {text})" if negated else text, needle.depth)

    def _compare(self, op: Op) -> None:
        left, right = self.stack.pop(), self.stack.pop()
        if list in (left.constant.__class__, right.constant.__class__):
            raise _NotPlain
        slow = _COMPARED[op].format(a=self._plain(left), b=self._plain(right))
        property_to_text = right.constant.__class__ is str and not left.is_constant and left.kind != BOOL
        if property_to_text and op in (Op.EQ, Op.NOT_EQ):
            name, symbol = f"v{self.variables}", "==" if op == Op.EQ else "!="
            self.variables += 1
            slow = _COMPARED[op].format(a=f"scalar({name})", b=right.text)
            slow = f"{name} is not None and {slow}" if op == Op.EQ else f"{name} is None or {slow}"
            text_known = f"({name} := {left.text}).__class__ is str"
            self._push(f"({name} {symbol} {right.text} if {text_known} else {slow})", left.depth)
        else:
            self._push(f"({slow})", max(left.depth, right.depth))

    def _combine(self, op: Op, count: int) -> None:
        entries = [self.stack.pop() for _ in range(count)][::-1]
        text = (" and " if op == Op.AND else " or ").join(map(self._truth, entries))
        self._push(f"({text or op == Op.AND})", max((entry.depth for entry in entries), default=0))

    def finish(self) -> Callable[[Filter], Filter]:
        """Return the maker of the filter, which is given the general form of it."""
        if len(self.stack) != 1:
            raise _NotPlain
        lines = [f"   {name} = g[{self.constant(root)}]" for root, name in self.roots.items()]
        lines += [f"   return {self._truth(self.stack[0])}", "  except Exception: pass", "  return general(g)"]
        text = "\n".join(["def make(general):", " def holds(g):", "  try:", *lines, " return holds"])
        exec(compile(text, TRANSLATED, "exec", dont_inherit=True), self.namespace)  # noqa: S102 - no text of users
        make: Callable[[Filter], Filter] = self.namespace["make"]
        return make


def simple_filter(chunk: Chunk) -> Callable[[Filter], Filter] | None:
    """Return what makes a quick filter of its general form, None where ``chunk`` does more than compare properties."""
    main = chunk.functions[0]
    if len(chunk.functions) > 1 or len(main.instructions) > MAX_INSTRUCTIONS:
        return None
    writer = _Writer()
    try:
        for instruction in main.instructions.values():
            writer.read(instruction)
        return writer.finish()
    except _NotPlain:
        return None
