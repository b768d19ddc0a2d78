"""Filters that are one Python expression answer what the general form of them answers."""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hogapi.hog.compiler import compile_expression, compile_program
from hogapi.hog.errors import HogVMError
from hogapi.hog.opcodes import Op
from hogapi.hog.translator_filters import simple_filter
from hogapi.hog.verifier import verify
from hogapi.hog.vm import compile_filter, execute


class Plan(str, Enum):  # noqa: UP042 - the kind whose str() is not its value
    """A host value that is equal to text but is not text."""

    PRO = "pro"


_CONSTANTS = st.sampled_from(["'pro'", "''", "'1'", "'true'", "'2024-05-06'", "1", "0", "2.5", "true", "false", "null"])
_PROPERTIES = st.sampled_from(["event", "properties.plan", "properties.n", "person.properties.plan", "person"])
_LISTS = st.sampled_from(["('pro', 'free')", "[1, 'true', null]", "[]"])
_DATE = {"__hogDate__": True, "year": 2024, "month": 5, "day": 6}
_VALUES: st.SearchStrategy[Any] = st.sampled_from(
    ["pro", "", "1", "true", 1, 0, 2.5, True, False, None, 2**60, float("nan"), [], ["pro"], {}, _DATE, Plan.PRO]
)


def _comparison(left: str, operator: str, right: str) -> str:
    return f"({left} {operator} {right})"


_OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
_LEAVES = st.one_of(
    st.builds(_comparison, _PROPERTIES, _OPERATORS, _CONSTANTS),
    st.builds(_comparison, _CONSTANTS, _OPERATORS, _PROPERTIES),
    st.builds(_comparison, _PROPERTIES, _OPERATORS, _PROPERTIES),
    st.builds(_comparison, _PROPERTIES, st.sampled_from(["in", "not in"]), _LISTS),
    _PROPERTIES,
    _CONSTANTS,
)
_FILTERS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(_comparison, inner, st.sampled_from(["and", "or", "="]), inner),
        inner.map(lambda text: f"(not {text})"),
    ),
    max_leaves=6,
)
_EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "event": _VALUES,
        "properties": st.one_of(_VALUES, st.dictionaries(st.sampled_from(["plan", "n"]), _VALUES)),
        "person": st.one_of(
            _VALUES, st.fixed_dictionaries({"properties": st.one_of(_VALUES, st.builds(dict, plan=_VALUES))})
        ),
    },
)


def _general(bytecode: list[Any], event: dict[str, Any]) -> bool | str:
    outcome = execute(
        [*bytecode, int(Op.NOT), int(Op.NOT)], event
    )  # the VM says what counts as true, not the plain result
    return outcome.error.message if outcome.error is not None else bool(outcome.result)


def _quick(bytecode: list[Any], event: Any) -> bool | str:
    try:
        return compile_filter(bytecode)(event)
    except HogVMError as error:
        return error.message


@settings(max_examples=300, deadline=None)
@given(_FILTERS, _EVENTS)
@example("0", {})
def test_both_forms_agree(text: str, event: dict[str, Any]) -> None:
    bytecode = compile_expression(text)
    assert simple_filter(verify(bytecode)) is not None
    assert _quick(bytecode, event) == _general(bytecode, event)
    assert _quick(bytecode, MappingProxyType(event)) == _general(bytecode, event)


@pytest.mark.parametrize("text", ["upper(event) = 'A'", "event = f'{event}!'", "properties[event] = 1", "event ?? 1"])
def test_what_does_more_than_compare_is_not_simple(text: str) -> None:
    assert simple_filter(verify(compile_expression(text))) is None


def test_programs_and_deep_nesting_are_not_simple() -> None:
    assert simple_filter(verify(compile_program("return event = 'a'"))) is None
    deep = ["_H", 1, 32, "a", 32, "event", 1, 1, 11, *[5] * 500]
    assert simple_filter(verify(deep)) is None
    assert compile_filter(deep)({"event": "a"}) is True
