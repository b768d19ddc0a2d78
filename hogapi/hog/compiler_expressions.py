"""Expressions -> bytecode, token for token as published (spec hog_language.md 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hogapi.hog import ast
from hogapi.hog.compiler_emitter import Emitter, error
from hogapi.hog.compiler_trees import TreeEmitter
from hogapi.hog.opcodes import Op

COMPARISONS: dict[str, Op] = {
    "==": Op.EQ,
    "!=": Op.NOT_EQ,
    "<": Op.LT,
    "<=": Op.LT_EQ,
    ">": Op.GT,
    ">=": Op.GT_EQ,
    "like": Op.LIKE,
    "ilike": Op.ILIKE,
    "not like": Op.NOT_LIKE,
    "not ilike": Op.NOT_ILIKE,
    "in": Op.IN,
    "not in": Op.NOT_IN,
    "=~": Op.REGEX,
    "!~": Op.NOT_REGEX,
    "=~*": Op.IREGEX,
    "!~*": Op.NOT_IREGEX,
}
ARITHMETIC: dict[str, Op] = {"+": Op.PLUS, "-": Op.MINUS, "*": Op.MULTIPLY, "/": Op.DIVIDE, "%": Op.MOD}

UNSUPPORTED = {
    ast.Placeholder: "Placeholders are not allowed in this context",
    ast.Alias: "Aliases are not supported in Hog",
    ast.TypeCast: "Type casts are not supported in Hog. Use toInt(), toFloat() or toString() instead.",
    ast.TryCast: "Type casts are not supported in Hog. Use toInt(), toFloat() or toString() instead.",
    ast.ArraySlice: "Array slices are not supported in Hog",
    ast.WindowFunction: "Window functions are not supported in Hog",
    ast.NamedArgument: "Named arguments are not supported in Hog",
    ast.ColumnsExpr: "Column expressions are not supported in Hog",
    ast.PositionalRef: "Positional references are not supported in Hog",
}


def cohort_error(node: ast.CompareOperation) -> Exception:
    """Why a comparison with a cohort has no bytecode; it names the cohort if its id or name is a constant."""
    name = ""
    if isinstance(node.right, ast.Constant):
        value = node.right.value
        name = f" (cohort id={value})" if isinstance(value, int) else f" (cohort: {value})"
    return error(f"Can't use cohorts in real-time filters. Please inline the relevant expressions{name}.", node)


class Expressions(TreeEmitter, Emitter):
    """Writes expressions. Statements inside function bodies are written by ``statement`` of the subclass."""

    def statement(self, node: ast.Statement) -> None:
        """Write a statement; it leaves the stack as it found it, but for variables that it declares."""
        raise NotImplementedError

    def expr(self, node: ast.Expr) -> None:
        """Write code that pushes the value of ``node``."""
        write = _WRITERS.get(type(node))
        if write is None:
            raise error(UNSUPPORTED.get(type(node), f"{type(node).__name__} is not supported in Hog"), node)
        write(self, node)

    def _constant(self, node: ast.Constant) -> None:
        self.constant(node.value)

    def _field(self, node: ast.Field) -> None:
        root = node.chain[0]
        variable = self.variable(root, node) if isinstance(root, str) else None
        if variable is None:
            for part in reversed(node.chain):
                self.constant(part)
            self.emit(Op.GET_GLOBAL, len(node.chain))
            return
        self.emit(*variable)
        for part in node.chain[1:]:
            self.constant(part)
            self.emit(Op.GET_PROPERTY)

    def _all(self, exprs: Sequence[ast.Expr], *tail: Any) -> None:
        for expr in exprs:
            self.expr(expr)
        self.emit(*tail)

    def _and(self, node: ast.And) -> None:
        self._all(node.exprs, Op.AND, len(node.exprs))

    def _or(self, node: ast.Or) -> None:
        self._all(node.exprs, Op.OR, len(node.exprs))

    def _not(self, node: ast.Not) -> None:
        self._all([node.expr], Op.NOT)

    def _comparison(self, node: ast.CompareOperation) -> None:
        op = COMPARISONS.get(node.op)
        if op is None:
            raise cohort_error(node)
        self._all([node.right, node.left], op)

    def _distinct(self, node: ast.IsDistinctFrom) -> None:
        # In Hog null equals null and nothing else, which is what the SQL form asks for.
        self._all([node.right, node.left], Op.EQ if node.negated else Op.NOT_EQ)

    def _between(self, node: ast.BetweenExpr) -> None:
        low, high, join = (Op.LT, Op.GT, Op.OR) if node.negated else (Op.GT_EQ, Op.LT_EQ, Op.AND)
        self._all([node.low, node.expr], low)
        self._all([node.high, node.expr], high, join, 2)

    def _arithmetic(self, node: ast.ArithmeticOperation) -> None:
        self._all([node.right, node.left], ARITHMETIC[node.op])

    def _array(self, node: ast.Array) -> None:
        self._all(node.exprs, Op.ARRAY, len(node.exprs))

    def _tuple(self, node: ast.Tuple) -> None:
        self._all(node.exprs, Op.TUPLE, len(node.exprs))

    def _dict(self, node: ast.Dict) -> None:
        self._all([part for item in node.items for part in item], Op.DICT, len(node.items))

    def _array_access(self, node: ast.ArrayAccess) -> None:
        key = node.property
        if isinstance(key, ast.Constant) and key.value == 0 and type(key.value) is int:
            raise error("Array access starts from 1", key)
        self._all([node.array, key], Op.GET_PROPERTY_NULLISH if node.nullish else Op.GET_PROPERTY)

    def _tuple_access(self, node: ast.TupleAccess) -> None:
        if node.index == 0:
            raise error("Array access starts from 1", node)
        self.expr(node.tuple)
        self.constant(node.index)
        self.emit(Op.GET_PROPERTY_NULLISH if node.nullish else Op.GET_PROPERTY)

    def _call(self, node: ast.Call) -> None:
        if node.params is not None:
            callee = ast.Call(node.name, node.params, start=node.start, end=node.end)
            self._expr_call(ast.ExprCall(callee, node.args, start=node.start, end=node.end))
            return
        form = _FORMS.get(node.name)
        if form is not None and form(self, node.args):
            return
        self._all(node.args)
        variable = self.variable(node.name, node)
        if variable is not None:
            self.emit(*variable, Op.CALL_LOCAL, len(node.args))
            return
        if node.name not in self.functions:
            self.unknown_functions.append((node.name, node))
        self.emit(Op.CALL_GLOBAL, node.name, len(node.args))

    def _expr_call(self, node: ast.ExprCall) -> None:
        self._all(node.args)
        self._all([node.expr], Op.CALL_LOCAL, len(node.args))

    def _lambda(self, node: ast.Lambda) -> None:
        self.closure("lambda", node.args, node.expr)

    def closure(self, name: str, params: Sequence[str], body: ast.Expr | ast.Statement) -> None:
        """Write a function whose body is an expression (its result), ``{expression}``, or a block."""
        with self.function(name, params):
            if isinstance(body, ast.Placeholder):
                self._all([body.expr], Op.POP, Op.NULL, Op.RETURN)
            elif isinstance(body, ast.Expr):
                self._all([body], Op.RETURN)
            else:
                statements = list(body.declarations) if isinstance(body, ast.Block) else [body]
                if not statements or not isinstance(statements[-1], ast.ReturnStatement):
                    statements.append(ast.ReturnStatement())
                self.statement(ast.Block(statements))

    # Calls that are written as operations. Each returns False if the arguments do not fit the form.

    def _not_form(self, args: list[ast.Expr]) -> bool:
        if len(args) != 1:
            return False
        self._all(args, Op.NOT)
        return True

    def _and_form(self, args: list[ast.Expr]) -> bool:
        if len(args) < 2:
            return False
        self._all(args, Op.AND, len(args))
        return True

    def _or_form(self, args: list[ast.Expr]) -> bool:
        if len(args) < 2:
            return False
        self._all(args, Op.OR, len(args))
        return True

    def _if_form(self, args: list[ast.Expr]) -> bool:
        return 2 <= len(args) <= 3 and self._multi_if_form(args)

    def _multi_if_form(self, args: list[ast.Expr]) -> bool:
        if len(args) < 2:
            return False
        ends = []
        for condition, result in zip(args[0:-1:2], args[1::2], strict=False):
            self.expr(condition)
            otherwise = self.jump(Op.JUMP_IF_FALSE)
            self.expr(result)
            ends.append(self.jump(Op.JUMP))
            self.land(otherwise)
        if len(args) % 2:
            self.expr(args[-1])
        else:
            # Upstream pushes nothing here and the program then underflows (spec 7.3: push null).
            self.emit(Op.NULL)
        for end in ends:
            self.land(end)
        return True

    def _if_null_form(self, args: list[ast.Expr]) -> bool:
        if len(args) != 2:
            return False
        self.expr(args[0])
        end = self.jump(Op.JUMP_IF_STACK_NOT_NULL)
        self.emit(Op.POP)
        self.expr(args[1])
        self.land(end)
        return True

    def _sql_form(self, args: list[ast.Expr]) -> bool:
        if len(args) != 1:
            return False
        self.tree(args[0])
        return True


_FORMS: dict[str, Callable[[Expressions, list[ast.Expr]], bool]] = {
    "not": Expressions._not_form,
    "and": Expressions._and_form,
    "or": Expressions._or_form,
    "if": Expressions._if_form,
    "multiIf": Expressions._multi_if_form,
    "ifNull": Expressions._if_null_form,
    "sql": Expressions._sql_form,
}

_WRITERS: dict[type[ast.Expr], Callable[[Expressions, Any], None]] = {
    ast.Constant: Expressions._constant,
    ast.Field: Expressions._field,
    ast.And: Expressions._and,
    ast.Or: Expressions._or,
    ast.Not: Expressions._not,
    ast.CompareOperation: Expressions._comparison,
    ast.IsDistinctFrom: Expressions._distinct,
    ast.BetweenExpr: Expressions._between,
    ast.ArithmeticOperation: Expressions._arithmetic,
    ast.Array: Expressions._array,
    ast.Tuple: Expressions._tuple,
    ast.Dict: Expressions._dict,
    ast.ArrayAccess: Expressions._array_access,
    ast.TupleAccess: Expressions._tuple_access,
    ast.Call: Expressions._call,
    ast.ExprCall: Expressions._expr_call,
    ast.Lambda: Expressions._lambda,
    ast.HogQLXTag: Expressions.tag,
}
