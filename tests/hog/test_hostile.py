"""Programs written to hurt: each ends in a clear error within its limits, and leaves the process as it was."""

import gc
import threading
import time
import tracemalloc

import pytest

from hogapi.hog.compiler import compile_program
from hogapi.hog.errors import (
    HogError,
    HogMemoryLimit,
    HogStackOverflow,
    HogStepLimit,
    HogTimeout,
    HogVerificationError,
    HogVMError,
)
from hogapi.hog.vm import FILTER_LIMITS, Limits, compile_filter, execute, resume

GRACE = 5.0  # seconds of CPU; far from the limit on any machine, and far from what a program without limits takes

PROGRAMS = {
    "endless loop": ("while (true) {}", HogTimeout),
    "endless loop with work": ("let i := 0 while (true) { i := i + 1 }", HogTimeout),
    "large arrays compared": ("let a := range(100000) while (true) { let x := a < 'x' }", HogTimeout),
    "equal arrays compared": (
        "let a := range(200000) let b := range(200000) while (true) { let x := a = b }",
        HogTimeout,
    ),
    "large arrays searched": ("let a := range(300000) while (true) { let x := 'z' in a }", HogTimeout),
    "large arrays sorted": ("let a := range(100000) return arraySort(arrayMap(x -> a, range(500)))", HogTimeout),
    "endless for": ("for (let i := 0; true; i := i + 1) {}", HogTimeout),
    "endless loop in a handler": ("try { throw Error('x') } catch (e) { while (true) {} }", HogTimeout),
    "exceptions in an endless loop": ("while (true) { try { throw Error('x') } catch (e) {} }", HogTimeout),
    "exceptions in handlers": (
        "fun f() { try { throw Error('a') } catch (e) { f() throw Error('b') } } f()",
        HogStackOverflow,
    ),
    "deep recursion": ("fun f() { return f() } f()", HogStackOverflow),
    "deep recursion with state": ("fun f(n) { let a := [n, n] return f(n + 1) + a[1] } f(0)", HogStackOverflow),
    "mutual recursion": ("let g fun f() { return g() } g := () -> f() f()", HogStackOverflow),
    "recursion through the library": ("fun f(x) { return arrayMap(f, [x]) } f(1)", HogStackOverflow),
    "recursion through reduce": ("fun f(a, x) { return arrayReduce(f, [1, 2], 0) } f(0, 0)", HogStackOverflow),
    "exponential recursion": ("fun f(n) { return n = 0 ? 1 : f(n - 1) + f(n - 1) } f(60)", HogTimeout),
    "recursion at the end of a stack": (
        "fun g() { return 1 } fun f(n) { if (n = 0) { while (true) { g() } } return f(n - 1) } f(148)",
        HogTimeout,
    ),
    "closures that grow": ("let f := () -> 1 while (true) { let g := f f := () -> g }", HogError),
    "a chain of cells": ("let l := null while (true) { l := {'next': l, 'f': () -> l} }", HogError),
    "string doubling": ("let s := 'aaaaaaaaaa' while (true) { s := concat(s, s) }", HogMemoryLimit),
    "string doubling by replaceAll": ("let s := 'aa' while (true) { s := replaceAll(s, 'a', 'aa') }", HogMemoryLimit),
    "string doubling by pattern": ("let s := 'ab' while (true) { s := replaceAll(s, 'b', '$`$&$`') }", HogError),
    "string doubling by plus": ("let s := 'aaaaaaaaaa' while (true) { s := plus(s, s) }", HogMemoryLimit),
    "string doubling by join": (
        "let s := 'aaaaaaaaaa' while (true) { s := arrayStringConcat([s, s]) }",
        HogMemoryLimit,
    ),
    "string doubling by encoding": ("let s := '%' while (true) { s := encodeURLComponent(s) }", HogError),
    "string doubling by Base64": ("let s := 'aaaa' while (true) { s := base64Encode(s) }", HogError),
    "string doubling by quoting": ("let s := '\\\\' while (true) { s := jsonStringify(s) }", HogError),
    "many copies of a string": (
        "let s := upper(range(9)[1] || 'x') for (let i in range(13)) { s := concat(s, s) }"
        " let l := [] while (true) { l := arrayPushBack(l, concat(s, 'x')) }",
        HogError,
    ),
    "array doubling by reference": ("let a := [1] while (true) { a := [a, a] }", HogTimeout),
    "array growing": ("let a := [] while (true) { a[length(a) + 1] := 'x' }", HogError),
    "dict growing": ("let d := {} let i := 0 while (true) { i := i + 1 d[toString(i)] := concat('v', i) }", HogError),
    "huge index": ("let a := [] a[1000000000] := 1", HogMemoryLimit),
    "huge range": ("range(1000000000)", HogMemoryLimit),
    "endless range": ("range(1 / 0)", HogMemoryLimit),
    "ranges kept": ("let l := [] while (true) { l := arrayPushBack(l, range(10000)) }", HogError),
    "laughs printed": ("let a := ['ha'] for (let i in range(40)) { a := [a, a] } print(a)", HogError),
    "laughs as JSON": ("let a := ['ha'] for (let i in range(40)) { a := [a, a] } jsonStringify(a)", HogError),
    "laughs as text": ("let a := ['ha'] for (let i in range(40)) { a := [a, a] } concat(a)", HogError),
    "laughs compared": ("let a := ['ha'] for (let i in range(40)) { a := [a, a] } a < a", HogError),
    "laughs as a number": ("let a := ['ha'] for (let i in range(40)) { a := [a, a] } a like 'x'", HogError),
    "laughs returned": ("let a := ['ha'] for (let i in range(40)) { a := [a, a] } return a", HogError),
    "laughs sent": ("let a := ['ha'] for (let i in range(40)) { a := [a, a] } fetch('x', a)", HogError),
    "laughs thrown": ("let a := ['ha'] for (let i in range(40)) { a := [a, a] } throw Error('x', a)", HogError),
    "deep value printed": ("let a := [] for (let i in range(5000)) { a := [a] } print(a)", HogVMError),
    "deep value as JSON": ("let a := {} for (let i in range(5000)) { a := {'a': a} } jsonStringify(a)", HogVMError),
    "deep value returned": ("let a := [] for (let i in range(5000)) { a := [a] } return a", HogVMError),
    "deep value as text": ("let a := [] for (let i in range(5000)) { a := [a, 1] } a < a", HogVMError),
    "deep JSON": (
        "let s := '[' for (let i in range(20)) { s := concat(s, s) } jsonParse(s)",
        HogVMError,
    ),
    "long JSON": (
        "let s := '1,' for (let i in range(24)) { s := concat(s, s) } jsonParse(concat('[', s, '1]'))",
        HogError,
    ),
    "printing without end": ("while (true) { print('x') }", HogStepLimit),
    "printing much": ("let s := arrayStringConcat(range(100000), ',') while (true) { print(s) }", HogMemoryLimit),
    "regular expression bomb": (
        "let s := 'a' for (let i in range(16)) { s := concat(s, s) } while (true) { s =~ '(a*)*b' }",
        HogTimeout,
    ),
    "regular expression too large": ("'x' =~ '((((a{100}){100}){100}){100})'", HogVMError),
    "long regular expression": ("let s := 'a?' for (let i in range(20)) { s := concat(s, s) } 'x' =~ s", HogVMError),
    "sorting much": ("arraySort(range(500000))", HogError),
    "splitting much": (
        "let s := 'ab' for (let i in range(22)) { s := concat(s, s) } splitByString('', s)",
        HogMemoryLimit,
    ),
    "hashing without end": ("while (true) { sha256HmacChain(range(10000)) }", HogError),
    "async without end": ("while (true) { sleep(1) }", HogStepLimit),
    "date out of range": ("dateAdd('year', 100000, toDate('2024-01-01'))", HogVMError),
    "date of infinity": ("print(toString(fromUnixTimestamp(1 / 0)))", HogVMError),
    "unknown zone": ("toTimeZone(now(), '../../etc/passwd')", HogVMError),
    "dunder global": ("return __builtins__", HogVMError),
    "dunder property": ("return ''.__class__.__mro__[1]", None),
    "dunder function": ("__import__('os')", HogVMError),
    "import of Python": ("import('os')", HogVMError),
}


def outcome(source: str, limits: Limits = Limits()):  # noqa: B008 - immutable
    bytecode = compile_program(source, supported_functions=frozenset({"fetch"}))
    options = {"async_functions": frozenset({"fetch"}), "limits": limits}
    execution = execute(bytecode, {}, **options)
    while execution.state is not None:
        execution = resume(execution.state, None, {}, **options)
    return execution


@pytest.mark.parametrize("name", PROGRAMS)
def test_hostile_program_ends_within_its_limits(name):
    source, expected = PROGRAMS[name]
    start = time.thread_time()
    execution = outcome(source)
    elapsed = time.thread_time() - start
    if expected is None:
        assert execution.finished
        assert execution.result is None
    else:
        assert isinstance(execution.error, expected), execution
        assert str(execution.error)
        assert "Unexpected failure" not in str(execution.error)
    assert elapsed < 0.5 + GRACE
    assert execution.max_memory <= 64 * 2**20


def test_memory_and_threads_are_back_to_where_they_were():
    for source, _ in list(PROGRAMS.values())[:12]:
        outcome(source, Limits(seconds=0.05))
    gc.collect()
    threads = threading.active_count()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for name in ("string doubling", "closures that grow", "deep recursion", "laughs printed", "array growing"):
        outcome(PROGRAMS[name][0], Limits(seconds=0.2))
    gc.collect()
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 2 * 2**20
    assert peak - before < 200 * 2**20
    assert threading.active_count() == threads


def test_a_thousand_frames_but_not_one_more():
    source = "fun f(n) { return n = 0 ? 'bottom' : f(n - 1) } return f({n})"
    assert outcome(source.replace("{n}", "998")).result == "bottom"
    assert str(outcome(source.replace("{n}", "999")).error) == "Call stack exceeded maximum length of 1000"


def test_deep_calls_do_not_depend_on_the_stack_of_the_caller():
    def nested(levels: int):
        return nested(levels - 1) if levels else outcome("fun f(n) { return n = 0 ? 1 : f(n - 1) } return f(900)")

    assert nested(300).result == 1


def test_errors_and_suspensions_cross_the_seams_between_stacks():
    source = """
        fun f(n) { if (n = 0) { let r := fetch('x') throw Error('bottom', r) } return f(n - 1) }
        try { f(700) } catch (e) { return e.payload }
    """
    bytecode = compile_program(source, supported_functions=frozenset({"fetch"}))
    options = {"async_functions": frozenset({"fetch"})}
    execution = execute(bytecode, {}, **options)
    assert len(execution.state["frames"]) == 702
    assert resume(execution.state, 7, {}, **options).result == 7


def test_filters_have_a_tenth_of_a_second():
    holds = compile_filter(compile_program("while (true) {}"))
    start = time.thread_time()
    with pytest.raises(HogTimeout):
        holds({})
    assert time.thread_time() - start < FILTER_LIMITS.seconds + GRACE
    with pytest.raises(HogVMError, match="can not wait"):
        compile_filter(compile_program("sleep(1)"))({})


def test_steps_and_seconds_add_up_over_suspensions():
    source = "while (true) { let i := 0 while (i < 2000) { i := i + 1 } sleep(1) }"
    assert isinstance(outcome(source, Limits(steps=100_000)).error, HogStepLimit)
    assert isinstance(outcome(source, Limits(seconds=0.01)).error, HogTimeout)


@pytest.mark.parametrize(
    "construct",
    [
        ("[", "1", "]"),
        ("(", "1", ")"),
        ("{'a': ", "1", "}"),
        ("if (true) { ", "1", " }"),
        ("while (false) { ", "1", " }"),
        ("try { ", "1", " } catch (e) { }"),
        ("f'{", "1", "}'"),
        ("(x -> ", "1", ")"),
        ("fun f() { ", "1", " }"),
        ("not ", "1", ""),
        ("1 + ", "1", ""),
        ("a ?? ", "1", ""),
        ("true ? 1 : ", "1", ""),
        ("arrayMap(x -> ", "1", ", [1])"),
        ("{ let a := 1 ", "1", " }"),
        ("for (let i in [1]) { ", "1", " }"),
    ],
)
def test_nesting_of_every_construct_to_100_kilobytes(construct):
    opening, middle, closing = construct
    for size in (1000, 100_000):
        depth = size // (len(opening) + len(closing))
        try:
            bytecode = compile_program(opening * depth + middle + closing * depth)
        except HogError:
            continue
        try:
            execute(bytecode, {"a": None})
        except HogVerificationError:
            continue


BAD_BYTECODE = {
    "empty": [],
    "no list": "text",
    "null": None,
    "wrong header": ["_X", 1, 29],
    "header only": ["_H"],
    "unknown version": ["_H", 2, 29],
    "version as text": ["_H", "1", 29],
    "unknown operation": ["_H", 1, 58],
    "negative operation": ["_H", 1, -1],
    "operation as text": ["_H", 1, "29"],
    "operation as boolean": ["_H", 1, True],
    "operation as float": ["_H", 1, 29.0],
    "operation as list": ["_H", 1, [29]],
    "missing operand": ["_H", 1, 32],
    "number as text": ["_H", 1, 33, "1"],
    "text as number": ["_H", 1, 32, 1],
    "list as constant": ["_H", 1, 32, ["a"]],
    "count as float": ["_H", 1, 29, 43, 1.0],
    "count as boolean": ["_H", 1, 29, 43, True],
    "negative count": ["_H", 1, 43, -1],
    "huge count": ["_H", 1, 43, 10**30],
    "underflow": ["_H", 1, 35],
    "underflow of a call": ["_H", 1, 29, 2, "concat", 2],
    "underflow of a local call": ["_H", 1, 54, 0],
    "negative slot": ["_H", 1, 29, 36, -1],
    "slot out of range": ["_H", 1, 29, 36, 1],
    "assignment out of range": ["_H", 1, 29, 29, 37, 5],
    "jump out of range": ["_H", 1, 39, 5],
    "jump before the start": ["_H", 1, 39, -4],
    "jump into an operand": ["_H", 1, 39, 1, 33, 29],
    "jump into a function": ["_H", 1, 39, 6, 52, "f", 0, 0, 2, 31, 38, 53, 0],
    "jump out of a function": ["_H", 1, 52, "f", 0, 0, 2, 39, 4, 53, 0, 29],
    "depth depends on the way": ["_H", 1, 29, 40, 1, 29],
    "growing loop": ["_H", 1, 29, 39, -3],
    "many jumps": ["_H", 1, *[39, 0] * 4000],
    "jumps over a deep stack": ["_H", 1, *[31] * 10_000, *[36, 0, 40, -4] * 5000],
    "assignments over a deep stack": ["_H", 1, *[31] * 10_000, *[36, 0, 37, 1] * 5000],
    "handlers depend on the way": ["_H", 1, 29, 40, 2, 50, 3, 29, 35],
    "catch out of range": ["_H", 1, 50, 99, 29],
    "pop of no handler": ["_H", 1, 51],
    "function too long": ["_H", 1, 52, "f", 0, 0, 99, 31, 38, 53, 0],
    "callable without closure": ["_H", 1, 52, "f", 0, 0, 2, 31, 38],
    "closure without callable": ["_H", 1, 29, 53, 0],
    "jump to a closure": ["_H", 1, 39, 7, 52, "f", 0, 0, 2, 31, 38, 53, 0],
    "upvalue count": ["_H", 1, 52, "f", 0, 1, 2, 31, 38, 53, 0],
    "upvalue out of range": ["_H", 1, 52, "f", 0, 0, 3, 55, 0, 38, 53, 0],
    "captured slot out of range": ["_H", 1, 52, "f", 0, 1, 2, 31, 38, 53, 1, True, 9],
    "captured upvalue out of range": ["_H", 1, 52, "f", 0, 1, 2, 31, 38, 53, 1, False, 0],
    "capture as number": ["_H", 1, 52, "f", 0, 1, 2, 31, 38, 53, 1, 1, 0],
    "negative capture": ["_H", 1, 52, "f", 0, 1, 2, 31, 38, 53, 1, True, -1],
    "too many parameters": ["_H", 1, 52, "f", 301, 0, 2, 31, 38, 53, 0],
    "too long": ["_H", 1] + [29, 35] * 100_000,
    "not JSON": ["_H", 1, object()],
    "itself": ["_H", 1, 32],
}
BAD_BYTECODE["itself"].append(BAD_BYTECODE["itself"])


@pytest.mark.parametrize("name", BAD_BYTECODE)
def test_malformed_bytecode_is_refused(name):
    with pytest.raises(HogVerificationError) as caught:
        execute(BAD_BYTECODE[name])
    assert str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"frames": [{}]},
        {"frames": None},
        {"objects": [["what"]]},
        {"used": {}},
        {"bytecodes": {}},
        {"frames": [{"chunk": "root", "function": 9, "site": 0, "slots": [], "cells": {}, "upvalues": []}]},
        {"frames": [{"chunk": "x", "function": 0, "site": 0, "slots": [], "cells": {}, "upvalues": []}]},
        {"frames": [{"chunk": "root", "function": 0, "site": 1, "slots": [], "cells": {}, "upvalues": []}]},
    ],
)
def test_malformed_states_are_refused(change):
    execution = execute(["_H", 1, 33, 5, 2, "sleep", 1])
    assert execution.async_function == "sleep"
    with pytest.raises(HogVerificationError):
        resume({**execution.state, **change}, None)
