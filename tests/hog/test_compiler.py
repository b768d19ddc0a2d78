"""Programs -> bytecode, token for token (spec hog_language.md 3; samples of hog_functions.md 2.3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hogapi.hog import ast
from hogapi.hog.compiler import compile_expression, compile_program, refuse_hyphens
from hogapi.hog.errors import HogCompileError
from hogapi.hog.parser import parse_expression, parse_program, parse_template

T, F = True, False

EXPRESSIONS: list[tuple[str, list[Any]]] = [
    ("a ?? b", [32, "a", 1, 1, 47, 5, 35, 32, "b", 1, 1]),
    ("properties.$x ilike '%y%'", [32, "%y%", 32, "$x", 32, "properties", 1, 2, 18]),
    ("1 not between 2 and 3", [33, 2, 33, 1, 15, 33, 3, 33, 1, 13, 4, 2]),
    ("1 between 2 and 3", [33, 2, 33, 1, 14, 33, 3, 33, 1, 16, 3, 2]),
    ("x -> x + 1", [52, "lambda", 1, 0, 6, 33, 1, 36, 0, 6, 38, 53, 0]),
    ("true", [29]),
    ("false", [30]),
    ("null", [31]),
    ("1.5", [34, 1.5]),
    ("not 1", [33, 1, 5]),
    ("not(1)", [33, 1, 5]),
    ("1 and 2 and 3", [33, 1, 33, 2, 33, 3, 3, 3]),
    ("and(1, 2)", [33, 1, 33, 2, 3, 2]),
    ("or(1, 2)", [33, 1, 33, 2, 4, 2]),
    ("'a' in ['a']", [32, "a", 43, 1, 32, "a", 21]),
    ("a is null", [31, 32, "a", 1, 1, 11]),
    ("{'a': 1}", [32, "a", 33, 1, 42, 1]),
    ("(1, 2)", [33, 1, 33, 2, 44, 2]),
    ("a[1]", [32, "a", 1, 1, 33, 1, 45]),
    ("a?.b", [32, "a", 1, 1, 32, "b", 48]),
    ("f(1, 2)", [33, 1, 33, 2, 2, "f", 2]),
    ("1 ? 2 : 3", [33, 1, 40, 4, 33, 2, 39, 2, 33, 3]),
    ("multiIf(1, 2, 3, 4, 5)", [33, 1, 40, 4, 33, 2, 39, 10, 33, 3, 40, 4, 33, 4, 39, 2, 33, 5]),
    ("a.b(1)", [33, 1, 32, "b", 32, "a", 1, 2, 54, 1]),
    ("f(1)(2)", [33, 2, 33, 1, 2, "f", 1, 54, 1]),
    ("a =~ 'b'", [32, "b", 32, "a", 1, 1, 23]),
    ("a !~* 'b'", [32, "b", 32, "a", 1, 1, 26]),
    ("a is not distinct from b", [32, "b", 1, 1, 32, "a", 1, 1, 11]),
    (
        "event = '$pageview' and (properties.a = 'b' or not person.properties.c > 3)",
        [
            32, "$pageview", 32, "event", 1, 1, 11, 32, "b", 32, "a", 32, "properties", 1, 2, 11, 33, 3, 32,
            "c", 32, "properties", 32, "person", 1, 3, 13, 5, 4, 2, 3, 2
        ],
    ),
]  # fmt: skip

PROGRAMS: list[tuple[str, list[Any]]] = [
    ("", []),
    ("fetch(inputs.url);", [32, "url", 32, "inputs", 1, 2, 2, "fetch", 1, 35]),
    (
        "let x := 1 fun f() { x := x + 1 } f()",
        [33, 1, 52, "f", 0, 1, 9, 33, 1, 55, 0, 6, 56, 0, 31, 38, 53, 1, T, 0, 36, 1, 54, 0, 35, 35, 57],
    ),
    ("while (a) { b }", [32, "a", 1, 1, 40, 7, 32, "b", 1, 1, 35, 39, -13]),
    ("let a := 1 a := 2", [33, 1, 33, 2, 37, 0, 35]),
    ("let a := {} a.b := 2", [42, 0, 36, 0, 32, "b", 33, 2, 46, 35]),
    ("let a := {} a.b.c := 2", [42, 0, 36, 0, 32, "b", 45, 32, "c", 33, 2, 46, 35]),
    ("let a := {} a['b'] := 2", [42, 0, 36, 0, 32, "b", 33, 2, 46, 35]),
    ("return", [31, 38]),
    ("throw Error('x')", [32, "x", 2, "Error", 1, 49]),
    ("if (a) { b } else { c }", [32, "a", 1, 1, 40, 7, 32, "b", 1, 1, 35, 39, 5, 32, "c", 1, 1, 35]),
    (
        "for (let i := 0; i < 3; i := i + 1) { f(i) }",
        [33, 0, 33, 3, 36, 0, 15, 40, 15, 36, 0, 2, "f", 1, 35, 33, 1, 36, 0, 6, 37, 0, 39, -22, 35],
    ),
    (
        "fun f(a) { let b := a return b }",
        [52, "f", 1, 0, 6, 36, 0, 36, 1, 38, 35, 53, 0, 35],
    ),
    (
        "for (let k, v in x) { k }",
        [
            32, "x", 1, 1, 36, 0, 2, "keys", 1, 36, 0, 2, "values", 1, 33, 1, 36, 2, 2, "length", 1, 31, 31, 36,
            4, 36, 3, 16, 40, 26, 36, 1, 36, 3, 45, 37, 5, 36, 2, 36, 3, 45, 37, 6, 36, 5, 35, 36, 3, 33, 1, 6,
            37, 3, 39, -33, 35, 35, 35, 35, 35, 35, 35
        ],
    ),
    (
        "try { f() } catch (e) { g(e) }",
        [50, 8, 2, "f", 0, 35, 51, 39, 17, 36, 0, 32, "type", 45, 36, 0, 2, "g", 1, 35, 39, 2, 35, 49, 35, 35],
    ),
]  # fmt: skip

TEMPLATES: list[tuple[str, list[Any]]] = [
    ("Hello", [32, "Hello"]),
    ("{a}", [32, "a", 1, 1]),
    (
        "Hello {person.properties.name}!",
        [32, "Hello ", 32, "name", 32, "properties", 32, "person", 1, 3, 32, "!", 2, "concat", 3],
    ),
]


@pytest.mark.parametrize(("source", "tokens"), EXPRESSIONS)
def test_expression(source: str, tokens: list[Any]) -> None:
    assert compile_expression(source) == ["_H", 1, *tokens]


@pytest.mark.parametrize(("source", "tokens"), PROGRAMS)
def test_program(source: str, tokens: list[Any]) -> None:
    bytecode = compile_program(source)
    assert bytecode == ["_H", 1, *tokens]
    assert json.loads(json.dumps(bytecode)) == bytecode


@pytest.mark.parametrize(("source", "tokens"), TEMPLATES)
def test_template(source: str, tokens: list[Any]) -> None:
    assert compile_expression(parse_template(source)) == ["_H", 1, *tokens]


def test_missing_else_is_null() -> None:
    assert compile_expression("if(1, 2)")[2:] == [33, 1, 40, 4, 33, 2, 39, 1, 31]
    assert compile_expression("multiIf(1, 2, 3, 4)")[2:] == [33, 1, 40, 4, 33, 2, 39, 9, 33, 3, 40, 4, 33, 4, 39, 1, 31]


def test_catch_of_another_type_jumps_behind_the_clause() -> None:
    code = compile_program("try { f() } catch (x: Foo) { g(x) }")
    compare = code.index("Foo")
    operand = compare + 5
    assert code[operand - 1 : operand] == [40]
    assert code[operand + 1 + code[operand] :] == [35, 49, 35, 35]


def test_for_without_condition_is_endless_and_its_head_keeps_the_stack_even() -> None:
    assert compile_program("for (f(); ; g()) {}")[2:] == [2, "f", 0, 35, 29, 40, 6, 2, "g", 0, 35, 39, -9]


def test_a_handler_sees_the_variables_around_it() -> None:
    code = compile_program("let type := 1 try { f() } catch (x) { g(type) }")
    assert code[code.index("g") - 3 : code.index("g") - 1] == [36, 0]


ERRORS = [
    ("let a := 1; let a := 2", "Variable `a` already declared in this scope", 1, 12),
    ("b := 1", 'Variable "b" not declared in this scope. Can not assign to globals.', 1, 0),
    ("f() := 1", "Can not assign to this type of expression", 1, 0),
    ("let a := a + 1", "Variable `a` is used in its own declaration", 1, 9),
    ("\nreturn a[0]", "Array access starts from 1", 2, 9),
    ("return {a}", "Placeholders are not allowed in this context", 1, 7),
    ("try { a } finally { b }", "finally blocks are not yet supported", 1, 0),
    ("try { a }", "try statement must have at least one catch block", 1, 0),
    (
        "return a in cohort 3",
        "Can't use cohorts in real-time filters. Please inline the relevant expressions (cohort id=3).",
        1,
        7,
    ),
]


@pytest.mark.parametrize(("source", "message", "line", "column"), ERRORS)
def test_error(source: str, message: str, line: int, column: int) -> None:
    with pytest.raises(HogCompileError) as caught:
        compile_program(source)
    assert (caught.value.message, caught.value.line, caught.value.column) == (message, line, column)


def test_recursive_lambda_may_name_itself() -> None:
    assert 55 in compile_program("let f := n -> n > 0 ? f(n - 1) : 0")


def test_unknown_functions_compile_unless_refused() -> None:
    assert compile_program("postHogCapture({})")[-3:] == ["postHogCapture", 1, 35]
    compile_expression("lower(nope.x)", refuse_unknown=True)
    compile_program("fetch('x')", supported_functions=frozenset({"fetch"}), refuse_unknown=True)
    with pytest.raises(HogCompileError, match="Hog function `nope` is not implemented"):
        compile_expression("nope(1)", refuse_unknown=True)


@pytest.mark.parametrize(
    ("value", "tokens"),
    [
        (float("inf"), [33, 0, 33, 1, 9]),
        (float("-inf"), [33, 0, 33, -1, 9]),
        (float("nan"), [33, 0, 33, 0, 9]),
        (2**63, [34, 2.0**63]),
        (10**400, [33, 0, 33, 1, 9]),
    ],
)
def test_numbers_beyond_json(value: float, tokens: list[Any]) -> None:
    assert compile_expression(ast.Constant(value))[2:] == tokens


@pytest.mark.parametrize("source", ["a.b-c", "f(x.y.content-type)", "1 + (a.b-c)"])
def test_hyphen_is_refused(source: str) -> None:
    with pytest.raises(HogCompileError, match="Hyphens are not supported in identifiers"):
        refuse_hyphens(parse_expression(source))


@pytest.mark.parametrize("source", ["a.b - c", "a.b -c", "a-b", "a.b-c.d", "a.b-1", "(a.b)-c"])
def test_subtraction_is_allowed(source: str) -> None:
    refuse_hyphens(parse_expression(source))


def test_hyphen_message_shows_the_bracket_notation() -> None:
    with pytest.raises(HogCompileError, match=r"Use bracket notation: a\['b-c'\]"):
        refuse_hyphens(parse_program("return a.b-c"))


TREES: list[tuple[str, list[Any]]] = [
    ("sql(1)", [32, "__hx_ast", 32, "Constant", 32, "value", 33, 1, 42, 2]),
    (
        "sql(a.b)",
        [32, "__hx_ast", 32, "Field", 32, "chain", 32, "a", 32, "b", 43, 2, 32, "from_asterisk", 33, F, 42, 3],
    ),
    (
        "sql({x} = 1)",
        [
            32, "__hx_ast", 32, "CompareOperation", 32, "left", 32, "x", 1, 1, 32, "right", 32, "__hx_ast", 32,
            "Constant", 32, "value", 33, 1, 42, 2, 32, "op", 32, "==", 42, 4
        ],
    ),
    ("<Foo a='b' />", [32, "__hx_tag", 32, "Foo", 32, "a", 32, "b", 42, 2]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "tokens"), TREES)
def test_trees_are_values(source: str, tokens: list[Any]) -> None:
    assert compile_expression(source)[2:] == tokens


def test_tag_of_a_variable_is_a_call() -> None:
    code = compile_program("let Foo := (p) -> p return <Foo a='b' />")
    assert code[-12:] == [32, "a", 32, "b", 42, 1, 36, 0, 54, 1, 38, 35]


def test_nested_forms_that_double_their_operand_end_in_an_error_and_not_in_endless_bytecode() -> None:
    with pytest.raises(HogCompileError, match="too long"):
        compile_program("a" + " between a and a" * 40)
