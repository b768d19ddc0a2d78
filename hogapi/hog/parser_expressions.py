"""The parser layer for operators, by binding strength (spec hog_language.md 1.4; levels measured on the oracle)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeGuard

from hogapi.hog import ast
from hogapi.hog.lexer import STRING
from hogapi.hog.parser_forms import ALIAS_LEVEL
from hogapi.hog.parser_operands import NOT_LEVEL, Operands

_TERNARY, _OR, _AND, _BETWEEN, _NULLISH, _DISTINCT, _COMPARE, _ADD, _MULTIPLY = 2, 3, 4, 6, 7, 8, 9, 10, 11

_COMPARISONS = {
    "=": "==",
    "==": "==",
    "!=": "!=",
    "<>": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "~": "=~",
    "=~": "=~",
    "!~": "!~",
    "~*": "=~*",
    "=~*": "=~*",
    "!~*": "!~*",
    "like": "like",
    "ilike": "ilike",
    "in": "in",
}
_AFTER_ALIAS = frozenset([*_COMPARISONS, "not", "and", "or", "?"])
"""What may follow ``a as b`` without parentheses."""


class Expressions(Operands):
    """Operator precedence; ``_infix_*`` methods get the left operand with the operator as the current token."""

    def expression(self, minimum: int = 0, left: ast.Expr | None = None, start: int = -1) -> ast.Expr:
        """Parse an expression whose operators bind at least as tightly as ``minimum``; see ``Cursor``."""
        self.deeper()
        if left is None:
            start = self.starts[self.at]
            left = self.operand()
        else:
            left = self.accesses(left, start)
        while (infix := _INFIX.get(self._operator())) is not None and infix[0] >= minimum:
            following = infix[1](self, left, start)
            if following is None:
                break
            left = following
            if infix[0] == ALIAS_LEVEL and self._operator() not in _AFTER_ALIAS:
                break
        self.depth -= 1
        return left

    def _operator(self) -> str:
        """The key of the current token in ``_INFIX``."""
        key = self.words[self.at] or self.kinds[self.at]
        if key == "is":
            words = [word for word in self.words[self.at + 1 : self.at + 4] if word != "not"]
            return "is null" if words[:1] == ["null"] else "is distinct" if words[:2] == ["distinct", "from"] else ""
        return key

    def _infix_arithmetic(self, left: ast.Expr, start: int) -> ast.Expr:
        op = self.kinds[self.at]
        self.at += 1
        right = self.expression((_ADD if op in "+-" else _MULTIPLY) + 1)
        return ast.ArithmeticOperation(left, op, right, start=start, end=self.ends_at())

    def _infix_join(self, left: ast.Expr, start: int) -> ast.Expr:
        """``||``; chains, and calls of ``concat`` in them, become one ``concat``."""
        self.at += 1
        right = self.expression(_ADD + 1)
        node = left if _is_concat(left) else ast.Call("concat", [left])
        node.args.extend(right.args if _is_concat(right) else [right])
        node.start, node.end = start, self.ends_at()
        return node

    def _infix_comparison(self, left: ast.Expr, start: int) -> ast.Expr | None:
        key = self.words[self.at] or self.kinds[self.at]
        if self.words[self.at] and not self.starts_operand(self.at + 1):
            return None
        self.at += 1
        return self._compare(left, _COMPARISONS[key], start)

    def _compare(self, left: ast.Expr, op: str, start: int) -> ast.Expr:
        if op in ("in", "not in") and self.word() == "cohort" and self._starts_cohort():
            self.at += 1
            op += " cohort"
        right = self.expression(_COMPARE + 1)
        return ast.CompareOperation(left, op, right, start=start, end=self.ends_at())

    def _starts_cohort(self) -> bool:
        following = self.at + 1
        return (
            self.starts_operand(following)
            and self.words[following] not in (*_INFIX, "is")
            and self.kinds[following] != "*"
        )

    def _infix_not(self, left: ast.Expr, start: int) -> ast.Expr | None:
        """``not in``, ``not like``, ``not ilike``, ``not between``."""
        word = self.word(1)
        if not self.starts_operand(self.at + 2):
            return None
        if word in ("in", "like", "ilike"):
            self.at += 2
            return self._compare(left, f"not {word}", start)
        if word == "between":
            self.at += 1
            return self._infix_between(left, start, negated=True)
        return None

    def _infix_null(self, left: ast.Expr, start: int) -> ast.Expr:
        """``is [not] null``."""
        negated = self.word(1) == "not"
        self.at += 2 + negated
        op = "!=" if negated else "=="
        node = ast.CompareOperation(left, op, ast.Constant(None), True, start=start, end=self.ends_at())
        return self.accesses(node, start)

    def _infix_distinct(self, left: ast.Expr, start: int) -> ast.Expr:
        """``is [not] distinct from`` and ``<=>``."""
        same = self.take("<=>")
        negated = same or self.word(1) == "not"
        if not same:
            self.at += 3 + negated
        right = self.expression(_DISTINCT + 1)
        return ast.IsDistinctFrom(left, right, negated, start=start, end=self.ends_at())

    def _infix_between(self, left: ast.Expr, start: int, *, negated: bool = False) -> ast.Expr | None:
        if not self.starts_operand(self.at + 1):
            return None
        self.at += 1
        low = self.expression(NOT_LEVEL)
        if isinstance(low, (ast.Lambda, ast.NamedArgument)):
            raise self.refusal("A lambda cannot be a bound of 'between'", low.start)
        self.expect_word("and")
        high = self.expression(_BETWEEN + 1)
        return ast.BetweenExpr(left, low, high, negated, start=start, end=self.ends_at())

    def _infix_nullish(self, left: ast.Expr, start: int) -> ast.Expr:
        self.at += 1
        right = self.expression(_NULLISH + 1)
        return ast.Call("ifNull", [left, right], start=start, end=self.ends_at())

    def _infix_logic(self, left: ast.Expr, start: int) -> ast.Expr | None:
        """``and`` and ``or``; chains become one node, through parentheses too."""
        if not self.starts_operand(self.at + 1):
            return None
        word = self.words[self.at]
        self.at += 1
        kind = ast.And if word == "and" else ast.Or
        right = self.expression((_AND if word == "and" else _OR) + 1)
        node = left if isinstance(left, kind) else kind([left])
        node.exprs.extend(right.exprs if isinstance(right, kind) else [right])
        node.start, node.end = start, self.ends_at()
        return node

    def _infix_ternary(self, left: ast.Expr, start: int) -> ast.Expr:
        self.at += 1
        then = self.expression()
        self.expect(":", "':' and what the value is otherwise")
        otherwise = self.expression(_TERNARY)
        return ast.Call("if", [left, then, otherwise], start=start, end=self.ends_at())

    def _infix_alias(self, left: ast.Expr, start: int) -> ast.Expr | None:
        """``as name``, several times over."""
        if self.kinds[self.at + 1] != STRING and not self.is_name(1):
            return None
        while self.word() == "as" and (self.kinds[self.at + 1] == STRING or self.is_name(1)):
            at = self.at + 1
            if self.words[at] in ("true", "false"):
                raise self.refusal(f"'{self.values[at]}' cannot be used as a name", start)
            self.at += 2
            left = ast.Alias(self.values[at], left, start=start, end=self.ends_at())
        return left


def _is_concat(node: ast.Expr) -> TypeGuard[ast.Call]:
    """Whether ``node`` joins texts and does nothing else."""
    return (
        isinstance(node, ast.Call)
        and node.name == "concat"
        and node.params is None
        and node.filter_expr is None
        and node.order_by is None
        and not node.distinct
    )


_Infix = Callable[[Expressions, ast.Expr, int], ast.Expr | None]
_INFIX: dict[str, tuple[int, _Infix]] = {
    **dict.fromkeys(_COMPARISONS, (_COMPARE, Expressions._infix_comparison)),
    **dict.fromkeys("+-", (_ADD, Expressions._infix_arithmetic)),
    **dict.fromkeys("*/%", (_MULTIPLY, Expressions._infix_arithmetic)),
    "||": (_ADD, Expressions._infix_join),
    "??": (_NULLISH, Expressions._infix_nullish),
    "?": (_TERNARY, Expressions._infix_ternary),
    "<=>": (_DISTINCT, Expressions._infix_distinct),
    "and": (_AND, Expressions._infix_logic),
    "or": (_OR, Expressions._infix_logic),
    "not": (_BETWEEN, Expressions._infix_not),
    "is distinct": (_DISTINCT, Expressions._infix_distinct),
    "is null": (_COMPARE, Expressions._infix_null),
    "between": (_BETWEEN, Expressions._infix_between),
    "as": (ALIAS_LEVEL, Expressions._infix_alias),
}
