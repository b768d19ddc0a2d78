"""Random texts parse as the oracle parses them, and no text at all makes the parser fail in another way."""

from __future__ import annotations

import pytest
from generated import EXPRESSIONS, PROGRAMS, SOUPS, TEMPLATES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parser_comparison import PARSERS, disagreement

from hogapi.hog.errors import HogSyntaxError
from hogapi.hog.formatter import format_program

few = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
many = settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))


def check_no_other_failure(text: str) -> None:
    """Every entry point either parses ``text`` or raises HogSyntaxError with a place inside it."""
    for parse in PARSERS.values():
        try:
            parse(text)
        except HogSyntaxError as error:
            assert 0 <= error.offset <= len(text)
            assert error.line >= 1
            assert error.message


def check_formatting(text: str) -> None:
    """Formatting settles at once; it checks by itself that no token changes."""
    try:
        formatted = format_program(text)
    except HogSyntaxError:
        return
    assert format_program(formatted) == formatted


@few
@given(EXPRESSIONS)
def test_expressions(text: str) -> None:
    assert disagreement("expression", text) is None


@few
@given(PROGRAMS)
def test_programs(text: str) -> None:
    assert disagreement("program", text) is None
    check_formatting(text)


@few
@given(TEMPLATES)
def test_templates(text: str) -> None:
    assert disagreement("template", text) is None


@few
@given(SOUPS | st.text(max_size=30))
def test_anything(text: str) -> None:
    check_no_other_failure(text)


@pytest.mark.fuzz
@many
@given(EXPRESSIONS)
def test_many_expressions(text: str) -> None:
    assert disagreement("expression", text) is None


@pytest.mark.fuzz
@many
@given(PROGRAMS)
def test_many_programs(text: str) -> None:
    assert disagreement("program", text) is None
    check_formatting(text)


@pytest.mark.fuzz
@many
@given(TEMPLATES)
def test_many_templates(text: str) -> None:
    assert disagreement("template", text) is None


@pytest.mark.fuzz
@many
@given(SOUPS | st.text())
def test_many_of_anything(text: str) -> None:
    check_no_other_failure(text)
