"""The parser layer for literals: numbers, texts, templates, tags, arrays, dicts, tuples and lambdas."""

from __future__ import annotations

from hogapi.hog import ast
from hogapi.hog.lexer import (
    END,
    IDENTIFIER,
    NUMBER,
    QUOTED_IDENTIFIER,
    STRING,
    TAG_CLOSE,
    TAG_START,
    TEMPLATE_END,
    TEXT,
)
from hogapi.hog.parser_cursor import RESERVED
from hogapi.hog.parser_forms import Forms

_SEPARATORS = frozenset([";", ",", ":="])


class Literals(Forms):
    """Operands that begin with something other than a name."""

    _no_lambda_before = 0

    def number(self) -> int | float:
        """Take a numeric literal: whole, fractional (``1.5``, ``1.``, ``.5``), exponential, hexadecimal or binary."""
        start, at = self.starts[self.at], self.at
        text = self.values[at] if self.kinds[at] == NUMBER else "0"
        self.at += self.kinds[at] == NUMBER
        if self.kinds[self.at] == "." and (self.at == at or is_decimal(text)):
            fraction = self.kinds[self.at + 1] == NUMBER and self.values[self.at + 1].isdigit()
            if fraction or not self.is_name(1):
                self.at += 2 if fraction else 1
                return float(f"{text}.{self.values[self.at - 1] if fraction else '0'}")
        if text.isdigit():
            if len(text) > 1000:
                raise self.refusal("This number is too long", start)
            return int(text)
        return self._special_number(text.lower(), start)

    def _special_number(self, text: str, start: int) -> int | float:
        if text.startswith("0o"):
            raise self.refusal("Octal numbers are not supported; write it in decimal", start)
        if text.startswith("0b"):
            return int(text, 2)
        if not text.startswith("0x"):
            return float(text)
        return float.fromhex(text) if "p" in text else int(text, 16)

    def number_literal(self) -> ast.Expr:
        """A numeric literal as a constant."""
        start = self.starts[self.at]
        return ast.Constant(self.number(), start=start, end=self.ends_at())

    def string_literal(self) -> ast.Expr:
        """A text in single quotes."""
        at = self.at
        self.at += 1
        return ast.Constant(self.values[at], start=self.starts[at], end=self.ends[at])

    def positional(self) -> ast.Expr:
        """``#1``, a column by its number."""
        start = self.starts[self.at]
        self.at += 1
        if self.kinds[self.at] != NUMBER or not is_decimal(self.values[self.at]):
            raise self.failure("the number of a column")
        return ast.PositionalRef(int(self.values[self.at][:18]), start=start, end=self._next_end())

    def _next_end(self) -> int:
        self.at += 1
        return self.ends_at()

    # Templates and tags ------------------------------------------------------------------------------------------

    def quoted_template(self) -> ast.Expr:
        """``f'text {expression}'``."""
        start = self.starts[self.at]
        self.at += 1
        return self.template_parts(start, TEMPLATE_END)

    def template_parts(self, start: int, close: str) -> ast.Expr:
        """Parse texts and ``{expression}`` up to the token ``close``: a single part stands for itself."""
        parts: list[ast.Expr] = []
        while self.kinds[self.at] != close:
            parts.append(self._text_or_code("the end of the template"))
        self.at += close != END
        end = self.ends_at() if close != END else len(self.source)
        if not parts:
            return ast.Constant("", start=start, end=end)
        return parts[0] if len(parts) == 1 else ast.Call("concat", parts, start=start, end=end)

    def _text_or_code(self, expected: str) -> ast.Expr:
        at = self.at
        if self.kinds[at] == TEXT:
            self.at += 1
            return ast.Constant(self.values[at], start=self.starts[at], end=self.ends[at])
        self.expect("{", expected)
        expr = self.expression()
        self.expect_close("}", at)
        return expr

    def tag(self) -> ast.Expr:
        """``<kind name='text' name={expression} name>children</kind>``."""
        self.deeper()
        node = ast.HogQLXTag("", [], start=self.starts[self.at])
        self.at += 1
        node.kind = self._tag_name("the name of a tag")
        while self.kinds[self.at] == IDENTIFIER:
            node.attributes.append(self._attribute())
        if not self.take("/>"):
            self.expect(">", "an attribute, '>' or '/>'")
            self._children(node)
        node.end = self.ends_at()
        self.depth -= 1
        return node

    def _tag_name(self, expected: str) -> str:
        if self.kinds[self.at] not in (IDENTIFIER, QUOTED_IDENTIFIER):
            raise self.failure(expected)
        self.at += 1
        return self.values[self.at - 1]

    def _attribute(self) -> ast.HogQLXAttribute:
        start, name = self.starts[self.at], self._tag_name("an attribute")
        value: ast.Expr = ast.Constant(True)
        if self.take("="):
            if self.kinds[self.at] == STRING:
                value = self.string_literal()
            else:
                value = self._text_or_code("a text or '{'")
        return ast.HogQLXAttribute(name, value, start=start, end=self.ends_at())

    def _children(self, node: ast.HogQLXTag) -> None:
        children: list[ast.Expr] = []
        while self.kinds[self.at] != TAG_CLOSE:
            if self.kinds[self.at] == TAG_START:
                children.append(self.tag())
                continue
            child = self._text_or_code(f"'</{node.kind}>'")
            text = child.value if isinstance(child, ast.Constant) else None
            # Line breaks between tags are layout, not content.
            if not (isinstance(text, str) and "\n" in text and text.isspace()):
                children.append(child)
        self.at += 1
        name = self._tag_name("the name of a tag")
        if name != node.kind:
            raise self.refusal(f"The tag <{node.kind}> is closed by </{name}>", node.start)
        self.expect(">")
        if children:
            if any(attribute.name == "children" for attribute in node.attributes):
                raise self.refusal("A tag cannot have both children and an attribute 'children'", node.start)
            node.attributes.append(ast.HogQLXAttribute("children", children))

    # Containers --------------------------------------------------------------------------------------------------

    def array(self) -> ast.Expr:
        """``[a, b]``."""
        opened = self.at
        self.at += 1
        items = [] if self.kinds[self.at] == "]" else self.expressions("]")
        self.expect_close("]", opened)
        return ast.Array(items, start=self.starts[opened], end=self.ends_at())

    def parenthesised(self) -> ast.Expr:
        """``(a)``, ``(a, b)``, ``(a,)`` or the parameters of a lambda."""
        opened = self.at
        close = self.pairs.get(opened)
        if close is not None and self.kinds[close + 1] == "->":
            return self._parameters(close)
        self.at += 1
        self.refuse_select()
        first = self.expression()
        if self.kinds[self.at] != ",":
            self.expect_close(")", opened)
            return first
        items = [first]
        while self.take(",") and self.kinds[self.at] != ")":
            items.append(self.expression())
        self.expect_close(")", opened)
        return ast.Tuple(items, start=self.starts[opened], end=self.ends_at())

    def refuse_select(self) -> None:
        """Fail if a query begins here, rather than a variable named ``select`` or ``with``."""
        word, following = self.words[self.at], self.at + 1
        if word == "with":
            is_query = self.kinds[following] in (IDENTIFIER, QUOTED_IDENTIFIER)
        else:
            is_query = word == "select" and self.starts_operand(following)
        if is_query:
            raise self.failure("an expression (queries are not supported here yet)")

    def braces(self) -> ast.Expr:
        """``{key: value}`` or the placeholder ``{expression}``."""
        opened = self.at
        start = self.starts[opened]
        self.at += 1
        if self.take("}"):
            return ast.Dict([], start=start, end=self.ends_at())
        first = self.expression()
        if self.kinds[self.at] == "}":
            self.at += 1
            return ast.Placeholder(first, start=start, end=self.ends_at())
        self.expect(":", "':' or '}'")
        items = [(first, self.expression())]
        while self.take(",") and self.kinds[self.at] != "}":
            key = self.expression()
            self.expect(":")
            items.append((key, self.expression()))
        self.expect_close("}", opened)
        return ast.Dict(items, start=start, end=self.ends_at())

    def opens_dict(self) -> bool:
        """Whether the ``{`` here opens a dict rather than a block: a ":" follows that belongs to nothing else.

        Looks only at tokens directly inside these braces, so that reading nested ones stays linear.
        """
        if self.at not in self.pairs:
            return False
        at, ternaries = self.at + 1, 0
        while (kind := self.kinds[at]) not in ("}", END) and kind not in _SEPARATORS:
            if kind == ":":
                if not ternaries:
                    return True
                ternaries -= 1
            elif kind == "?" or (self.words[at] == "lambda" and self.kinds[at + 1] == IDENTIFIER):
                ternaries += 1
            elif self.words[at] in RESERVED:
                return False
            at = self.pairs.get(at, at) + 1
        return False

    # Lambdas -----------------------------------------------------------------------------------------------------

    def starts_bare_lambda(self) -> bool:
        """Whether ``x, y -> ...`` begins here. A list that turned out to be none is not looked at again."""
        at = self.at
        if at < self._no_lambda_before:
            return False
        while self.is_name(at - self.at) and self.kinds[at + 1] == ",":
            at += 2
        if self.kinds[at] == "->" or (self.is_name(at - self.at) and self.kinds[at + 1] == "->"):
            return True
        self._no_lambda_before = at
        return False

    def arrow_lambda(self) -> ast.Expr:
        """``x -> body`` and ``x, y -> body``."""
        start = self.starts[self.at]
        return self._lambda(self.names("->"), start)

    def _parameters(self, close: int) -> ast.Expr:
        start = self.starts[self.at]
        self.at += 1
        names = [] if self.at == close else self.names(")")
        self.expect(")")
        return self._lambda(names, start)

    def names(self, close: str) -> list[str]:
        """Names with commas between them, and one allowed before the token ``close``."""
        names = [self.name("the name of a parameter")]
        while self.take(",") and self.kinds[self.at] != close:
            names.append(self.name("the name of a parameter"))
        return names

    def _lambda(self, names: list[str], start: int) -> ast.Expr:
        self.expect("->")
        if self.kinds[self.at] == "{" and self.kinds[self.at + 1] != "}" and not self.opens_dict():
            body = self._lambda_braces()
        else:
            body = self.expression()
        return ast.Lambda(names, body, start=start, end=self.ends_at())

    def _lambda_braces(self) -> ast.Expr | ast.Block:
        """Braces behind ``->`` are a block, unless they hold nothing but one expression (spec 1.4)."""
        start = self.starts[self.at]
        self.deeper()
        block = self.block()
        self.depth -= 1
        expr = self._only_expression(block)
        return block if expr is None else self.expression(left=expr, start=start)

    def _only_expression(self, block: ast.Block) -> ast.Expr | None:
        if len(block.declarations) != 1:
            return None
        only = block.declarations[0]
        expr: ast.Expr | None = None
        if isinstance(only, ast.ExprStatement) and self.source[only.end - 1] != ";":
            expr = only.expr
        elif isinstance(only, ast.Block):
            inside = self._only_expression(only)
            empty = not only.declarations and self.source[only.start + 1 : only.end - 1].isspace()
            expr = ast.Dict([], start=only.start, end=only.end) if empty or only.end - only.start == 2 else inside
        return None if expr is None else ast.Placeholder(expr, start=block.start, end=block.end)

    def keyword_lambda(self) -> ast.Expr | None:
        """``lambda x, y: body``."""
        if not self.is_name(1) or self.kinds[self.at + 2] not in (",", ":"):
            return None
        return self.attempt(self._keyword_lambda)

    def _keyword_lambda(self) -> ast.Expr:
        start = self.starts[self.at]
        self.at += 1
        names = self.names(":")
        self.expect(":")
        return ast.Lambda(names, self.expression(), start=start, end=self.ends_at())


def is_decimal(text: str) -> bool:
    """Whether a number token can be a tuple index or have a fraction: digits, but not octal ones such as ``01``."""
    return text.isdigit() and not (len(text) > 1 and text[0] == "0" and all(digit in "01234567" for digit in text))
