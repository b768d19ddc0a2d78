"""The parser layer for SQL's special forms: CASE, CAST, INTERVAL, TRIM, COLUMNS, ORDER BY and windows.

Their keywords are also valid names (``case + 1`` reads a variable), so each form is attempted and given up where the
text does not fit, as the published parser does.
"""

from __future__ import annotations

from hogapi.hog import ast
from hogapi.hog.lexer import IDENTIFIER, QUOTED_IDENTIFIER, STRING, TEMPLATE_START
from hogapi.hog.parser_cursor import Cursor

_UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
_TRIMS = {"both": "trim", "leading": "trimLeft", "trailing": "trimRight"}
_FRAME_ENDS = {"preceding": "PRECEDING", "following": "FOLLOWING"}
ALIAS_LEVEL = 1
"""The binding strength of ``as``; ``cast(x as type)`` parses ``x`` just above it."""


class Forms(Cursor):
    """Special forms; ``*_form`` methods return None, with nothing taken, where the form does not apply."""

    def case_form(self) -> ast.Expr | None:
        """``case [x] when a then b [else c] end``."""
        return self.attempt(self._case) if self.starts_operand(self.at + 1) else None

    def _case(self) -> ast.Expr:
        start = self.starts[self.at]
        self.at += 1
        simple = self.word() != "when"
        args = [self.expression()] if simple else []
        self.expect_word("when")
        while True:
            args.append(self.expression())
            self.expect_word("then")
            args.append(self.expression())
            if not self.take_word("when"):
                break
        args.append(self.expression() if self.take_word("else") else ast.Constant(None))
        self.expect_word("end")
        name = "_caseWithExpression" if simple else "if" if len(args) == 3 else "multiIf"
        return ast.Call(name, args, start=start, end=self.ends_at())

    def interval_form(self) -> ast.Expr | None:
        """``interval 1 day`` and ``interval '1 day'``."""
        if not self.starts_operand(self.at + 1):
            return None
        is_text = self.kinds[self.at + 1] == STRING
        return self.attempt(self._interval) or (self._text_interval() if is_text else None)

    def _interval(self) -> ast.Expr:
        start = self.starts[self.at]
        self.at += 1
        amount = self.expression()
        unit = self.word()
        if unit not in _UNITS:
            raise self.failure("a unit of time such as 'day'")
        self.at += 1
        return ast.Call(f"toInterval{unit.capitalize()}", [amount], start=start, end=self.ends_at())

    def _text_interval(self) -> ast.Expr:
        start, text = self.starts[self.at], self.values[self.at + 1]
        self.at += 2
        count, _, unit = text.partition(" ")
        unit = unit.removesuffix("s")
        if not (count.isascii() and count.isdigit() and len(count) < 19 and unit in _UNITS):
            raise self.refusal(f"An interval is written as '<count> <unit>', for example '1 day', not '{text}'", start)
        return ast.Call(f"toInterval{unit.capitalize()}", [ast.Constant(int(count))], start=start, end=self.ends_at())

    def trim_form(self) -> ast.Expr | None:
        """``trim(both 'x' from text)``."""
        if self.word(2) in _TRIMS and self.kinds[self.at + 3] in (STRING, TEMPLATE_START):
            return self.attempt(self._trim)
        return None

    def _trim(self) -> ast.Expr:
        start, name = self.starts[self.at], _TRIMS[self.word(2)]
        self.at += 3
        characters = self.expression()
        self.expect_word("from")
        text = self.expression()
        self.expect(")")
        return ast.Call(name, [text, characters], start=start, end=self.ends_at())

    def cast_form(self) -> ast.Expr | None:
        """``cast(x as type)`` and ``try_cast(x as type)``."""
        return self.attempt(self._cast) if self.kinds[self.at + 1] == "(" else None

    def _cast(self) -> ast.Expr:
        start, is_try = self.starts[self.at], self.word() == "try_cast"
        self.at += 2
        first = self.starts[self.at]
        expr = self.expression(ALIAS_LEVEL + 1)
        self.expect_word("as")
        while self.is_name() and self.word(1) == "as":
            alias = self.name("a name")
            expr = ast.Alias(alias, expr, start=first, end=self.ends_at())
            self.at += 1
        type_name = self._type_name()
        self.expect(")")
        node = ast.TryCast if is_try else ast.TypeCast
        return node(expr, type_name, start=start, end=self.ends_at())

    def _type_name(self) -> str:
        """A type such as ``Nullable(DateTime64(3, 'UTC'))``, spelt in lower case."""
        self.deeper()
        words = [self.name("a type").lower()]
        while self.is_name():
            words.append(self.name("a type").lower())
        text = " ".join(words)
        if self.take("("):
            args = []
            while self.kinds[self.at] != ")":
                args.append(self._type_argument())
                if not self.take(","):
                    break
            self.expect(")")
            text += f"({', '.join(args)})"
        self.depth -= 1
        return text

    def _type_argument(self) -> str:
        if self.is_name() and (self.kinds[self.at + 1] in (",", ")", "(") or self.is_name(1)):
            return self._type_name()
        begin = self.at
        self.expression()
        if self.kinds[begin] == STRING and self.kinds[begin + 1 : begin + 2] == ["="]:
            raise self.refusal("Enum types are not supported", self.starts[begin])
        spans = zip(self.starts[begin : self.at], self.ends[begin : self.at], strict=True)
        return "".join(self.source[start:end] for start, end in spans)

    def columns_form(self) -> ast.Expr | None:
        """``columns('regex')``, ``columns(a, b)`` and ``columns(* replace(x as a))``."""
        return self.attempt(self._columns) if self.kinds[self.at + 1] == "(" else None

    def _columns(self) -> ast.Expr:
        start = self.starts[self.at]
        self.at += 2
        node = ast.ColumnsExpr(start=start)
        if self.kinds[self.at] == STRING and self.kinds[self.at + 1] == ")":
            node.regex = self.values[self.at]
            self.at += 1
        elif self.kinds[self.at] == "*" and self.word(1) == "replace":
            self.at += 2
            node.all_columns, node.replace = True, self._replacements()
        elif self.word() == "distinct" and self.starts_operand(self.at + 1):
            raise self.failure("a column")
        else:
            node.columns = self.expressions(")")
        self.expect(")")
        node.end = self.ends_at()
        return node

    def _replacements(self) -> dict[str, ast.Expr]:
        replacements: dict[str, ast.Expr] = {}
        self.expect("(")
        while True:
            value = self.expression(ALIAS_LEVEL + 1)
            self.expect_word("as")
            replacements[self.name("a column name")] = value
            if not self.take(","):
                break
        self.expect(")")
        return replacements

    def expressions(self, close: str) -> list[ast.Expr]:
        """One or more expressions, with a trailing comma allowed before the bracket ``close`` (which stays)."""
        items = [self.expression()]
        while self.take(",") and self.kinds[self.at] != close:
            items.append(self.expression())
        return items

    def exclusion(self, start: int) -> ast.Expr | None:
        """``exclude (a, b)`` behind a ``*`` that began at offset ``start``."""
        if self.word() != "exclude" or self.kinds[self.at + 1] != "(" or not self.is_name(2):
            return None
        self.at += 2
        names = [self._dotted_name()]
        while self.take(","):
            names.append(self._dotted_name())
        self.expect(")")
        return ast.ColumnsExpr(all_columns=True, exclude=names, start=start, end=self.ends_at())

    def _dotted_name(self) -> str:
        names = [self.name("a column name")]
        while self.take("."):
            names.append(self.name("a column name"))
        return ".".join(names)

    def order_by(self) -> list[ast.OrderExpr]:
        """The expressions behind ``order by``."""
        orders = [self._order()]
        while self.take(","):
            orders.append(self._order())
        return orders

    def _order(self) -> ast.OrderExpr:
        start = self.starts[self.at]
        node = ast.OrderExpr(self.expression(), start=start)
        if self.word() in ("desc", "descending"):
            node.order = "DESC"
            self.at += 1
        elif self.word() in ("asc", "ascending"):
            self.at += 1
        if self.word() == "nulls" and self.word(1) in ("first", "last"):
            self.at += 2
        if self.word() == "collate" and self.kinds[self.at + 1] == STRING:
            self.at += 2
        if self.word() == "with" and self.word(1) == "fill":
            node.with_fill = self._with_fill()
        node.end = self.ends_at()
        return node

    def _with_fill(self) -> ast.WithFillExpr:
        node = ast.WithFillExpr(start=self.starts[self.at])
        self.at += 2
        if self.take_word("from"):
            node.from_value = self.expression()
        if self.take_word("to"):
            node.to_value = self.expression()
        if self.take_word("step"):
            node.step_value = self.expression()
        node.end = self.ends_at()
        return node

    def starts_window(self) -> bool:
        """Whether ``over`` stands here with a window behind it, not as a name."""
        if self.word() != "over":
            return False
        if self.kinds[self.at + 1] != "(":
            return self.is_name(1) and self.kinds[self.at + 1] in (IDENTIFIER, QUOTED_IDENTIFIER)
        return self.kinds[self.at + 2] == ")" or self.word(2) in ("partition", "order", "rows", "range")

    def window(self, call: ast.Call) -> ast.WindowFunction:
        """``over window``, for the call in front of it."""
        first, second = (call.params, call.args) if call.params is not None else (call.args, None)
        node = ast.WindowFunction(call.name, first, second, filter_expr=call.filter_expr, start=call.start)
        self.at += 1
        if self.take("("):
            node.over_expr = self._window_definition()
            self.expect(")")
        else:
            node.over_identifier = self.name("a window")
        node.end = self.ends_at()
        return node

    def _window_definition(self) -> ast.WindowExpr:
        node = ast.WindowExpr(start=self.starts[self.at])
        if self.take_word("partition"):
            self.expect_word("by")
            node.partition_by = self.expressions(")")
        if self.take_word("order"):
            self.expect_word("by")
            node.order_by = self.order_by()
        if self.word() in ("rows", "range"):
            node.frame_method = self.word().upper()
            self.at += 1
            between = self.take_word("between")
            node.frame_start = self._frame_bound()
            if between:
                self.expect_word("and")
                node.frame_end = self._frame_bound()
        node.end = self.ends_at()
        return node

    def _frame_bound(self) -> ast.WindowFrameExpr:
        node = ast.WindowFrameExpr(start=self.starts[self.at])
        if self.word() == "current" and self.word(1) == "row":
            self.at += 2
            node.frame_type = "CURRENT ROW"
        else:
            if self.word() == "unbounded" and self.word(1) in _FRAME_ENDS:
                self.at += 1
            else:
                value = self.expression()
                node.frame_value = value
                if isinstance(value, ast.Constant) and isinstance(value.value, int):
                    node.frame_value = value.value
            if self.word() not in _FRAME_ENDS:
                raise self.failure("'preceding' or 'following'")
            node.frame_type = _FRAME_ENDS[self.word()]
            self.at += 1
        node.end = self.ends_at()
        return node
