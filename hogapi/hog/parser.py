"""Text -> syntax tree, for Hog programs, HogQL expressions and templates (spec hog_language.md 1).

A recursive-descent parser in layers (``parser_cursor`` up to ``parser_statements``). Its trees equal those of the
published C++ parser, which is the oracle of its tests; the few intended differences are listed in
``tests/hog/test_parser_differences.py``. Time is linear in the length of the text, and nesting is limited to
``MAX_DEPTH`` levels.

All functions raise HogSyntaxError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hogapi.hog import ast
from hogapi.hog.errors import HogSyntaxError
from hogapi.hog.lexer import END, MAX_DEPTH, Lexer
from hogapi.hog.parser_statements import Statements
from hogapi.hog.visitor import deeper_than

__all__ = ["MAX_DEPTH", "parse_expression", "parse_program", "parse_template"]

N = TypeVar("N", bound=ast.Node)


def parse_program(source: str) -> ast.Program:
    """Parse a whole Hog program; an empty text is an empty program."""
    return _parse(Statements(Lexer(source).program()), Statements.program)


def parse_expression(source: str) -> ast.Expr:
    """Parse one HogQL expression."""
    return _parse(Statements(Lexer(source).program()), _whole_expression)


def parse_template(source: str) -> ast.Expr:
    """Parse bare template text such as ``Hello {person.name}!`` (spec 1.5).

    Text alone gives a Constant, one ``{expression}`` alone that expression, a mixture a call of ``concat``.
    """
    return _parse(Statements(Lexer(source).template()), _whole_template)


def _whole_expression(parser: Statements) -> ast.Expr:
    expr = parser.expression()
    parser.expect(END, "an operator or the end of the expression")
    return expr


def _whole_template(parser: Statements) -> ast.Expr:
    return parser.template_parts(0, END)


def _parse(parser: Statements, parse: Callable[[Statements], N]) -> N:
    try:
        tree = parse(parser)
    except HogSyntaxError as error:
        raise parser.furthest(error) from None
    except RecursionError:
        # The caller's own stack was nearly full.
        raise parser.too_deep(parser.starts[parser.at]) from None
    deep = deeper_than(tree, MAX_DEPTH)
    if deep is not None:
        raise parser.too_deep(max(deep.start, 0))
    return tree
