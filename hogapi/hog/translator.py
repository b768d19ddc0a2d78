"""Verified bytecode as Python functions, made once and run many times.

No text of the user's becomes part of the generated code: names, strings and numbers are entries of the constants that
the code refers to as ``k0``, ``k1``, ...; everything else in it is written by ``translator_instructions`` and
``translator_layout`` from fixed patterns and slot numbers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import CodeType
from typing import Any

from hogapi.hog import runtime
from hogapi.hog.meter import TRANSLATED
from hogapi.hog.opcodes import Op
from hogapi.hog.stl.programs import CHUNK, PROGRAMS, library_bytecode
from hogapi.hog.stl.registry import LIBRARY, arity_problem
from hogapi.hog.translator_blocks import Block, Line, find_blocks, is_call
from hogapi.hog.translator_calls import INLINE, RESULTS
from hogapi.hog.translator_filters import Filter, simple_filter
from hogapi.hog.translator_instructions import BlockEmitter
from hogapi.hog.translator_kinds import constant_parameters, infer_kinds
from hogapi.hog.translator_layout import Out, Unstructured, charge, dispatch, loops, structured
from hogapi.hog.values import Closure, closure_class
from hogapi.hog.verifier import Chunk, Function, verify

PROGRAM = "$program"
"""Where the globals of translated code keep their ``Translated``; no identifier, so the code itself can not see it."""

SMALL = 64  # instructions

_resumable_lock = threading.Lock()


@dataclass(frozen=True)
class Host:
    """The names that the host adds to the library: functions called at once, and functions that suspend."""

    functions: frozenset[str] = frozenset()
    async_functions: frozenset[str] = frozenset()


@dataclass
class Translated:
    """A chunk ready to run under one ``Host``.

    ``main`` is the outermost function; ``sites`` maps (code object, line) of a call to the token after it.
    """

    name: str
    chunk: Chunk
    host: Host
    namespace: dict[str, Any]
    main: Callable[..., Any]
    may_suspend: bool
    sites: dict[tuple[CodeType, int], tuple[int, int]] = field(default_factory=dict)
    resumable: dict[int, Resumable] = field(default_factory=dict)

    def function(self, index: int) -> Callable[..., Any]:
        """Return the Python function made of ``chunk.functions[index]``."""
        code: Callable[..., Any] = self.namespace[f"f{index}"]
        return code

    @cached_property
    def quick(self) -> Callable[[Filter], Filter] | None:
        """What makes a quick filter of the general one, if the chunk is a simple filter."""
        return simple_filter(self.chunk)


@dataclass(frozen=True)
class Resumable:
    """A function that can be entered after any call: ``entries`` maps the token after the call to a block number."""

    code: Callable[..., Any]
    entries: dict[int, int]
    handlers: dict[tuple[tuple[int, int], ...], int]


class _Program:
    """Collects the constants of a chunk and answers the emitter's questions (``translator_instructions.Calls``)."""

    def __init__(self, name: str, chunk: Chunk, host: Host, namespace: dict[str, Any]) -> None:
        self.name, self.chunk, self.host, self.namespace = name, chunk, host, namespace
        self.names: dict[Any, str] = {}
        self.declared = runtime.names_in(chunk, Op.DECLARE_FN)
        self.may_suspend = runtime.may_suspend(chunk, host.async_functions)
        own = self.declared | host.functions | host.async_functions
        self.results: Mapping[str, str] = {
            name: kind for name, kind in RESULTS.items() if name not in own and not chunk.legacy
        }

    def constant(self, value: Any) -> str:
        """Return the name of the constant ``value`` (equal values of one type share a name)."""
        key = (value.__class__, repr(value)) if value.__class__ in (float, tuple) else value
        name = self.names.get(key)
        if name is None:
            name = self.names[key] = f"k{len(self.namespace)}"
            self.namespace[name] = value
        return name

    def closure(self, index: int, cells: list[str]) -> str:
        """Return the expression that makes a closure of function ``index`` of the chunk."""
        function = self.chunk.functions[index]
        captured = f"({''.join(cell + ', ' for cell in cells)})"
        name, chunk = self.constant(function.name), self.constant(self.name)
        return f"{self.closures_of(function.params)}(f{index}, {captured}, {function.params}, {name}, {chunk}, {index})"

    def closures_of(self, params: int) -> str:
        """Return the name of the class of closures with that many parameters."""
        return self.constant(closure_class(params))

    def call_global(self, name: str, arguments: list[str]) -> tuple[str, bool]:
        """Return the call of a global function by the order of resolution in spec 4.4."""
        listed = "".join(f"{argument}, " for argument in arguments)
        if self.chunk.legacy and name not in self.declared:
            listed = "".join(f"{argument}, " for argument in reversed(arguments))
        if name in self.declared:
            return f"call_declared(run, d, {self.constant(name)}, ({listed}))", self.may_suspend
        if name == "import":
            return f"call_import(run, d, ({listed}))", self.may_suspend
        if name in self.host.functions:
            return f"call_host(run, {self.constant(name)}, ({listed}))", False
        if name in self.host.async_functions:
            return f"run.suspend({self.constant(name)}, [{listed}])", True
        return self._call_library(name, arguments, listed)

    def _call_library(self, name: str, arguments: list[str], listed: str) -> tuple[str, bool]:
        count = len(arguments)
        if name in runtime.ASYNC_LIBRARY:
            problem = arity_problem(name, count, 1, 1)
            return (f"run.suspend({self.constant(name)}, [{listed}])", True) if problem is None else self._fail(problem)
        program = library_program(name)
        if program is not None:
            problem = arity_problem(name, count, program.params, program.params, exact=True)
            text = f"{self.constant(program.code)}(run, (), d - 1, {listed})"
            return (text, self.may_suspend) if problem is None else self._fail(problem)
        known = LIBRARY.get(name)
        if known is None:
            return self._fail(f"Unsupported function call: {name}")
        problem = arity_problem(name, count, known.least, known.most, exact=known.exact)
        if problem is not None:
            return self._fail(problem)
        call = f"{self.constant(known.call)}(run, {listed})"
        return INLINE[name].format(*arguments, call=call) if name in INLINE and name in self.results else call, False

    def _fail(self, problem: str) -> tuple[str, bool]:
        return f"fail({self.constant(problem)})", False

    def load(self, names: list[Any] | None, text: str) -> str:
        """Return the expression that reads the global ``names``; ``text`` computes them where they are not known."""
        if names is None:
            return f"load(run, {text})"
        program = library_program(names[0]) if len(names) == 1 else None
        fallback = f", {self.constant(program)}" if program is not None else ""
        return f"load(run, {self.constant(tuple(names))}{fallback})"


@cache
def library() -> Translated:
    """Return the library functions that are programs themselves."""
    return translate(CHUNK, verify(library_bytecode()), Host(), always_suspends=True)


def library_program(name: Any) -> Closure | None:
    """Return the library function ``name`` if it is one of ``stl.programs``."""
    if name.__class__ is not str or name not in PROGRAMS:
        return None
    index = list(PROGRAMS).index(name) + 1
    params = PROGRAMS[name][0]
    return closure_class(params)(library().function(index), (), params, name, CHUNK, index)


def translate(name: str, chunk: Chunk, host: Host, *, always_suspends: bool = False) -> Translated:
    """Make Python functions of ``chunk``, called ``name`` in closures and states."""
    namespace = dict(runtime.NAMES)
    program = _Program(name, chunk, host, namespace)
    program.may_suspend = program.may_suspend or always_suspends
    out: Out = []
    for function in chunk.functions:
        out += _function(program, function)
    _define(out, namespace)
    result = Translated(name, chunk, host, namespace, namespace["f0"], program.may_suspend)
    namespace[PROGRAM] = result
    _register_sites(out, result, "f")
    return result


def resumable(program: Translated, index: int) -> Resumable:
    """Return the form of a function that can be entered after each of its calls; made when first needed."""
    with _resumable_lock:
        if index not in program.resumable:
            program.resumable[index] = _make_resumable(program, index)
        return program.resumable[index]


def _make_resumable(program: Translated, index: int) -> Resumable:
    collector = _Program(program.name, program.chunk, program.host, program.namespace)
    collector.may_suspend = True
    function = program.chunk.functions[index]
    blocks, handlers = _emit(collector, function, split_calls=True)
    costs, _ = loops(function, blocks)
    body, numbers = dispatch(function, blocks, costs, handlers)
    slots = "".join(f"s{i}, " for i in range(function.deepest + 1))
    cells = "".join(f"c{slot}, " for slot in sorted(function.captured))
    out: Out = [(0, Line(f"def r{index}(run, u, d, pc, h, slots, cells):")), (1, Line(f"({slots}) = slots"))]
    if cells:
        out.append((1, Line(f"({cells}) = cells")))
    _define(out + body, program.namespace)
    _register_sites(out + body, program, "r")
    return Resumable(program.namespace[f"r{index}"], numbers, handlers)


def _emit(
    program: _Program, function: Function, *, split_calls: bool
) -> tuple[dict[int, Block], dict[tuple[tuple[int, int], ...], int]]:
    handlers: dict[tuple[tuple[int, int], ...], int] = {(): 0}
    blocks = find_blocks(function, split_calls=split_calls)
    if not split_calls:
        infer_kinds(function, blocks, program.results)
    constant = [] if split_calls else constant_parameters(function)
    emitter = BlockEmitter(function, program, handlers, {f"s{slot}": f"x{slot}" for slot in constant})
    for start in sorted(blocks):
        emitter.emit(blocks[start])
    return blocks, handlers


def _function(program: _Program, function: Function) -> Out:
    index = function.index
    blocks, handlers = _emit(program, function, split_calls=False)
    costs, entry_cost = loops(function, blocks)
    parameters = "".join(f", s{i}" for i in range(function.params))
    arguments = "".join(f"s{i}, " for i in range(function.params))
    out: Out = [(0, Line(f"def f{index}(run, u, d{parameters}):"))]
    out.append((1, Line(f"if not d: return run.hop(f{index}, u, ({arguments}))")))
    _charge_entry(function, blocks, costs, entry_cost, out)
    out += [(1, Line(f"x{slot} = s{slot}.__class__ is float")) for slot in constant_parameters(function)]
    out += [(1, Line(f"c{slot} = None")) for slot in sorted(function.captured)]
    if len(handlers) == 1:
        try:
            return out + structured(function, blocks, costs)
        except Unstructured:
            pass
    out.append((1, Line("pc = h = 0")))
    body, numbers = dispatch(function, blocks, costs, handlers)
    if numbers[function.start]:
        out.append((1, Line(f"pc = {numbers[function.start]}")))
    return out + body


def _charge_entry(function: Function, blocks: dict[int, Block], costs: dict[int, int], cost: int, out: Out) -> None:
    """Count the steps of a call on entry, or, in a small function, where it has not returned at once.

    What returns at once is little work, and its caller has been charged for its own; this halves the cost of counting
    in recursive functions.
    """
    entry = blocks[function.start]
    if len(function.instructions) <= SMALL and entry.end == "branch":
        simple, rest = blocks[entry.otherwise], blocks[entry.target]
        parents = [block for block in blocks.values() if rest.start in block.successors]
        calls = any(is_call(i) for block in (entry, simple) for i in block.instructions)
        if simple.end == "return" and len(parents) == 1 and rest.start not in costs and not calls:
            rest.lines[:0] = charge(cost)
            return
    out += [(1, line) for line in charge(cost)]


def _define(out: Out, namespace: dict[str, Any]) -> None:
    """Compile the statements and run the resulting definitions in ``namespace``."""
    text = "\n".join(" " * indent + line.text for indent, line in out)
    exec(compile(text, TRANSLATED, "exec", dont_inherit=True), namespace)  # noqa: S102 - no text of users in it


def _register_sites(out: Out, program: Translated, prefix: str) -> None:
    code: CodeType | None = None
    index = 0
    for number, (indent, line) in enumerate(out, 1):
        if not indent:
            name = line.text[4 : line.text.index("(")]
            index = int(name.removeprefix(prefix))
            code = program.namespace[name].__code__
        elif line.site is not None and code is not None:
            program.sites[code, number] = (index, line.site)
