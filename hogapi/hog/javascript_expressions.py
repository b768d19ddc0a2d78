"""Expressions -> JavaScript (spec hog_language.md 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hogapi.hog import ast
from hogapi.hog.compiler_emitter import error
from hogapi.hog.compiler_expressions import UNSUPPORTED, cohort_error
from hogapi.hog.javascript_helpers import helpers, library_function
from hogapi.hog.javascript_names import PREFIX, constant, identifier, text
from hogapi.hog.javascript_trees import TreeWriter

_INFIX = {"==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_HELPER = {
    "like": (False, "like"),
    "not like": (True, "like"),
    "ilike": (False, "ilike"),
    "not ilike": (True, "ilike"),
    "in": (False, "__includes"),
    "not in": (True, "__includes"),
    "=~": (False, "match"),
    "!~": (True, "match"),
    "=~*": (False, "__imatch"),
    "!~*": (True, "__imatch"),
}


class Expressions(TreeWriter):
    """Writes expressions; ``used`` collects the helpers that they call."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.scopes: list[dict[str, str]] = [{}]

    def block(self, node: ast.Block | ast.Program, indent: int) -> str:
        """Return the statements of ``node``, one or more lines each, indented by that many levels."""
        raise NotImplementedError

    def helper(self, name: str) -> str:
        """Note that a helper is needed; return its name."""
        self.used.add(name)
        return name

    @contextmanager
    def scope(self, names: Sequence[str] = ()) -> Iterator[None]:
        """Names declared inside are known inside only."""
        self.scopes.append({})
        for name in names:
            self.scopes[-1][name] = self._fresh(name)
        yield
        self.scopes.pop()

    def declare(self, name: str, node: ast.Node) -> str:
        """Declare a variable in the innermost scope; return its identifier."""
        if name in self.scopes[-1]:
            raise error(f"Variable `{name}` already declared in this scope", node)
        self.scopes[-1][name] = self._fresh(name)
        return self.scopes[-1][name]

    def _fresh(self, name: str) -> str:
        """Return an identifier that hides neither a helper nor a variable: JavaScript has other scopes than Hog."""
        outer = sum(name in scope for scope in self.scopes)
        if outer or name.startswith("__"):
            return f"{PREFIX}{outer}_{identifier(name)}"
        spelt = identifier(name)
        return f"{PREFIX}v_{spelt}" if spelt in helpers() else spelt

    def variable(self, name: str) -> str | None:
        """Return the identifier of a declared variable, or None."""
        return next((scope[name] for scope in reversed(self.scopes) if name in scope), None)

    def expr(self, node: ast.Expr) -> str:
        """Return the code of an expression, which binds tighter than any operator. Raises HogCompileError."""
        write = _WRITERS.get(type(node))
        if write is None:
            raise error(UNSUPPORTED.get(type(node), f"{type(node).__name__} is not supported in Hog"), node)
        return write(self, node)

    def _list(self, exprs: Sequence[ast.Expr]) -> str:
        return ", ".join([self.expr(expr) for expr in exprs])

    def _constant(self, node: ast.Constant) -> str:
        return constant(node.value)

    def _field(self, node: ast.Field) -> str:
        root = str(node.chain[0])
        code = self.variable(root)
        if code is None:
            function = library_function(root) if len(node.chain) == 1 else None
            code = self.helper(function) if function else f"__getGlobal({text(root)})"
        return self.walk(code, node.chain[1:])

    def walk(self, code: str, chain: Sequence[str | int]) -> str:
        """Return the code that reads a property of a property of ... ``code``."""
        for part in chain:
            code = f"{self.helper('__getProperty')}({code}, {constant(part)}, true)"
        return code

    def _and(self, node: ast.And) -> str:
        return f"!!({' && '.join([self.expr(expr) for expr in node.exprs])})"

    def _or(self, node: ast.Or) -> str:
        return f"!!({' || '.join([self.expr(expr) for expr in node.exprs])})"

    def _not(self, node: ast.Not) -> str:
        return f"(!{self.expr(node.expr)})"

    def _comparison(self, node: ast.CompareOperation) -> str:
        left, right = self.expr(node.left), self.expr(node.right)
        if node.op in _INFIX:
            return f"({left} {_INFIX[node.op]} {right})"
        if node.op not in _HELPER:
            raise cohort_error(node)
        negated, name = _HELPER[node.op]
        arguments = f"{right}, {left}" if name == "__includes" else f"{left}, {right}"
        code = f"{self.helper(name)}({arguments})"
        return f"(!{code})" if negated else code

    def _distinct(self, node: ast.IsDistinctFrom) -> str:
        return f"({self.expr(node.left)} {'==' if node.negated else '!='} {self.expr(node.right)})"

    def _between(self, node: ast.BetweenExpr) -> str:
        name = self.helper("__notBetween" if node.negated else "__between")
        return f"{name}({self._list([node.expr, node.low, node.high])})"

    def _arithmetic(self, node: ast.ArithmeticOperation) -> str:
        return f"({self.expr(node.left)} {node.op} {self.expr(node.right)})"

    def _array(self, node: ast.Array) -> str:
        return f"[{self._list(node.exprs)}]"

    def _tuple(self, node: ast.Tuple) -> str:
        return f"{self.helper('tuple')}({self._list(node.exprs)})"

    def _dict(self, node: ast.Dict) -> str:
        return f"{{{', '.join([f'{self._key(key)}: {self.expr(value)}' for key, value in node.items])}}}"

    def _key(self, node: ast.Expr) -> str:
        # A plain "__proto__" key would set the prototype instead.
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != "__proto__":
            return text(node.value)
        return f"[{self.expr(node)}]"

    def _array_access(self, node: ast.ArrayAccess) -> str:
        return self._property(self.expr(node.array), self.expr(node.property), node.nullish)

    def _tuple_access(self, node: ast.TupleAccess) -> str:
        return self._property(self.expr(node.tuple), constant(node.index), node.nullish)

    def _property(self, code: str, key: str, nullish: bool) -> str:
        return f"{self.helper('__getProperty')}({code}, {key}, {'true' if nullish else 'false'})"

    def _call(self, node: ast.Call) -> str:
        if node.params is not None:
            callee = self.expr(ast.Call(node.name, node.params, start=node.start, end=node.end))
            return f"{callee}({self._list(node.args)})"
        form = _FORMS.get(node.name)
        code = form(self, node.args) if form is not None else None
        if code is not None:
            return code
        name = self.variable(node.name)
        if name is None:
            function = library_function(node.name)
            name = self.helper(function) if function else identifier(node.name)
        return f"{name}({self._list(node.args)})"

    def _expr_call(self, node: ast.ExprCall) -> str:
        return f"{self.expr(node.expr)}({self._list(node.args)})"

    def _lambda(self, node: ast.Lambda) -> str:
        with self.scope(node.args):
            params = ", ".join(self.scopes[-1][name] for name in node.args)
            body = node.expr
            if isinstance(body, ast.Block):
                code = f"{{\n{self.block(body, 1)}    return null;\n}}"
            elif isinstance(body, ast.Placeholder):
                code = f"{{ {self.expr(body.expr)}; return null; }}"
            elif isinstance(body, ast.Dict):
                code = f"({self.expr(body)})"
            else:
                code = self.expr(body)
        return f"{self.helper('__lambda')}(({params}) => {code})"

    # Calls that are written as operators. Each returns None if the arguments do not fit the form.

    def _not_form(self, args: list[ast.Expr]) -> str | None:
        return f"(!{self.expr(args[0])})" if len(args) == 1 else None

    def _and_form(self, args: list[ast.Expr]) -> str | None:
        return self._and(ast.And(args)) if len(args) > 1 else None

    def _or_form(self, args: list[ast.Expr]) -> str | None:
        return self._or(ast.Or(args)) if len(args) > 1 else None

    def _if_form(self, args: list[ast.Expr]) -> str | None:
        return self._multi_if_form(args) if 2 <= len(args) <= 3 else None

    def _multi_if_form(self, args: list[ast.Expr]) -> str | None:
        if len(args) < 2:
            return None
        pairs = zip(args[0:-1:2], args[1::2], strict=False)
        choices = [f"{self.expr(condition)} ? {self.expr(result)} : " for condition, result in pairs]
        return f"({''.join(choices)}{self.expr(args[-1]) if len(args) % 2 else 'null'})"

    def _if_null_form(self, args: list[ast.Expr]) -> str | None:
        return f"({self.expr(args[0])} ?? {self.expr(args[1])})" if len(args) == 2 else None

    def _sql_form(self, args: list[ast.Expr]) -> str | None:
        return self.tree(args[0]) if len(args) == 1 else None


_FORMS: dict[str, Callable[[Expressions, list[ast.Expr]], str | None]] = {
    "not": Expressions._not_form,
    "and": Expressions._and_form,
    "or": Expressions._or_form,
    "if": Expressions._if_form,
    "multiIf": Expressions._multi_if_form,
    "ifNull": Expressions._if_null_form,
    "sql": Expressions._sql_form,
}

_WRITERS: dict[type[ast.Expr], Callable[[Expressions, Any], str]] = {
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
