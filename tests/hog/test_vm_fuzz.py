"""Random bytecode, and real programs with random faults: refused or run, never a crash or a hang."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hogapi.hog.disassembler import disassemble
from hogapi.hog.errors import HogVerificationError
from hogapi.hog.opcodes import OPERANDS, Op
from hogapi.hog.stl.registry import LIBRARY
from hogapi.hog.vm import Limits, execute, resume
from tests.hog import corpus

LIMITS = Limits(seconds=0.05, memory=4 * 2**20, frames=100, async_steps=5, print_lines=50)
ASYNC = frozenset({"fetch"})
NAMES = st.sampled_from([*sorted(LIBRARY), "arrayMap", "arrayReduce", "fetch", "sleep", "import", "event", "nope"])
SMALL = st.integers(-12, 12)
COUNTS = st.integers(0, 4)


def operand(kind: str):
    return {"name": NAMES, "count": COUNTS, "offset": SMALL}.get(kind, st.sampled_from([0, 1, -1, 2.5, 1e300, True]))


@st.composite
def instructions(draw):
    op = draw(st.sampled_from([op for op in Op if op not in (Op.CLOSURE, Op.CALLABLE, Op.DECLARE_FN)]))
    return [int(op), *[draw(operand(kind)) for kind in OPERANDS.get(op, ())]]


@st.composite
def functions(draw):
    body = [token for code in draw(st.lists(instructions(), max_size=6)) for token in code]
    params, captures = draw(COUNTS), draw(st.lists(st.tuples(st.booleans(), COUNTS), max_size=2))
    flat = [token for capture in captures for token in capture]
    return [52, draw(NAMES), params, len(captures), len(body), *body, 53, len(captures), *flat]


PUSHES = st.one_of(
    st.tuples(st.just(33), SMALL).map(list),
    st.tuples(st.just(32), NAMES).map(list),
    st.sampled_from([[29], [30], [31], [43, 0], [42, 0]]),
)
CODE = st.lists(st.one_of(PUSHES, PUSHES, instructions(), functions()), max_size=25)


def survives(bytecode) -> None:
    """Run ``bytecode`` through all its suspensions; only refusal may raise."""
    try:
        text = disassemble(bytecode)
        execution = execute(bytecode, corpus.GLOBALS, async_functions=ASYNC, limits=LIMITS)
    except HogVerificationError:
        return
    assert isinstance(text, str)
    while execution.state is not None:
        state = json.loads(json.dumps(execution.state))
        execution = resume(state, [1], corpus.GLOBALS, async_functions=ASYNC, limits=LIMITS)
    assert execution.finished is (execution.error is None)
    assert "Unexpected failure" not in str(execution.error), execution.error
    json.dumps(execution.result)


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(CODE)
def test_random_bytecode(code):
    survives(["_H", 1, *[token for instruction in code for token in instruction]])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 58), SMALL, NAMES, st.booleans(), st.none(), st.floats()), max_size=20))
def test_random_tokens(tokens):
    survives(["_H", 1, *tokens])
    survives(["_h", *tokens])


@pytest.mark.parametrize("topic", ["functions", "errors", "async", "control", "algorithms"])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_real_programs_with_faults(topic, data):
    name = data.draw(st.sampled_from([name for name in corpus.names() if name.startswith(topic)]))
    bytecode = list(corpus.bytecode(name))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(2, len(bytecode) - 1))
        fault = data.draw(st.sampled_from(["change", "remove", "insert"]))
        token = data.draw(st.one_of(st.integers(0, 58), SMALL, NAMES, st.none(), st.booleans()))
        if fault == "change":
            bytecode[place] = token
        elif fault == "insert":
            bytecode.insert(place, token)
        elif len(bytecode) > 3:
            del bytecode[place]
    survives(bytecode)
