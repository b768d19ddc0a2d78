"""The parser layer for statements: what a Hog program and the blocks of functions and lambdas consist of."""

from __future__ import annotations

from collections.abc import Callable

from hogapi.hog import ast
from hogapi.hog.lexer import END
from hogapi.hog.parser_expressions import Expressions

_AFTER_NAME = frozenset(
    [
        ".",
        "?.",
        "::",
        "=",
        "==",
        "!=",
        "<>",
        "<",
        "<=",
        ">",
        ">=",
        "?",
        "??",
        "||",
        "/",
        "%",
        "+",
        "~",
        "=~",
        "!~",
        ":=",
    ]
)
_STATEMENT_WORDS = frozenset(["return", "throw", "try", "if", "while", "for", "fun", "fn"])


class Statements(Expressions):
    """Statements, dispatched on their first word."""

    def program(self) -> ast.Program:
        """Parse everything up to the end of the text."""
        start = self.starts[0]
        return ast.Program(self._declarations(END), start=start, end=len(self.source))

    def block(self) -> ast.Block:
        """Parse ``{ statements }``."""
        opened = self.at
        self.expect("{")
        declarations = self._declarations("}", opened)
        return ast.Block(declarations, start=self.starts[opened], end=self.ends_at())

    def _declarations(self, close: str, opened: int = 0) -> list[ast.Statement]:
        declarations: list[ast.Statement] = []
        while self.kinds[self.at] != close:
            if self.kinds[self.at] == ";":
                self.at += 1
            elif self.words[self.at] == "let":
                declarations.append(self._let())
            elif self.kinds[self.at] == END:
                self.expect_close(close, opened)
            else:
                declarations.append(self._statement())
        self.at += close != END
        return declarations

    def _let(self) -> ast.Statement:
        start = self.starts[self.at]
        self.at += 1
        name = self.name("the name of a variable")
        if self.kinds[self.at] == "=":
            raise self.failure("':=' between the variable and its value")
        expr = self.expression() if self.take(":=") else None
        return ast.VariableDeclaration(name, expr, start=start, end=self.ends_at())

    def _statement(self) -> ast.Statement:
        self.deeper()
        parse = _STATEMENTS.get(self.words[self.at])
        node = parse(self) if parse is not None else None
        if node is None:
            node = self.block() if self._opens_block() else self._expression_statement()
        self.depth -= 1
        return node

    def _opens_block(self) -> bool:
        if self.kinds[self.at] != "{":
            return False
        return self.kinds[self.at + 1] == "}" or not self.opens_dict()

    def _expression_statement(self) -> ast.Statement:
        if self.kinds[self.at] == ";":
            self.at += 1
            return ast.ExprStatement(None, start=self.starts[self.at - 1], end=self.ends_at())
        if not self.starts_operand(self.at):
            raise self.failure("a statement")
        start = self.starts[self.at]
        node = self._assignment_or_expression()
        statement = node if isinstance(node, ast.Statement) else ast.ExprStatement(node, start=start)
        self.take(";")
        statement.end = self.ends_at()
        return statement

    def _assignment_or_expression(self) -> ast.VariableAssignment | ast.Expr:
        first = self.starts[self.at]
        if self.kinds[self.at + 1] == ":=" and self.is_name():
            left: ast.Expr = ast.Field([self.values[self.at]], start=first, end=self.ends[self.at])
            self.at += 1
        else:
            left = self.expression()
        if not self.take(":="):
            return left
        right = self.expression()
        return ast.VariableAssignment(left, right, start=first, end=self.ends_at())

    def _return(self) -> ast.Statement | None:
        start, following = self.starts[self.at], self.at + 1
        if self.kinds[following] in _AFTER_NAME and not self.starts_operand(following):
            return None
        self.at += 1
        has_value = self.starts_operand(following) and self.words[following] != "else"
        expr = self.expression() if has_value else None
        self.take(";")
        return ast.ReturnStatement(expr, start=start, end=self.ends_at())

    def _throw(self) -> ast.Statement:
        start = self.starts[self.at]
        self.at += 1
        if not self.starts_operand(self.at):
            raise self.failure("an error to throw")
        expr = self.expression()
        self.take(";")
        return ast.ThrowStatement(expr, start=start, end=self.ends_at())

    def _try(self) -> ast.Statement:
        start = self.starts[self.at]
        self.at += 1
        body = self.block()
        catches = []
        while self.take_word("catch"):
            variable = kind = None
            if self.take("("):
                variable = self.name("the name of a variable")
                kind = self.name("the type of an error") if self.take(":") else None
                self.expect(")", "':' or ')'" if kind is None else None)
            catches.append((variable, kind, self.block()))
        finally_ = self.block() if self.take_word("finally") else None
        return ast.TryCatchStatement(body, catches, finally_, start=start, end=self.ends_at())

    def _if(self) -> ast.Statement | None:
        if not self._heads_if():
            return None
        start = self.starts[self.at]
        self.at += 1
        condition = self._condition()
        then = self._statement()
        otherwise = self._statement() if self.take_word("else") else None
        return ast.IfStatement(condition, then, otherwise, start=start, end=self.ends_at())

    def _heads_if(self) -> bool:
        """Whether ``if (`` begins a statement; it may also be a call of the function ``if``."""
        if self.kinds[self.at + 1] != "(":
            return False
        close = self.pairs.get(self.at + 1)
        if close is None:
            return True
        following = close + 1
        if self.words[following] in _STATEMENT_WORDS or self.kinds[following] == ";" or self.starts_operand(following):
            at = self.at + 2
            while at < close and self.kinds[at] != ",":
                at = self.pairs.get(at, at) + 1
            return at >= close
        return False

    def _condition(self) -> ast.Expr:
        opened = self.at
        self.expect("(")
        condition = self.expression()
        self.expect_close(")", opened)
        return condition

    def _while(self) -> ast.Statement:
        start = self.starts[self.at]
        self.at += 1
        condition = self._condition()
        body = self._statement()
        self.take(";")
        return ast.WhileStatement(condition, body, start=start, end=self.ends_at())

    def _for(self) -> ast.Statement | None:
        if not self._heads_for():
            return None
        if self.word(2) == "let" and (self.word(4) == "in" or self.kinds[self.at + 4] == ","):
            return self._for_in()
        start, opened = self.starts[self.at], self.at + 1
        self.at += 2
        initializer: ast.Statement | ast.Expr | None = None
        if self.word() == "let":
            initializer = self._let()
        elif self.kinds[self.at] != ";":
            initializer = self._assignment_or_expression()
        self.expect(";")
        condition = None if self.kinds[self.at] == ";" else self.expression()
        self.expect(";")
        increment = None if self.kinds[self.at] == ")" else self._assignment_or_expression()
        self.expect_close(")", opened)
        body = self._statement()
        self.take(";")
        return ast.ForStatement(initializer, condition, increment, body, start=start, end=self.ends_at())

    def _heads_for(self) -> bool:
        """Whether ``for (`` begins a loop; without ``let`` or ``;`` inside it is a call of a function ``for``."""
        if self.kinds[self.at + 1] != "(":
            return False
        at = self.at + 2
        if self.words[at] == "let" or self.pairs.get(self.at + 1) is None:
            return True
        close = self.pairs[self.at + 1]
        while at < close and self.kinds[at] != ";":
            at = self.pairs.get(at, at) + 1
        return at < close

    def _for_in(self) -> ast.Statement:
        start, opened = self.starts[self.at], self.at + 1
        self.at += 3
        key, value = None, self.name("the name of a variable")
        if self.take(","):
            key, value = value, self.name("the name of a variable")
        self.expect_word("in")
        expr = self.expression()
        self.expect_close(")", opened)
        body = self._statement()
        self.take(";")
        return ast.ForInStatement(key, value, expr, body, start=start, end=self.ends_at())

    def _function(self) -> ast.Statement:
        start = self.starts[self.at]
        self.at += 1
        name = self.name("the name of the function")
        opened = self.at
        self.expect("(", "'(' and the parameters")
        params = [] if self.kinds[self.at] == ")" else self.names(")")
        self.expect_close(")", opened)
        body = self.block()
        return ast.Function(name, params, body, start=start, end=self.ends_at())


_STATEMENTS: dict[str, Callable[[Statements], ast.Statement | None]] = {
    "return": Statements._return,
    "throw": Statements._throw,
    "try": Statements._try,
    "if": Statements._if,
    "while": Statements._while,
    "for": Statements._for,
    "fun": Statements._function,
    "fn": Statements._function,
}
