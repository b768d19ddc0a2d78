"""Statements -> bytecode, token for token as published, with the fixes of spec hog_language.md 7.3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hogapi.hog import ast
from hogapi.hog.compiler_emitter import error
from hogapi.hog.compiler_expressions import Expressions
from hogapi.hog.opcodes import Op

_THROWN = "__H_error_H__"
_THROWN_TYPE = "__H_type_H__"


class Statements(Expressions):
    """Writes statements; each leaves the stack as it found it, but for the variables that it declares."""

    def statement(self, node: ast.Statement) -> None:
        """Write one statement. Raises HogCompileError."""
        write = _WRITERS.get(type(node))
        if write is None:
            raise error(f"{type(node).__name__} is not supported in Hog", node)
        write(self, node)

    def block(self, node: ast.Block | ast.Program) -> None:
        """Write statements in a scope of their own."""
        with self.scope():
            for statement in node.declarations:
                self.statement(statement)

    def _expression(self, node: ast.ExprStatement) -> None:
        if node.expr is not None:
            self.expr(node.expr)
            self.emit(Op.POP)

    def _value(self, node: ast.Expr | None) -> None:
        if node is None:
            self.emit(Op.NULL)
        else:
            self.expr(node)

    def _declaration(self, node: ast.VariableDeclaration) -> None:
        local = self.unit.locals[self.declare(node.name, node)]
        local.initialised = False
        self._value(node.expr)
        local.initialised = True

    def _assignment(self, node: ast.VariableAssignment) -> None:
        left = node.left
        if isinstance(left, ast.ArrayAccess):
            self._all([left.array, left.property, node.right], Op.SET_PROPERTY)
        elif isinstance(left, ast.TupleAccess):
            self._all([left.tuple, ast.Constant(left.index), node.right], Op.SET_PROPERTY)
        elif isinstance(left, ast.Field):
            self._assign_field(left, node.right)
        else:
            raise error("Can not assign to this type of expression", left)

    def _assign_field(self, left: ast.Field, right: ast.Expr) -> None:
        variable = self.variable(str(left.chain[0]), left)
        if variable is None:
            raise error(
                f'Variable "{left.chain[0]}" not declared in this scope. Can not assign to globals.',
                left,
            )
        op, index = variable
        if len(left.chain) == 1:
            self._all([right], Op.SET_LOCAL if op is Op.GET_LOCAL else Op.SET_UPVALUE, index)
            return
        self.emit(op, index)
        for part in left.chain[1:-1]:
            self.constant(part)
            self.emit(Op.GET_PROPERTY)
        self.constant(left.chain[-1])
        self._all([right], Op.SET_PROPERTY)

    def _return(self, node: ast.ReturnStatement) -> None:
        self._value(node.expr)
        self.emit(Op.RETURN)

    def _throw(self, node: ast.ThrowStatement) -> None:
        self._value(node.expr)
        self.emit(Op.THROW)

    def _if(self, node: ast.IfStatement) -> None:
        self.expr(node.expr)
        otherwise = self.jump(Op.JUMP_IF_FALSE)
        self._body(node.then)
        if node.else_ is None:
            self.land(otherwise)
            return
        end = self.jump(Op.JUMP)
        self.land(otherwise)
        self._body(node.else_)
        self.land(end)

    def _body(self, node: ast.Statement) -> None:
        """Write the body of a branch or a loop; one that is a bare declaration gets a scope, so the stack balances."""
        if isinstance(node, ast.VariableDeclaration | ast.Function):
            node = ast.Block([node], start=node.start, end=node.end)
        self.statement(node)

    def _while(self, node: ast.WhileStatement) -> None:
        start = len(self.code)
        self.expr(node.expr)
        end = self.jump(Op.JUMP_IF_FALSE)
        self._body(node.body)
        self.jump_back(start)
        self.land(end)

    def _for(self, node: ast.ForStatement) -> None:
        # Without a condition upstream tests an empty stack, and a bare expression in the head stays on the stack;
        # here no condition means true, and such values are dropped.
        if node.initializer is None:
            self._loop(node)
            return
        with self.scope():
            self._head(node.initializer)
            self._loop(node)

    def _loop(self, node: ast.ForStatement) -> None:
        start = len(self.code)
        if node.condition is None:
            self.emit(Op.TRUE)
        else:
            self.expr(node.condition)
        end = self.jump(Op.JUMP_IF_FALSE)
        self._body(node.body)
        if node.increment is not None:
            self._head(node.increment)
        self.jump_back(start)
        self.land(end)

    def _head(self, node: ast.Statement | ast.Expr) -> None:
        if isinstance(node, ast.Expr):
            self._all([node], Op.POP)
        else:
            self.statement(node)

    def _for_in(self, node: ast.ForInStatement) -> None:
        with self.scope():
            expr = self.declare("__H_expr_H__", node)
            self.expr(node.expr)
            keys = None
            if node.keyVar is not None:
                keys = self.declare("__H_keys_H__", node)
                self.emit(Op.GET_LOCAL, expr, Op.CALL_GLOBAL, "keys", 1)
            values = self.declare("__H_values_H__", node)
            self.emit(Op.GET_LOCAL, expr, Op.CALL_GLOBAL, "values", 1)
            index = self.declare("__H_index_H__", node)
            self.emit(Op.INTEGER, 1)
            limit = self.declare("__H_limit_H__", node)
            self.emit(Op.GET_LOCAL, values, Op.CALL_GLOBAL, "length", 1)
            variables = []
            if node.keyVar is not None and keys is not None:
                variables.append((self.declare(node.keyVar, node), keys))
                self.emit(Op.NULL)
            variables.append((self.declare(node.valueVar, node), values))
            self.emit(Op.NULL)
            start = len(self.code)
            self.emit(Op.GET_LOCAL, limit, Op.GET_LOCAL, index, Op.LT_EQ)
            end = self.jump(Op.JUMP_IF_FALSE)
            for variable, source in variables:
                self.emit(Op.GET_LOCAL, source, Op.GET_LOCAL, index, Op.GET_PROPERTY, Op.SET_LOCAL, variable)
            self._body(node.body)
            self.emit(Op.GET_LOCAL, index, Op.INTEGER, 1, Op.PLUS, Op.SET_LOCAL, index)
            self.jump_back(start)
            self.land(end)

    def _try(self, node: ast.TryCatchStatement) -> None:
        if node.finally_stmt is not None:
            raise error("finally blocks are not yet supported", node)
        if not node.catches:
            raise error("try statement must have at least one catch block", node)
        handler = self.jump(Op.TRY)
        self.statement(node.try_stmt)
        self.emit(Op.POP_TRY)
        end = self.jump(Op.JUMP)
        # TRY counts from its operand, jumps count from the token behind theirs.
        self.code[handler] = len(self.code) - handler
        with self.scope():
            thrown = self.declare(_THROWN, node)
            type_ = self.declare(_THROWN_TYPE, node)
            self.emit(Op.GET_LOCAL, thrown, Op.STRING, "type", Op.GET_PROPERTY)
            ends = [self._catch(thrown, type_, *catch) for catch in node.catches]
            self.emit(Op.POP, Op.THROW)
            for caught in ends:
                self.land(caught)
        self.land(end)

    def _catch(self, thrown: int, type_: int, name: str | None, kind: str | None, body: ast.Block) -> int:
        """Write one catch clause; return the jump to the end that follows it."""
        mismatch = None
        if kind is not None and kind != "Error":
            self.emit(Op.STRING, kind, Op.GET_LOCAL, type_, Op.EQ)
            mismatch = self.jump(Op.JUMP_IF_FALSE)
        with self.scope():
            if name is None or name == "e":
                self.unit.locals[thrown].name = "e"
            else:
                self.declare(name, body)
                self.emit(Op.GET_LOCAL, thrown)
            self.statement(body)
        self.unit.locals[thrown].name = _THROWN
        end = self.jump(Op.JUMP)
        if mismatch is not None:
            self.land(mismatch)
        return end

    def _function(self, node: ast.Function) -> None:
        self.declare(node.name, node)
        self.closure(node.name, node.params, node.body)


_WRITERS: dict[type[ast.Statement], Callable[[Statements, Any], None]] = {
    ast.Block: Statements.block,
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
