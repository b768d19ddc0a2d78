"""Blocks of bytecode as Python statements (first half of the translation).

Stack position i of a frame is the local variable ``s{i}``. While a block is read, the stack is kept symbolically: an
entry is a constant, a variable, or one expression on top that has not been evaluated yet; most pushes and pops vanish.
A slot that closures capture has a companion ``c{i}``, its ``Cell`` or None. Other names in the generated code: ``run``
(meter.Run), ``u`` (captured cells), ``d`` (calls left on this Python stack), ``h`` (active handler), ``f{n}``
(functions), ``k{n}`` (constants), and the functions in ``runtime.NAMES``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from hogapi.hog import translator_calls, translator_containers
from hogapi.hog.opcodes import Op
from hogapi.hog.translator_blocks import ANY, BOOL, FLOAT, NULL, STR, WHOLE, Block, Entry, Line
from hogapi.hog.translator_kinds import number_kind
from hogapi.hog.verifier import Function, Instruction, State

INLINE = 120  # characters of an unevaluated number that may be part of a larger expression

_ARITHMETIC = {
    Op.PLUS: ("+", "add"),
    Op.MINUS: ("-", "subtract"),
    Op.MULTIPLY: ("*", "multiply"),
    Op.DIVIDE: ("", "divide"),
    Op.MOD: ("", "modulo"),
}
_ORDER = {
    Op.GT: (">", "less(run, {b}, {a})"),
    Op.GT_EQ: (">=", "less_equal(run, {b}, {a})"),
    Op.LT: ("<", "less(run, {a}, {b})"),
    Op.LT_EQ: ("<=", "less_equal(run, {a}, {b})"),
}
_MATCHERS = {
    Op.LIKE: "like(run, {a}, {b})",
    Op.ILIKE: "ilike(run, {a}, {b})",
    Op.NOT_LIKE: "not like(run, {a}, {b})",
    Op.NOT_ILIKE: "not ilike(run, {a}, {b})",
    Op.IN: "contains(run, {b}, {a})",
    Op.NOT_IN: "not contains(run, {b}, {a})",
    Op.REGEX: "match(run, {a}, {b})",
    Op.NOT_REGEX: "not match(run, {a}, {b})",
    Op.IREGEX: "imatch(run, {a}, {b})",
    Op.NOT_IREGEX: "not imatch(run, {a}, {b})",
}


class Calls(Protocol):
    """What the emitter must know of the program around a function (``translator._Program``)."""

    may_suspend: bool
    results: Mapping[str, str]

    def constant(self, value: Any) -> str:
        """Return the name of the constant ``value``."""

    def closure(self, index: int, cells: list[str]) -> str:
        """Return the expression that makes a closure of function ``index``."""

    def closures_of(self, params: int) -> str:
        """Return the name of the class of closures with that many parameters."""

    def load(self, names: list[Any] | None, text: str) -> str:
        """Return the expression that reads a global by its ``names``, or those that ``text`` makes."""

    def call_global(self, name: str, arguments: list[str]) -> tuple[str, bool]:
        """Return the expression that calls the global function ``name``, and whether it may suspend."""


class BlockEmitter:
    """Writes the statements of the blocks of one function.

    ``constant_parameters`` maps parameters that never change to the variable that tells whether they are numbers.
    """

    def __init__(
        self,
        function: Function,
        calls: Calls,
        handlers: dict[tuple[tuple[int, int], ...], int],
        constant_parameters: dict[str, str],
    ) -> None:
        self.function, self.calls, self.handlers = function, calls, handlers
        self.constant_parameters = constant_parameters
        self.captured = function.captured
        self.lines: list[Line] = []
        self.stack: list[Entry] = []

    def emit(self, block: Block) -> None:
        """Fill in ``lines`` and ``condition`` of ``block``."""
        state = self.function.states[block.start]
        self.lines = block.lines
        kinds = block.kinds or [ANY] * state.depth
        self.stack = [Entry(f"s{i}", kind) for i, kind in enumerate(kinds)]
        for instruction in block.instructions:
            self._settle_unless_consumed(instruction)
            self._instruction(instruction, self.function.states[instruction.at], block)
        if block.start == self.function.end:
            top = self.atom(self.stack.pop()) if self.stack and not self.function.index else "None"
            self.line(f"return {top}")
        elif block.end == "jump":
            self.flush()

    def line(self, text: str, site: int | None = None) -> None:
        """Write a statement."""
        self.lines.append(Line(text, site))

    def _settle_unless_consumed(self, instruction: Instruction) -> None:
        """Evaluate the unevaluated top before anything happens that could change what it means."""
        for place, harmless in ((-1, _KEYS), (-2, _PROPERTY_READS)):
            if len(self.stack) >= -place and self.stack[place].chain and instruction.op not in harmless:
                self.settle(len(self.stack) + place)
        if self.stack and self.stack[-1].pending and not self.stack[-1].chain and instruction.op not in _CONSUMERS:
            self.settle(len(self.stack) - 1)

    def settle(self, position: int) -> None:
        """Bring the entry at ``position`` into its own variable."""
        entry = self.stack[position]
        if entry.chain:
            self._load(entry, f"s{position}")
        elif entry.text != f"s{position}":
            self.line(f"s{position} = {entry.text}")
        self.stack[position] = Entry(f"s{position}", entry.kind)

    def flush(self, keep: int | None = None) -> None:
        """Bring every entry (of the lowest ``keep``) into its own variable."""
        for position in range(len(self.stack) if keep is None else keep):
            self.settle(position)

    def push(self, text: str, kind: str = ANY) -> None:
        """Push the value of ``text``, evaluated when it is needed."""
        self.stack.append(Entry(text, kind, pending=True))

    def assign(self, text: str, kind: str = ANY, site: int | None = None) -> None:
        """Push the value of ``text``, evaluated now."""
        name = f"s{len(self.stack)}"
        self.line(f"{name} = {text}", site)
        self.stack.append(Entry(name, kind))

    def _constant(self, value: Any, kind: str) -> None:
        text = repr(value) if kind in (NULL, BOOL) else self.calls.constant(value)
        self.stack.append(Entry(text, kind, value, True))

    def atom(self, entry: Entry) -> str:
        """Return the text of the entry just popped as something that may be written twice."""
        if not entry.pending:
            return entry.text
        name = f"s{len(self.stack)}"
        if entry.chain:
            self._load(entry, name)
        else:
            self.line(f"{name} = {entry.text}")
        return name

    def _load(self, entry: Entry, name: str) -> None:
        """Read a global: along plain dicts in place, all else in the general way."""
        constant = self.calls.constant
        self.line(f"{name} = run.globals.get({constant(entry.chain[0])})")
        for key in entry.chain[1:-1]:
            self.line(f"if {name}.__class__ is dict: {name} = {name}.get({constant(key)})")
        if len(entry.chain) > 1:
            last = constant(entry.chain[-1])
            self.line(f"{name} = {name}.get({last}) if {name}.__class__ is dict else {entry.text}")
            self.line(f"if {name}.__class__ is not str and {name} is not None: {name} = admit(run, {name})")
        else:
            self.line(f"if {name}.__class__ is not str: {name} = {entry.text}")

    def pop(self) -> tuple[str, str]:
        """Pop an operand; return its text, which may be written twice, and its type."""
        entry = self.stack.pop()
        return self.atom(entry), FLOAT if entry.kind == WHOLE else entry.kind

    def _pop_number(self) -> tuple[str, str]:
        """Pop an operand that, if a number for sure, is written only once."""
        entry = self.stack.pop()
        kind = FLOAT if entry.kind == WHOLE else entry.kind
        if entry.pending and kind == FLOAT and len(entry.text) <= INLINE:
            return f"({entry.text})", FLOAT
        return self.atom(entry), kind

    def pop_many(self, count: int) -> list[str]:
        """Pop ``count`` operands; return their texts, the deepest first."""
        return [self.pop()[0] for _ in range(count)][::-1]

    def _truth(self, text: str, kind: str) -> str:
        if kind == BOOL:
            return text
        if kind == ANY:
            return f"({text} if {text}.__class__ is bool else truthy({text}))"
        return f"truthy({text})"

    def _instruction(self, instruction: Instruction, state: State, block: Block) -> None:
        op, operands = instruction.op, instruction.operands
        if op in _ARITHMETIC:
            self._arithmetic(op)
        elif op in _ORDER:
            self._order(op)
        elif op in _MATCHERS:
            left, right = self.pop()[0], self.pop()[0]
            self.assign(_MATCHERS[op].format(a=left, b=right), BOOL)
        elif op in (Op.EQ, Op.NOT_EQ):
            self._equality(negated=op == Op.NOT_EQ)
        else:
            _EMIT[op](self, instruction, operands, state, block)

    def _arithmetic(self, op: Op) -> None:
        symbol, function = _ARITHMETIC[op]
        whole = op == Op.PLUS and all(entry.kind == WHOLE for entry in self.stack[-2:])
        (left, left_kind), (right, right_kind) = self._pop_number(), self._pop_number()
        unknown = [t for t, kind in ((left, left_kind), (right, right_kind)) if kind == ANY]
        slow = f"{function}({left}, {right})"
        if not symbol or any(kind not in (FLOAT, ANY) for kind in (left_kind, right_kind)):
            self.assign(slow, FLOAT)
        elif unknown:
            checks = self._are_floats(unknown)
            self.push(f"{left} {symbol} {right} if {checks} else {slow}", FLOAT)
            if len(left) + len(right) > 2 * INLINE or "(" in left + right:
                self.settle(len(self.stack) - 1)
        else:
            self.push(f"{left} {symbol} {right}", WHOLE if whole else FLOAT)

    def _are_floats(self, texts: list[str]) -> str:
        """Return the condition that all ``texts`` are numbers; that of a parameter that never changes is known."""
        return " and ".join(self.constant_parameters.get(t, f"{t}.__class__ is float") for t in dict.fromkeys(texts))

    def _order(self, op: Op) -> None:
        symbol, function = _ORDER[op]
        (left, left_kind), (right, right_kind) = self._pop_number(), self._pop_number()
        unknown = [t for t, kind in ((left, left_kind), (right, right_kind)) if kind == ANY]
        slow = function.format(a=left, b=right)
        if any(kind not in (FLOAT, ANY) for kind in (left_kind, right_kind)):
            self.push(slow, BOOL)
        elif unknown:
            checks = self._are_floats(unknown)
            self.push(f"({left} {symbol} {right} if {checks} else {slow})", BOOL)
        else:
            self.push(f"{left} {symbol} {right}", BOOL)

    def _equality(self, *, negated: bool) -> None:
        (left, left_kind), (right, right_kind) = self.pop(), self.pop()
        symbol, no = ("!=", "not ") if negated else ("==", "")
        slow = f"{no}equal(run, {left}, {right})"
        if NULL in (left_kind, right_kind):
            other = left if right_kind == NULL else right
            self.push(f"{other} is {no}None", BOOL)
        elif left_kind == right_kind and left_kind in (FLOAT, STR):
            self.push(f"{left} {symbol} {right}", BOOL)
        elif {left_kind, right_kind} in ({ANY, STR}, {ANY, FLOAT}):
            unknown, kind = (left, right_kind) if left_kind == ANY else (right, left_kind)
            self.push(f"({left} {symbol} {right} if {unknown}.__class__ is {kind} else {slow})", BOOL)
        else:
            self.push(f"({slow})", BOOL)


def _not(e: BlockEmitter, *_: Any) -> None:
    entry = e.stack.pop()
    short = entry.kind == BOOL and len(entry.text) <= INLINE
    text = f"({entry.text})" if short else e._truth(e.atom(entry), entry.kind)
    e.push(f"(not {text})", BOOL)


def _all_or_any(e: BlockEmitter, instruction: Instruction, operands: tuple[Any, ...], *_: Any) -> None:
    word = " and " if instruction.op == Op.AND else " or "
    entries = [e.pop() for _ in range(operands[0])][::-1]
    empty = "True" if instruction.op == Op.AND else "False"
    e.assign(word.join(e._truth(text, kind) for text, kind in entries) or empty, BOOL)


def _constant(e: BlockEmitter, instruction: Instruction, operands: tuple[Any, ...], *_: Any) -> None:
    op = instruction.op
    if op == Op.STRING:
        e._constant(operands[0], STR)
    elif op in (Op.INTEGER, Op.FLOAT) and operands[0].__class__ is not bool:
        e._constant(as_double(operands[0]), number_kind(operands[0]))
    elif op == Op.NULL:
        e._constant(None, NULL)
    else:
        e._constant(operands[0] if operands else op == Op.TRUE, BOOL)


def as_double(number: int | float) -> float:
    """Return the double nearest to ``number``."""
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _drop(e: BlockEmitter, *_: Any) -> None:
    entry = e.stack.pop()
    if entry.pending:
        e.line(entry.text)
    if len(e.stack) in e.captured:
        e.line(f"c{len(e.stack)} = None")


def _get_local(e: BlockEmitter, _instruction: Instruction, operands: tuple[Any, ...], *_: Any) -> None:
    slot = operands[0]
    if slot in e.captured:
        e.settle(slot)
        e.assign(f"s{slot} if c{slot} is None else c{slot}.value")
    else:
        if e.stack[slot].pending:
            e.settle(slot)
        e.stack.append(e.stack[slot])


def _set_local(e: BlockEmitter, _instruction: Instruction, operands: tuple[Any, ...], *_: Any) -> None:
    slot, name = operands[0], f"s{operands[0]}"
    entry = e.stack.pop()
    if any(other.text == name for place, other in enumerate(e.stack) if place != slot):
        entry = Entry(e.atom(entry), entry.kind)
        if entry.text == name:
            return
    for place, other in enumerate(e.stack):
        if place != slot and other.text == name:
            e.settle(place)
    if slot in e.captured:
        e.settle(slot)
        text = e.atom(entry)
        e.line(f"if c{slot} is None: {name} = {text}")
        e.line(f"else: c{slot}.value = {text}")
    else:
        if entry.text != name:
            e.line(f"{name} = {entry.text}")
        e.stack[slot] = Entry(name, entry.kind)


def _return(e: BlockEmitter, *_: Any) -> None:
    e.line(f"return {e.stack.pop().text}")


def _throw(e: BlockEmitter, *_: Any) -> None:
    e.line(f"raise throw({e.pop()[0]})")


def _jump(_e: BlockEmitter, *_: Any) -> None:
    """Nothing to do: the layout places what comes next."""


def _jump_if_false(e: BlockEmitter, _i: Instruction, _o: tuple[Any, ...], _s: State, block: Block) -> None:
    entry = e.stack.pop()
    text = entry.text if entry.kind == BOOL else e._truth(e.atom(entry), entry.kind)
    e.flush()
    block.condition = text


def _jump_if_not_null(e: BlockEmitter, _i: Instruction, _o: tuple[Any, ...], _s: State, block: Block) -> None:
    e.flush()
    block.condition = f"{e.stack[-1].text} is None"


_PROPERTY_READS = frozenset({Op.GET_PROPERTY, Op.GET_PROPERTY_NULLISH})
_KEYS = frozenset({Op.STRING, Op.INTEGER, Op.GET_LOCAL, *_PROPERTY_READS})

_CONSUMERS = frozenset(
    {Op.JUMP_IF_FALSE, Op.NOT, Op.SET_LOCAL, Op.RETURN, Op.POP, Op.SET_UPVALUE, *_ARITHMETIC, *_ORDER}
)

_EMIT: dict[Op, Callable[..., None]] = {
    Op.NOT: _not,
    Op.AND: _all_or_any,
    Op.OR: _all_or_any,
    Op.TRUE: _constant,
    Op.FALSE: _constant,
    Op.NULL: _constant,
    Op.STRING: _constant,
    Op.INTEGER: _constant,
    Op.FLOAT: _constant,
    Op.POP: _drop,
    Op.CLOSE_UPVALUE: _drop,
    Op.GET_LOCAL: _get_local,
    Op.SET_LOCAL: _set_local,
    Op.RETURN: _return,
    Op.THROW: _throw,
    Op.JUMP: _jump,
    Op.JUMP_IF_FALSE: _jump_if_false,
    Op.JUMP_IF_STACK_NOT_NULL: _jump_if_not_null,
    Op.GET_GLOBAL: translator_calls.get_global,
    Op.CALL_GLOBAL: translator_calls.call_global,
    Op.CALL_LOCAL: translator_calls.call_local,
    Op.DICT: translator_containers.make_dict,
    Op.ARRAY: translator_containers.make_list,
    Op.TUPLE: translator_containers.make_list,
    Op.GET_PROPERTY: translator_containers.get_property,
    Op.GET_PROPERTY_NULLISH: translator_containers.get_property,
    Op.SET_PROPERTY: translator_containers.set_property,
    Op.TRY: translator_calls.try_,
    Op.POP_TRY: translator_calls.pop_try,
    Op.DECLARE_FN: translator_calls.declare,
    Op.CALLABLE: translator_calls.callable,
    Op.CLOSURE: translator_calls.closure,
    Op.GET_UPVALUE: translator_calls.get_upvalue,
    Op.SET_UPVALUE: translator_calls.set_upvalue,
}
