"""What translated code calls: globals, calls that are not plain, assignments, and the library (spec 4.3 to 4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hogapi.hog import comparison, values
from hogapi.hog.conversion import ENTRY_BYTES, from_plain, function_text, to_plain
from hogapi.hog.errors import HogVMError
from hogapi.hog.matching import ilike, imatch, like, match
from hogapi.hog.meter import Run, host_failure
from hogapi.hog.opcodes import Op
from hogapi.hog.stl import arrays, crypto, dates, json, objects, regex, text, types
from hogapi.hog.stl.registry import LIBRARY, arity_problem
from hogapi.hog.values import Cell, Closure, NativeFunction, Thrown, Tuple
from hogapi.hog.verifier import Chunk

MAX_ARGUMENTS = 300
ASYNC_LIBRARY = frozenset({"sleep"})
LIBRARY_MODULES = (arrays, crypto, dates, json, objects, regex, text, types)
_MISSING = object()


def names_in(chunk: Chunk, *ops: Op) -> set[str]:
    """Return the first operands of all instructions of ``chunk`` with one of these operations."""
    return {i.operands[0] for f in chunk.functions for i in f.instructions.values() if i.op in ops}


def may_suspend(chunk: Chunk, async_functions: frozenset[str]) -> bool:
    """Tell whether any call in ``chunk`` could end in an async function: by its name, or by a name not known yet."""
    names = names_in(chunk, Op.CALL_GLOBAL, Op.STRING)
    return "import" in names or not names.isdisjoint(async_functions) or _has_computed_names(chunk)


def _has_computed_names(chunk: Chunk) -> bool:
    for function in chunk.functions:
        order = list(function.instructions.values())
        for place, instruction in enumerate(order):
            if instruction.op == Op.GET_GLOBAL:
                count = instruction.operands[0]
                names = order[max(0, place - count) : place]
                if len(names) < count or any(name.op not in (Op.STRING, Op.INTEGER) for name in names):
                    return True
    return False


def fail(message: str) -> Any:
    """Raise the run-time error ``message``."""
    raise HogVMError(message)


def load(run: Run, chain: tuple[Any, ...], fallback: Any = None) -> Any:
    """Return a copy of the global at ``chain``; missing steps give null, a missing root an error (spec 4.3).

    ``fallback`` is the library function of that name, if there is one.
    """
    root = chain[0] if chain else None
    value = run.globals.get(root, _MISSING) if root.__class__ is str else _MISSING
    if value is _MISSING:
        return _load_function(run, chain, fallback)
    for key in chain[1:]:
        value = _step(value, key)
    kind = value.__class__
    return value if kind is str or value is None or kind is bool else from_plain(run, value)


def load_property(run: Run, chain: tuple[Any, ...], key: Any) -> Any:
    """Return a copy of property ``key`` of the global at ``chain``, without copying the rest."""
    value = run.globals.get(chain[0], _MISSING)
    if value is _MISSING:
        return values.get_property(load(run, chain), key)
    for name in chain[1:]:
        value = value.get(name) if value.__class__ is dict else _step(value, name)
    value = value.get(key) if value.__class__ is dict and key.__class__ is str else _step(value, key)
    kind = value.__class__
    return value if kind is str or value is None else float(value) if kind is float else from_plain(run, value)


def _step(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get(key) if key.__class__ in (str, float) else None
    if isinstance(value, list | tuple):
        return values.get_property(list(value), key)
    return None


def _load_function(run: Run, chain: tuple[Any, ...], fallback: Any) -> Any:
    if len(chain) == 1:
        name = chain[0]
        if name in run.async_functions or name in ASYNC_LIBRARY:
            return NativeFunction("async", name, 0)
        if fallback is not None:
            return fallback
        known = LIBRARY.get(name) if name.__class__ is str else None
        if known is not None:
            return NativeFunction("stl", name, known.most or 0)
    raise HogVMError("Global variable not found: " + ".".join(values.js_text(name) for name in chain))


def call(run: Run, d: int, callee: Any, arguments: tuple[Any, ...]) -> Any:
    """Call a closure or function value with any number of arguments; missing ones are null (spec 4.2)."""
    count = len(arguments)
    if isinstance(callee, Closure):
        if count > callee.params:
            raise HogVMError(f"Too many arguments. Passed {count}, expected {callee.params}")
        padding = (None,) * (callee.params - count)
        return callee.code(run, callee.cells, d - 1, *arguments, *padding)
    if callee.__class__ is not NativeFunction:
        raise HogVMError(f"Invalid closure: {json.json_text(run, callee)}")
    if callee.kind == "async":
        return run.suspend(callee.name, list(arguments))
    known = LIBRARY[callee.name]
    problem = arity_problem(callee.name, count, known.least, known.most, exact=known.exact)
    if problem is not None:
        raise HogVMError(problem)
    return known.call(run, *arguments)


def call_declared(run: Run, d: int, name: str, arguments: tuple[Any, ...]) -> Any:
    """Call a function that a version 0 program declared under ``name``."""
    declared = run.declared.get(name)
    if declared is not None:
        return call(run, d, declared, arguments)
    if name in LIBRARY:
        return call(run, d, NativeFunction("stl", name, 0), arguments[::-1])
    raise HogVMError(f"Unsupported function call: {name}")


def call_import(run: Run, d: int, arguments: tuple[Any, ...]) -> Any:
    """Run another chunk of the program and return its result."""
    if len(arguments) != 1:
        raise HogVMError("Function import requires exactly 1 argument")
    return run.module(arguments[0])(run, (), d - 1)


def call_host(run: Run, name: str, arguments: tuple[Any, ...]) -> Any:
    """Call a function of the host with plain values; its exceptions end the program."""
    plain = [to_plain(run, argument) for argument in arguments]
    try:
        result = run.functions[name](*plain)
    except HogVMError:
        raise
    except Exception as error:
        raise host_failure(name, error) from error
    return from_plain(run, result)


def equal(run: Run, left: Any, right: Any) -> bool:
    """``comparison.equal`` within the limits of ``run``."""
    run.look_at_clock(left, right)
    return comparison.equal(left, right)


def less(run: Run, left: Any, right: Any) -> bool:
    """``comparison.less`` within the limits of ``run``."""
    run.look_at_clock(left, right)
    return comparison.less(left, right)


def less_equal(run: Run, left: Any, right: Any) -> bool:
    """``comparison.less_equal`` within the limits of ``run``."""
    run.look_at_clock(left, right)
    return comparison.less_equal(left, right)


def contains(run: Run, haystack: Any, needle: Any) -> bool:
    """``comparison.contains`` within the limits of ``run``."""
    if isinstance(haystack, list | str):
        run.work(len(haystack), 30.0 if isinstance(haystack, list) else 1.0)
        run.look_at_clock(needle)
    return comparison.contains(haystack, needle)


def set_property(run: Run, target: Any, key: Any, value: Any) -> None:
    """``target[key] := value``; an array grows when the place is beyond its end (spec 4.5)."""
    kind = target.__class__
    if kind is dict:
        target[values.key_of(key)] = value
    elif kind is list or kind is Tuple:
        place = values.array_slot(target, key)
        length = len(target)
        if place < length:
            target[place] = value
        else:
            run.charge(ENTRY_BYTES * (place - length))
            target.extend([None] * (place - length))
            target.append(value)
    elif value is not None and (target is None or kind in (str, float, bool)):
        shown = {str: "string", float: "number", bool: "boolean"}.get(kind, "object")
        raise HogVMError(f"Can not set {values.js_text(key)} on non-object: {shown}")
    else:
        raise HogVMError(f"Can not set {values.js_text(key)} on element of type object")


NAMES: dict[str, Any] = {
    "__builtins__": {},
    "float": float,
    "bool": bool,
    "str": str,
    "dict": dict,
    "Cell": Cell,
    "Thrown": Thrown,
    "Tuple": Tuple,
    "add": values.add,
    "subtract": values.subtract,
    "multiply": values.multiply,
    "divide": values.divide,
    "modulo": values.modulo,
    "equal": equal,
    "less": less,
    "less_equal": less_equal,
    "contains": contains,
    "truthy": values.truthy,
    "throw": values.throw,
    "key_of": values.key_of,
    "get_property": values.get_property,
    "set_property": set_property,
    "like": like,
    "ilike": ilike,
    "match": match,
    "imatch": imatch,
    "load": load,
    "load_property": load_property,
    "admit": from_plain,
    "len": len,
    "int": int,
    "list": list,
    "call": call,
    "call_declared": call_declared,
    "call_import": call_import,
    "call_host": call_host,
    "fail": fail,
    "function_text": function_text,
}
"""The global names of translated code; without Python's built-in functions."""
