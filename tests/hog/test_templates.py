"""Templates: strings in any JSON value, compiled and rendered (spec hog_language.md 1.5; hog_functions.md 2.5)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hogapi.hog.errors import HogCompileError, HogError, HogSyntaxError, HogVMError
from hogapi.hog.templates import MAX_NESTING, compile_template, render, template_input_references
from hogapi.hog.vm import Limits

GLOBALS = {"event": {"name": "sign up", "properties": {"n": 3}}, "inputs": {"url": "https://x"}}


def test_strings_are_compiled_and_the_rest_is_kept() -> None:
    value = {"a": "x", "b": [1, None, True, "{event.name}"], "{c}": {"d": 2.5}}
    assert compile_template(value) == {
        "a": ["_H", 1, 32, "x"],
        "b": [1, None, True, ["_H", 1, 32, "name", 32, "event", 1, 2]],
        "{c}": {"d": 2.5},
    }


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("text", "text"),
        ("", ""),
        ("{event.name}!", "sign up!"),
        ("{event.properties}", {"n": 3}),
        ("{event.properties.n + 1}", 4),
        ("\\{no\\}", "{no\\}"),
        ({"a": ["{event.properties.n}", 7]}, {"a": [3, 7]}),
        ("{event.nope}", None),
        ("<{event.nope}>", "<>"),
    ],
)
def test_render(template: Any, value: Any) -> None:
    assert render(compile_template(template), GLOBALS) == value


def test_a_failing_template_raises() -> None:
    with pytest.raises(HogVMError, match="Global variable not found: nope"):
        render(compile_template("{nope}"), GLOBALS)


def test_all_strings_share_the_time() -> None:
    slow = "{arrayMap(x -> arrayMap(y -> y, range(1000)), range(1000))}"
    with pytest.raises(HogVMError):
        render(compile_template([slow] * 10), GLOBALS, limits=Limits(seconds=0.05))


def test_hyphens_are_refused_with_their_place() -> None:
    with pytest.raises(HogCompileError, match=r"Use bracket notation: event.properties\['b-c'\]") as caught:
        compile_template({"a": "line\n{event.properties.b-c}"})
    assert (caught.value.line, caught.value.column) == (2, 1)


@pytest.mark.parametrize("template", ["{", "{a:b}", "{1 +}"])
def test_syntax_error(template: str) -> None:
    with pytest.raises(HogSyntaxError):
        compile_template(template)


def test_placeholder() -> None:
    with pytest.raises(HogCompileError, match="Placeholders are not allowed in this context"):
        compile_template("{{a}}")


def test_nesting_is_limited() -> None:
    value: Any = "x"
    for _ in range(MAX_NESTING + 1):
        value = [value]
    with pytest.raises(HogCompileError, match="nested too deeply"):
        compile_template(value)


def test_input_references() -> None:
    value = {"a": "{inputs.url} and {inputs['other'].x}", "b": ["{inputs}", "{event.inputs.no}"], "inputs.c": 1}
    assert template_input_references(value) == {"url", "other"}


@given(st.text())
def test_any_text_compiles_or_is_refused(text: str) -> None:
    try:
        compiled = compile_template(text)
    except HogError:
        return
    assert compiled[:2] == ["_H", 1]


@given(st.text().filter(lambda text: not set(text) & set("{\\")))
def test_text_without_braces_is_itself(text: str) -> None:
    assert compile_template(text) == ["_H", 1, 32, text]
