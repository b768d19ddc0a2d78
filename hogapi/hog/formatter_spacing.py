"""Which two neighbours on a line of Hog stand apart."""

from __future__ import annotations

from dataclasses import dataclass

from hogapi.hog.lexer import IDENTIFIER, NUMBER, QUOTED_IDENTIFIER, STRING

# Words behind which an operand begins, so that a "(" or "-" behind them is not a call or a subtraction.
_KEYWORDS = frozenset(
    [
        *["and", "as", "between", "by", "case", "catch", "else", "exclude", "filter", "for", "if", "ilike", "in", "is"],
        *["like", "not", "or", "over", "return", "then", "throw", "when", "where", "while"],
    ]
)
_GLUE = frozenset([".", "?.", "::", "#"])


@dataclass(slots=True)
class Item:
    """A token, a comment, or a whole template or tag, and its place in the source."""

    kind: str
    text: str
    word: str
    start: int
    end: int
    begins_statement: bool = False
    is_call: bool = False
    """The name of a function that is called here."""
    is_block: bool = False
    """The ``{`` of statements."""
    is_prefix: bool = False
    """Stands where an operand begins: a sign rather than an operator, an array rather than an index."""
    is_ternary: bool = False
    is_slice: bool = False

    @property
    def ends_operand(self) -> bool:
        """Whether a value ends here, so that an operator or an access may follow."""
        if self.kind == IDENTIFIER:
            return self.is_call or self.word not in _KEYWORDS
        return self.kind in (QUOTED_IDENTIFIER, STRING, NUMBER, "atom", ")", "]", "}")


def space_between(before: Item, item: Item) -> str:
    """The space between two items that share a line: one or none."""
    return " " if _stand_apart(before, item) else ""


def _stand_apart(before: Item, item: Item) -> bool:
    if item.kind in (",", ";", ")", "]", "}"):
        return False
    if before.kind in ("(", "[", "{") or (before.kind in _GLUE and not before.is_prefix):
        return False
    if before.kind in ("#", "."):
        return False
    if item.kind in _GLUE:
        # "1 .e5" is a property, "1.e5" a number.
        return item.is_prefix or (before.kind == NUMBER and before.end < item.start)
    if item.kind == ":" or before.kind == ":":
        return _colon_stands_apart(before, item)
    if before.kind in ("-", "+") and before.is_prefix:
        return item.kind in ("-", "+")
    if item.kind == "(":
        return not (before.ends_operand and not item.is_prefix)
    if item.kind == "[":
        return item.is_prefix
    return True


def _colon_stands_apart(before: Item, item: Item) -> bool:
    colon = item if item.kind == ":" else before
    if colon.is_slice:
        return False
    return colon.is_ternary or colon is before
