"""The parser layer for operands: what stands between operators, with every ``.``, ``[`` and ``(`` attached to it."""

from __future__ import annotations

import math
from collections.abc import Callable

from hogapi.hog import ast
from hogapi.hog.lexer import IDENTIFIER, NUMBER, QUOTED_IDENTIFIER, STRING, TAG_START, TEMPLATE_START
from hogapi.hog.parser_cursor import RESERVED
from hogapi.hog.parser_literals import Literals, is_decimal

NEGATION_LEVEL = 12
NOT_LEVEL = 5
_NOT_AS_NAME = frozenset(["in", "like", "ilike", "and", "or", "is", "between", "as"])
_ACCESSES = frozenset([".", "?.", "[", "(", "::"])
_SIGNED_WORDS = frozenset(["inf", "infinity", "nan"])


class Operands(Literals):
    """Names, calls, accesses and signs."""

    def operand(self) -> ast.Expr:
        """Parse one operand with all its accesses and calls."""
        at = self.at
        parse = _OPERANDS.get(self.kinds[at])
        if parse is None:
            raise self.failure("an expression")
        start = self.starts[at]
        return self.accesses(parse(self), start)

    def accesses(self, node: ast.Expr, start: int) -> ast.Expr:
        """Parse whatever ``.name``, ``[index]``, ``(args)`` and ``::type`` follow ``node``."""
        while True:
            kind = self.kinds[self.at]
            if kind not in _ACCESSES:
                return node
            if kind == ".":
                if self.kinds[self.at + 1] == NUMBER and not is_decimal(self.values[self.at + 1]):
                    return node
                node = self._member(node, start, nullish=False)
            elif kind == "?.":
                node = self._nullish(node, start)
            elif kind == "[":
                node = self._index(node, start)
            elif kind == "(":
                self.at += 1
                args = [] if self.kinds[self.at] == ")" else self.expressions(")")
                self.expect(")", "',' or ')'")
                node = ast.ExprCall(node, args, start=start, end=self.ends_at())
            else:
                self.at += 1
                type_name = self.name("a type").lower()
                node = ast.TypeCast(node, type_name, start=start, end=self.ends_at())

    def _member(self, node: ast.Expr, start: int, *, nullish: bool) -> ast.Expr:
        """``.name`` or ``.1``."""
        following = self.at + 1
        if self.kinds[following] == NUMBER and is_decimal(self.values[following]):
            self.at += 2
            index = int(self.values[following][:18])
            return ast.TupleAccess(node, index, nullish, start=start, end=self.ends_at())
        self.at += 1
        key = ast.Constant(self.name("the name of a property"))
        return ast.ArrayAccess(node, key, nullish, start=start, end=self.ends_at())

    def _nullish(self, node: ast.Expr, start: int) -> ast.Expr:
        if self.kinds[self.at + 1] != "[":
            return self._member(node, start, nullish=True)
        opened = self.at + 1
        self.at += 2
        key = self.expression()
        self.expect_close("]", opened)
        return ast.ArrayAccess(node, key, True, start=start, end=self.ends_at())

    def _index(self, node: ast.Expr, start: int) -> ast.Expr:
        opened = self.at
        self.at += 1
        low = None if self.kinds[self.at] == ":" else self.expression()
        if low is not None and self.kinds[self.at] != ":":
            self.expect_close("]", opened)
            return ast.ArrayAccess(node, low, start=start, end=self.ends_at())
        self.at += 1
        high = None if self.kinds[self.at] == "]" else self.expression()
        self.expect_close("]", opened)
        return ast.ArraySlice(node, low, high, start=start, end=self.ends_at())

    # Names -------------------------------------------------------------------------------------------------------

    def _name(self) -> ast.Expr:
        at = self.at
        following = self.kinds[at + 1]
        if following == "->" or (following == "," and self.starts_bare_lambda()):
            return self.arrow_lambda()
        word = self.words[at]
        form = _FORMS.get(word)
        node = form(self) if form is not None else None
        if node is not None:
            return node
        if word in RESERVED:
            raise self.failure("an expression")
        if following == "(":
            return self._call()
        if following == ":=":
            self.at += 2
            return ast.NamedArgument(self.values[at], self.expression(), start=self.starts[at], end=self.ends_at())
        return self._field()

    def _field(self) -> ast.Expr:
        start = self.starts[self.at]
        chain: list[str | int] = [self.values[self.at]]
        self.at += 1
        while self.kinds[self.at] == ".":
            if self.kinds[self.at + 1] == "*":
                self.at += 2
                chain.append("*")
                return self.exclusion(start) or ast.Field(chain, start=start, end=self.ends_at())
            if not self.is_name(1):
                break
            chain.append(self.values[self.at + 1])
            self.at += 2
        return ast.Field(chain, start=start, end=self.ends_at())

    def _asterisk(self) -> ast.Expr:
        start = self.starts[self.at]
        self.at += 1
        return self.exclusion(start) or ast.Field(["*"], start=start, end=self.ends_at())

    def _constant_word(self) -> ast.Expr | None:
        word = self.word()
        if word in ("true", "false") and self.kinds[self.at + 1] in (".", "(", ":="):
            return None
        value = {"true": True, "false": False, "null": None, "nan": math.nan}.get(word, math.inf)
        self.at += 1
        return ast.Constant(value, start=self.starts[self.at - 1], end=self.ends_at())

    def _not(self) -> ast.Expr | None:
        """``not x``; ``not(x)`` is a call, and ``not`` alone a name."""
        following = self.kinds[self.at + 1]
        if following == "(" and self.kinds[self.pairs.get(self.at + 1, self.at) + 1] != "->":
            return None
        if not self.starts_operand(self.at + 1) or following == "*":
            return None
        if self.word(1) in _NOT_AS_NAME and self.kinds[self.at + 2] != "(" and self.starts_operand(self.at + 2):
            return None
        start = self.starts[self.at]
        self.at += 1
        return ast.Not(self.expression(NOT_LEVEL), start=start, end=self.ends_at())

    def _array_form(self) -> ast.Expr | None:
        """``array[1, 2]``, a literal in spite of its name."""
        if self.kinds[self.at + 1] != "[":
            return None
        return self.attempt(self._named_array)

    def _named_array(self) -> ast.Expr:
        start = self.starts[self.at]
        self.at += 1
        node = self.array()
        node.start = start
        return node

    def _minus(self) -> ast.Expr:
        """``-1`` is a number, ``-x`` is ``0 - x``."""
        start = self.starts[self.at]
        self.at += 1
        if self._at_number():
            return ast.Constant(-self._signed(), start=start, end=self.ends_at())
        right = self.expression(NEGATION_LEVEL)
        return ast.ArithmeticOperation(ast.Constant(0), "-", right, start=start, end=self.ends_at())

    def _plus(self) -> ast.Expr:
        """``+1``; nothing but a number may follow."""
        start = self.starts[self.at]
        self.at += 1
        if not self._at_number():
            raise self.failure("a number")
        return ast.Constant(self._signed(), start=start, end=self.ends_at())

    def _at_number(self) -> bool:
        kind = self.kinds[self.at]
        return (
            kind == NUMBER
            or (kind == "." and self.kinds[self.at + 1] == NUMBER)
            or (self.words[self.at] in _SIGNED_WORDS)
        )

    def _signed(self) -> int | float:
        if self.kinds[self.at] != IDENTIFIER:
            return self.number()
        self.at += 1
        return math.nan if self.words[self.at - 1] == "nan" else math.inf

    def _fraction(self) -> ast.Expr:
        """``.5``."""
        if self.kinds[self.at + 1] != NUMBER:
            raise self.failure("an expression")
        return self.number_literal()

    def _literal_form(self) -> ast.Expr | None:
        """``date '...'`` and ``timestamp '...'``, which the published parser refuses too."""
        if self.kinds[self.at + 1] != STRING:
            return None
        start, word = self.starts[self.at], self.word()
        self.at += 2
        raise self.refusal(f"{word.capitalize()} literals are not supported; write toDateTime('...')", start)

    # Calls -------------------------------------------------------------------------------------------------------

    def _call(self) -> ast.Expr:
        at = self.at
        start = self.starts[at]
        self.at += 1
        node = ast.Call(self.values[at], [], start=start)
        self._arguments(node)
        if self.kinds[self.at] == "(" and not node.distinct and node.order_by is None:
            node.params, node.args = node.args, []
            self._arguments(node)
        if self.word() == "filter" and self.kinds[self.at + 1] == "(" and self.word(2) == "where":
            self.at += 3
            node.filter_expr = self.expression()
            self.expect(")")
        is_plain = node.params is not None or not (node.distinct or node.order_by)
        if self.words[self.at] == "over" and is_plain and self.starts_window():
            return self.window(node)
        node.end = self.ends_at()
        return node

    def _arguments(self, node: ast.Call) -> None:
        """Parse ``([distinct] args [order by ...])`` into ``node``."""
        self.at += 1
        if self.words[self.at] == "select" and self.kinds[self.at + 1] != "(":
            self.refuse_select()
        if self.words[self.at] == "distinct":
            following = self.at + 1
            if self.starts_operand(following) or self.kinds[following] == ")":
                node.distinct = True
                self.at += 1
        while self.kinds[self.at] != ")":
            if self.words[self.at] == "order" and self.words[self.at + 1] == "by":
                break
            node.args.append(self.expression())
            if not self.take(","):
                break
        if self.word() == "order" and self.word(1) == "by":
            self.at += 2
            node.order_by = self.order_by()
        if self.kinds[self.at] != ")":
            raise self.failure(f"',' or ')' in the call of '{node.name}'")
        self.at += 1


_OPERANDS: dict[str, Callable[[Operands], ast.Expr]] = {
    IDENTIFIER: Operands._name,
    QUOTED_IDENTIFIER: Operands._name,
    STRING: Operands.string_literal,
    NUMBER: Operands.number_literal,
    TEMPLATE_START: Operands.quoted_template,
    TAG_START: Operands.tag,
    "(": Operands.parenthesised,
    "[": Operands.array,
    "{": Operands.braces,
    "-": Operands._minus,
    "+": Operands._plus,
    ".": Operands._fraction,
    "*": Operands._asterisk,
    "#": Operands.positional,
}
_FORMS: dict[str, Callable[[Operands], ast.Expr | None]] = {
    "array": Operands._array_form,
    "case": Operands.case_form,
    "cast": Operands.cast_form,
    "columns": Operands.columns_form,
    "date": Operands._literal_form,
    "false": Operands._constant_word,
    "inf": Operands._constant_word,
    "infinity": Operands._constant_word,
    "interval": Operands.interval_form,
    "lambda": Operands.keyword_lambda,
    "nan": Operands._constant_word,
    "not": Operands._not,
    "null": Operands._constant_word,
    "timestamp": Operands._literal_form,
    "trim": Operands.trim_form,
    "true": Operands._constant_word,
    "try_cast": Operands.cast_form,
}
