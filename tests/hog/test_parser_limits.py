"""No text overflows the parser or takes it more than linear time; no tree overflows who walks it."""

from __future__ import annotations

import inspect
import sys
import time

import pytest

from hogapi.hog.compiler import compile_program
from hogapi.hog.errors import HogSyntaxError
from hogapi.hog.formatter import format_program
from hogapi.hog.parser import MAX_DEPTH, parse_expression, parse_program, parse_template
from hogapi.hog.visitor import walk

SIZE = 100_000
ENDLESS = 60  # seconds of CPU that what is quadratic would take, and no machine what is linear
NESTED = [
    *["(", "[", "{", "not ", "- ", "a?b:", "a?", "{'a':", "{a;", "{a:{", "f'{", "<a>", "<a b={"],
    *["x->", "(x)->", "x->{", "x->{{", "f(x->{let a:=", "x->{if(a){", "let a:=x->{", "[x->", "lambda x:"],
    *["f(", "f(x)(", "not(", "if(", "for(", "columns(", "interval(", "case(", "cast(", "f() over (order by "],
    *["if(a)", "if(a){", "for(;;){", "while(1)", "try{", "try{}catch{", "fun f(){", "a:="],
    *["case ", "case when ", "interval ", "cast(a as f(", "trim(both 'a' from ", "array[", "a between "],
    "a is distinct from ",
]
CHAINS = [
    *["+1", "*a", "%a", "=a", "??a", "||a", "?b:c", " in b", " and a", " or a", " is null", " as b"],
    *[".b", ".1", "?.b", "[1]", "(1)", "::b", ",a", ";a", "else if(a){}"],
]


def _parse_all(text: str) -> list[str]:
    """What each entry point says about ``text``: nothing, or its error."""
    said = []
    for parse, prefix in ((parse_program, ""), (parse_expression, ""), (parse_template, "{")):
        try:
            parse(prefix + text)
        except HogSyntaxError as error:
            said.append(error.message)
    return said


@pytest.mark.parametrize("opening", NESTED)
def test_deep_nesting_is_refused_quickly(opening: str) -> None:
    started = time.process_time()
    said = _parse_all(opening * (SIZE // len(opening)) + "a")
    assert time.process_time() - started < ENDLESS
    assert said
    assert any("nested too deeply" in message for message in said)


@pytest.mark.parametrize("link", CHAINS)
def test_long_chains_parse_or_are_refused_quickly(link: str) -> None:
    started = time.process_time()
    _parse_all("if(a){}" * ("else" in link) + "a" * ("else" not in link) + link * (SIZE // len(link)))
    assert time.process_time() - started < ENDLESS


@pytest.mark.parametrize("text", ["a" + " and a" * 20_000, "a" + "||a" * 30_000, "a" + ".b" * 50_000, "a;" * 50_000])
def test_flat_chains_have_no_limit(text: str) -> None:
    parse_program(text)


def test_work_grows_with_the_length_of_the_text() -> None:
    unit = "let a := f(x -> x + 1, {'k': [1, 2, 'text']}) if (a = 1 and b) { print(f'{a}') } else { a.b := 2 }\n"
    assert _calls(unit * 400) < 4.5 * _calls(unit * 100)


def _calls(text: str) -> int:
    """How many functions parsing calls: a measure of work that does not depend on the machine."""
    count = 0

    def counting(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counting)
    try:
        parse_program(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "text",
    [
        "1" + " + 1" * (MAX_DEPTH - 2),
        "f(" * (MAX_DEPTH - 3) + "1" + ")" * (MAX_DEPTH - 3),
        "[" * (MAX_DEPTH - 3) + "]" * (MAX_DEPTH - 3),
        "a" + "[1]" * (MAX_DEPTH - 3),
    ],
)
def test_trees_at_the_limit_survive_recursive_walks(text: str) -> None:
    tree = parse_program(text)
    assert parse_program(text) == tree
    assert repr(tree)
    assert sum(1 for _ in walk(tree)) >= MAX_DEPTH - 3
    assert format_program(text)
    assert compile_program(text)


def test_a_caller_deep_in_its_own_recursion_gets_a_syntax_error_too() -> None:
    def call(frames: int) -> None:
        if frames:
            call(frames - 1)
        else:
            parse_expression("[" * 100 + "]" * 100)

    with pytest.raises(HogSyntaxError, match="nested too deeply"):
        call(sys.getrecursionlimit() - len(inspect.stack()) - 150)


def test_a_chain_in_front_of_deep_brackets_counts_together() -> None:
    half = MAX_DEPTH * 2 // 3
    with pytest.raises(HogSyntaxError, match="nested too deeply"):
        parse_expression("[" * half + "1" + "]" * half + " + 1" * half)
