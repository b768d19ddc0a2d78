"""Statements -> JavaScript, four spaces per level (spec hog_language.md 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hogapi.hog import ast
from hogapi.hog.compiler_emitter import error
from hogapi.hog.javascript_expressions import Expressions
from hogapi.hog.javascript_names import constant, text

_INDENT = "    "


class Statements(Expressions):
    """Writes statements; every line ends with a newline."""

    def block(self, node: ast.Block | ast.Program, indent: int) -> str:
        """Return the statements of ``node`` in a scope of their own, indented by that many levels."""
        with self.scope():
            return self.lines(node.declarations, indent)

    def lines(self, statements: list[ast.Statement], indent: int) -> str:
        """Return statements in the scope that is open."""
        return "".join([self.statement(statement, indent) for statement in statements])

    def statement(self, node: ast.Statement, indent: int) -> str:
        """Return one statement. Raises HogCompileError."""
        write = _WRITERS.get(type(node))
        if write is None:
            raise error(f"{type(node).__name__} is not supported in Hog", node)
        return f"{_INDENT * indent}{write(self, node, indent)}\n"

    def _braced(self, node: ast.Statement, indent: int, first: str = "") -> str:
        """Return ``node`` as a block in braces; ``first`` is a statement to put before it."""
        statements = node.declarations if isinstance(node, ast.Block) else [node]
        with self.scope():
            body = self.lines(statements, indent + 1)
        first = f"{_INDENT * (indent + 1)}{first}\n" if first else ""
        return f"{{\n{first}{body}{_INDENT * indent}}}"

    def _block(self, node: ast.Block, indent: int) -> str:
        return self._braced(node, indent)

    def _expression(self, node: ast.ExprStatement, indent: int) -> str:
        if node.expr is None:
            return ";"
        code = self.expr(node.expr)
        return f"({code});" if code.startswith("{") else f"{code};"

    def _declaration(self, node: ast.VariableDeclaration, indent: int) -> str:
        name = self.declare(node.name, node)
        return f"let {name} = {self.expr(node.expr) if node.expr else 'null'};"

    def _assignment(self, node: ast.VariableAssignment, indent: int) -> str:
        left, right = node.left, self.expr(node.right)
        if isinstance(left, ast.ArrayAccess):
            return self._set(self.expr(left.array), self.expr(left.property), right)
        if isinstance(left, ast.TupleAccess):
            return self._set(self.expr(left.tuple), constant(left.index), right)
        if not isinstance(left, ast.Field):
            raise error("Can not assign to this type of expression", left)
        name = self.variable(str(left.chain[0]))
        if name is None:
            raise error(f'Variable "{left.chain[0]}" not declared in this scope. Cannot assign to globals.', left)
        if len(left.chain) == 1:
            return f"{name} = {right};"
        return self._set(self.walk(name, left.chain[1:-1]), constant(left.chain[-1]), right)

    def _set(self, code: str, key: str, value: str) -> str:
        return f"{self.helper('__setProperty')}({code}, {key}, {value});"

    def _return(self, node: ast.ReturnStatement, indent: int) -> str:
        return f"return {self.expr(node.expr) if node.expr else 'null'};"

    def _throw(self, node: ast.ThrowStatement, indent: int) -> str:
        return f"throw {self.expr(node.expr) if node.expr else 'null'};"

    def _if(self, node: ast.IfStatement, indent: int) -> str:
        code = f"if ({self.expr(node.expr)}) {self._braced(node.then, indent)}"
        if isinstance(node.else_, ast.IfStatement):
            return f"{code} else {self._if(node.else_, indent)}"
        return f"{code} else {self._braced(node.else_, indent)}" if node.else_ else code

    def _while(self, node: ast.WhileStatement, indent: int) -> str:
        return f"while ({self.expr(node.expr)}) {self._braced(node.body, indent)}"

    def _for(self, node: ast.ForStatement, indent: int) -> str:
        with self.scope():
            first = self._head(node.initializer)
            condition = self.expr(node.condition) if node.condition else ""
            increment = self._head(node.increment)
            return f"for ({first}; {condition}; {increment}) {self._braced(node.body, indent)}"

    def _head(self, node: ast.Statement | ast.Expr | None) -> str:
        if node is None:
            return ""
        if isinstance(node, ast.Expr):
            return self.expr(node)
        if not isinstance(node, ast.VariableDeclaration | ast.VariableAssignment | ast.ExprStatement):
            raise error(f"{type(node).__name__} is not supported in the head of a loop", node)
        return self.statement(node, 0).strip().removesuffix(";")

    def _for_in(self, node: ast.ForInStatement, indent: int) -> str:
        source = self.expr(node.expr)
        with self.scope():
            if node.keyVar is None:
                variable, items = self.declare(node.valueVar, node), f"{self.helper('values')}({source})"
            else:
                variable = f"[{self.declare(node.keyVar, node)}, {self.declare(node.valueVar, node)}]"
                items = f"{self.helper('__entries')}({source})"
            return f"for (let {variable} of {items}) {self._braced(node.body, indent)}"

    def _try(self, node: ast.TryCatchStatement, indent: int) -> str:
        if not node.catches and node.finally_stmt is None:
            raise error("try statement must have at least one catch block", node)
        code = f"try {self._braced(node.try_stmt, indent)}"
        if node.catches:
            pad = _INDENT * (indent + 1)
            clauses = [self._catch(*catch, indent + 1) for catch in node.catches]
            code += (
                f" catch (__error) {{\n{pad}{' else '.join(clauses)} else {{ throw __error; }}\n{_INDENT * indent}}}"
            )
        return f"{code} finally {self._braced(node.finally_stmt, indent)}" if node.finally_stmt else code

    def _catch(self, name: str | None, kind: str | None, body: ast.Block, indent: int) -> str:
        condition = "true" if kind in (None, "Error") else f"__error?.type === {text(str(kind))}"
        with self.scope():
            variable = self.declare(name or "e", body)
            return f"if ({condition}) {self._braced(body, indent, f'let {variable} = __error;')}"

    def _function(self, node: ast.Function, indent: int) -> str:
        name = self.declare(node.name, node)
        body = node.body if isinstance(node.body, ast.Statement) else ast.ReturnStatement(node.body)
        with self.scope(node.params):
            params = ", ".join(self.scopes[-1][param] for param in node.params)
            code = self._braced(body, indent)
        return f"function {name}({params}) {code}"


_WRITERS: dict[type[ast.Statement], Callable[[Statements, Any, int], str]] = {
    ast.Block: Statements._block,
    ast.ExprStatement: Statements._expression,
    ast.VariableDeclaration: Statements._declaration,
    ast.VariableAssignment: Statements._assignment,
    ast.ReturnStatement: Statements._return,
    ast.ThrowStatement: Statements._throw,
    ast.IfStatement: Statements._if,
    ast.WhileStatement: Statements._while,
    ast.ForStatement: Statements._for,
    ast.ForInStatement: Statements._for_in,
    ast.TryCatchStatement: Statements._try,
    ast.Function: Statements._function,
}
