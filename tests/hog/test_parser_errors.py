"""A syntax error says where it is, what stands there and what should."""

from __future__ import annotations

import pytest

from hogapi.hog.errors import HogSyntaxError, line_and_column
from hogapi.hog.parser import parse_expression, parse_program, parse_template


def error_of(text: str) -> HogSyntaxError:
    with pytest.raises(HogSyntaxError) as caught:
        parse_program(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("let x = 1", 1, 6, "Expected ':=' between the variable and its value, but found '='"),
        ("let 5 := 1", 1, 4, "Expected the name of a variable, but found the number 5"),
        ("print('a'", 1, 9, "Expected ',' or ')' in the call of 'print', but found the end of the text"),
        ("if (a {\n  b\n}", 1, 6, "Expected ')' to close the '(' on line 1, but found '{'"),
        ("fun f() {\n  return 1\n", 3, 0, "Expected '}' to close the '{' on line 1, but found the end of the text"),
        ("a\nb + ;", 2, 4, "Expected an expression, but found ';'"),
        ("return [1, 2", 1, 12, "Expected ']' to close the '[' on line 1, but found the end of the text"),
        ("throw", 1, 5, "Expected an error to throw, but found the end of the text"),
        ("try { } catch (e: 'E') { }", 1, 18, "Expected the type of an error, but found the text 'E'"),
        ("let fun := 1", 1, 4, "Expected the name of a variable, but found the reserved word 'fun'"),
        ("a ? b", 1, 5, "Expected ':' and what the value is otherwise, but found the end of the text"),
        ("f'{a'", 1, 4, "This text in ' is never closed"),
        ("f'{a b}'", 1, 5, "Expected '}' to close the '{' on line 1, but found 'b'"),
        ("a && b", 1, 2, "Unexpected character '&'; write 'and'"),
        ("!a", 1, 0, "Unexpected character '!'; write 'not'"),
        ("print('it's')", 1, 11, "This text in ' is never closed"),
        (r"print('\q')", 1, 7, r"Unknown escape \q; write \\ for a backslash"),
        ("a\u200bb", 1, 1, "Unexpected character U+200B"),
        ("{'a': 1, 'b' 2}", 1, 13, "Expected ':', but found the number 2"),
        ("<a>x</b>", 1, 0, "The tag <a> is closed by </b>"),
        ("0o17", 1, 0, "Octal numbers are not supported; write it in decimal"),
        ("F'{a}'", 1, 0, "Write a template with a small f: f'...'"),
        ("}", 1, 0, "Expected a statement, but found '}'"),
    ],
)
def test_message_and_place(text: str, line: int, column: int, message: str) -> None:
    error = error_of(text)
    assert (error.line, error.column, error.message) == (line, column, message)


def test_found_and_expected_are_apart() -> None:
    error = error_of("let x = 1")
    assert error.found == "'='"
    assert error.expected == "':=' between the variable and its value"
    assert (error.offset, error.end) == (6, 7)


def test_expressions_end_where_they_end() -> None:
    with pytest.raises(HogSyntaxError, match="Expected an operator or the end of the expression, but found 'b'"):
        parse_expression("a b")


def test_queries_are_named_as_missing() -> None:
    with pytest.raises(HogSyntaxError, match="queries are not supported here yet"):
        parse_expression("a in (select 1)")


def test_templates_count_from_their_first_character() -> None:
    with pytest.raises(HogSyntaxError) as caught:
        parse_template("Hello\n{a +}")
    assert (caught.value.line, caught.value.column) == (2, 4)


def test_lines_and_columns() -> None:
    assert line_and_column("ab\ncd", 0) == (1, 0)
    assert line_and_column("ab\ncd", 4) == (2, 1)
    assert line_and_column("ab\ncd", 99) == (2, 2)
    assert line_and_column("", 0) == (1, 0)
