"""Programs that wait: their state is JSON, and resumes elsewhere as if nothing had happened."""

import json
import subprocess
import sys
import threading

import pytest

from hogapi.hog.compiler import compile_program
from hogapi.hog.errors import HogStepLimit
from hogapi.hog.vm import Limits, execute, resume

FETCH = {"async_functions": frozenset({"fetch"})}


def start(source: str, globals=None, **options):
    return execute(compile_program(source, supported_functions=frozenset({"fetch"})), globals, **FETCH, **options)


def again(execution, value=None, globals=None, **options):
    return resume(json.loads(json.dumps(execution.state)), value, globals, **FETCH, **options)


def test_the_host_sees_the_call_and_gives_the_answer():
    execution = start("let r := fetch('u', {'body': [1, (2, 3)]}) return r.status + 1")
    assert not execution.finished
    assert execution.error is None
    assert (execution.async_function, execution.async_args) == ("fetch", ["u", {"body": [1, [2, 3]]}])
    finished = again(execution, {"status": 200})
    assert finished.finished
    assert finished.result == 201
    assert finished.ops > execution.ops
    assert finished.seconds > execution.seconds


def test_another_process_can_resume():
    source = "let n := 1 let f := () -> n let t := (1, 2) fetch('x') n := n + 1 return [f(), typeof(t)]"
    state = json.dumps(start(source).state)
    code = (
        "import json, sys; from hogapi.hog.vm import resume;"
        "print(json.dumps(resume(json.load(sys.stdin), None, async_functions=frozenset({'fetch'})).result))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=state, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [2, "tuple"]


def test_a_state_can_be_resumed_twice():
    execution = start("let list := [1] fetch('x') list[2] := 2 return list")
    assert again(execution).result == again(execution).result == [1, 2]


def test_globals_are_given_again():
    execution = start("let a := event.n fetch('x') return a + event.n", {"event": {"n": 1}})
    assert again(execution, None, {"event": {"n": 10}}).result == 11


def test_loops_go_on_where_they_were():
    execution = start("let out := [] for (let k, v in {'a': 1, 'b': 2}) { out[v] := fetch(k) } return out")
    seen = []
    while execution.state is not None:
        seen.append(execution.async_args[0])
        execution = again(execution, len(seen))
    assert seen == ["a", "b"]
    assert execution.result == [1, 2]


def test_an_imported_chunk_can_wait():
    chunks = {
        "root": {"bytecode": compile_program("return import('m') + 1")},
        "m": {"bytecode": compile_program("return fetch('x')", supported_functions=frozenset({"fetch"}))},
    }
    execution = execute({"bytecodes": chunks}, **FETCH)
    assert again(execution, 4).result == 5


def test_closures_and_cycles_survive():
    execution = start("""
        let node := {'name': 'n'}
        node.self := node
        let counter := () -> { node.name := concat(node.name, '!') return node.self.self.name }
        counter()
        fetch('x')
        return [counter(), node.name, node.self.name]
    """)
    assert again(execution).result == ["n!!"] * 3


def test_unusual_values_survive():
    execution = start("""
        let values := [0 / 0, 1 / 0, -1 / 0, {1: 'a', true: 'b', null: 'c'}, now, upper]
        let e := HogError('T', 'm', [1])
        fetch('x')
        let mixed := values[4]
        let f := values[6]
        try { throw e } catch (caught: T) {
            return [values[1], values[2], values[3], mixed[true], typeof(values[5]), f('x'), caught.payload]
        }
    """)
    result = again(execution).result
    assert result[0] != result[0]
    assert result[1:] == [float("inf"), float("-inf"), "b", "function", "X", [1]]


def test_steps_of_waiting_are_limited():
    execution = start("while (true) { fetch('x') }", limits=Limits(async_steps=3))
    for _ in range(3):
        execution = again(execution, limits=Limits(async_steps=3))
    assert isinstance(execution.error, HogStepLimit)
    assert str(execution.error) == "Exceeded maximum number of async steps: 3"


def test_printing_is_counted_over_all_stretches():
    lines: list[str] = []
    execution = start("while (true) { print('x') fetch('x') }", print=lines.append, limits=Limits(print_lines=2))
    while execution.state is not None:
        execution = again(execution, print=lines.append, limits=Limits(print_lines=2))
    assert lines == ["x", "x"]


def test_many_threads_share_one_translation():
    source = "let sum := 0 for (let i in range(20)) { sum := sum + fetch(i) } return sum"
    results = []

    def work():
        execution = start(source)
        while execution.state is not None:
            execution = again(execution, execution.async_args[0])
        results.append(execution.result)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [190] * 8


@pytest.mark.parametrize("operator", ["+", "-", "*"])
def test_both_sides_of_an_operator_can_wait(operator):
    execution = start(f"return fetch('left') {operator} fetch('right')")
    order = []
    while execution.state is not None:
        order.append(execution.async_args[0])
        execution = again(execution, {"left": 5, "right": 3}[order[-1]])
    assert order == ["right", "left"]
    assert execution.result == {"+": 8, "-": 2, "*": 15}[operator]
