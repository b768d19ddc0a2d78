"""A place in a list of tokens: looking, taking, failing, and trying.

The grammar modules (``parser_forms``, ``parser_operands``, ``parser_expressions``, ``parser_statements``) are layers of
one class on top of this one, because expressions hold statements (lambda blocks) and statements hold expressions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from hogapi.hog import ast
from hogapi.hog.errors import HogSyntaxError
from hogapi.hog.lexer import (
    END,
    IDENTIFIER,
    MAX_DEPTH,
    NUMBER,
    QUOTED_IDENTIFIER,
    STRING,
    TAG_START,
    TEMPLATE_START,
    TEXT,
    Lexer,
    too_deep,
)

RESERVED = frozenset(
    ["catch", "except", "finally", "fn", "fun", "intersect", "let", "materialized", "throw", "try", "while", "within"]
)
"""Words that name nothing unless quoted; all other keywords are also valid identifiers (spec 1.4)."""

CONSTANT_WORDS = frozenset(["null", "nan", "inf", "infinity"])
NOT_NAMES = RESERVED | CONSTANT_WORDS
_OPERAND_STARTS = frozenset(
    [QUOTED_IDENTIFIER, STRING, NUMBER, TEMPLATE_START, TAG_START, "(", "[", "{", "-", "*", "#"]
)

T = TypeVar("T")


class Cursor(ABC):
    """Tokens and the index ``at`` of the current one, with errors that say what was found and what was expected."""

    def __init__(self, tokens: Lexer) -> None:
        self.source = tokens.source
        self.kinds = tokens.kinds
        self.words = tokens.words
        self.values = tokens.values
        self.starts = tokens.starts
        self.ends = tokens.ends
        self.pairs = tokens.pairs
        self.at = 0
        self.depth = 0
        self._failed: set[int] = set()
        self._furthest: HogSyntaxError | None = None

    @abstractmethod
    def expression(self, minimum: int = 0, left: ast.Expr | None = None, start: int = -1) -> ast.Expr:
        """Parse an expression of operators that bind at least as tightly as ``minimum``.

        ``left`` is an operand parsed already, which began at offset ``start``.
        """

    @abstractmethod
    def block(self) -> ast.Block:
        """Parse ``{ statements }``."""

    def ends_at(self) -> int:
        """The offset where the last taken token ends."""
        return self.ends[self.at - 1] if self.at else 0

    def word(self, ahead: int = 0) -> str:
        """The lower-case text of the identifier ``ahead`` tokens on, or ``""``."""
        return self.words[self.at + ahead]

    def take(self, kind: str) -> bool:
        """Take the current token if it is of this kind."""
        if self.kinds[self.at] != kind:
            return False
        self.at += 1
        return True

    def take_word(self, word: str) -> bool:
        """Take the current token if it is this keyword."""
        if self.words[self.at] != word:
            return False
        self.at += 1
        return True

    def expect(self, kind: str, expected: str | None = None) -> None:
        """Take a token of this kind or fail."""
        if self.kinds[self.at] != kind:
            raise self.failure(expected or f"'{kind}'")
        self.at += 1

    def expect_word(self, word: str) -> None:
        """Take this keyword or fail."""
        if self.words[self.at] != word:
            raise self.failure(f"'{word}'")
        self.at += 1

    def expect_close(self, kind: str, opened: int) -> None:
        """Take the bracket that closes the one at token index ``opened`` or fail, saying which one it was."""
        if self.kinds[self.at] != kind:
            opener = self.kinds[opened]
            line = self.source.count("\n", 0, self.starts[opened]) + 1
            raise self.failure(f"'{kind}' to close the '{opener}' on line {line}")
        self.at += 1

    def is_name(self, ahead: int = 0) -> bool:
        """Whether the token ``ahead`` can name a variable, a function or a property."""
        kind = self.kinds[self.at + ahead]
        if kind == IDENTIFIER:
            return self.words[self.at + ahead] not in NOT_NAMES
        return kind == QUOTED_IDENTIFIER

    def name(self, expected: str) -> str:
        """Take a name or fail."""
        if not self.is_name():
            raise self.failure(expected)
        self.at += 1
        return self.values[self.at - 1]

    def starts_operand(self, index: int) -> bool:
        """Whether an operand can begin with the token at this index."""
        kind = self.kinds[index]
        if kind == IDENTIFIER:
            return self.words[index] not in RESERVED
        if kind in _OPERAND_STARTS:
            return True
        return kind in ("+", ".") and self.kinds[index + 1] == NUMBER

    def attempt(self, parse: Callable[[], T]) -> T | None:
        """Run ``parse``; if the text does not fit, go back and return None.

        A form that failed at a token is not tried there again, which keeps nested attempts from multiplying.
        """
        at, depth = self.at, self.depth
        if at in self._failed:
            return None
        try:
            return parse()
        except HogSyntaxError as error:
            if self.depth > MAX_DEPTH:
                raise
            if self._furthest is None or error.offset > self._furthest.offset:
                self._furthest = error
            self._failed.add(at)
            self.at, self.depth = at, depth
            return None

    def deeper(self) -> None:
        """Count one more level of nesting; the caller takes it back when the level is done."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.too_deep(self.starts[self.at])

    def too_deep(self, offset: int) -> HogSyntaxError:
        """The error for text whose nesting exceeds ``MAX_DEPTH``."""
        return too_deep(self.source, offset)

    def furthest(self, error: HogSyntaxError) -> HogSyntaxError:
        """Of this error and those of failed attempts, the one that got furthest: it names the real culprit."""
        other = self._furthest
        return other if other is not None and other.offset > error.offset and self.depth <= MAX_DEPTH else error

    def failure(self, expected: str) -> HogSyntaxError:
        """An error that says what was expected at the current token, and what stands there."""
        found = self._describe()
        return HogSyntaxError(
            f"Expected {expected}, but found {found}",
            source=self.source,
            offset=self.starts[self.at],
            end=self.ends[self.at],
            found=found,
            expected=expected,
        )

    def refusal(self, message: str, start: int) -> HogSyntaxError:
        """An error about the text from offset ``start`` to the last taken token: well-formed, but not allowed."""
        return HogSyntaxError(message, source=self.source, offset=start, end=self.ends_at())

    def _describe(self) -> str:
        kind, text = self.kinds[self.at], self.source[self.starts[self.at] : self.ends[self.at]]
        shown = text if len(text) <= 30 else text[:29] + "…"
        if kind == END:
            return "the end of the text"
        if kind == STRING:
            return f"the text {shown}"
        if kind == TEXT:
            return f"the text '{shown}'"
        if kind == NUMBER:
            return f"the number {shown}"
        if self.words[self.at] in NOT_NAMES:
            return f"the reserved word '{shown}'"
        return f"'{shown}'"
