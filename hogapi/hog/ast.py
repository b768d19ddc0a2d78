"""Typed syntax tree of Hog programs, HogQL expressions and templates.

Every node carries ``start`` and ``end``: offsets in code points into the source it was parsed from
(``end`` is exclusive), or -1 on nodes that were built by code instead of parsed. Lines and columns are derived
from offsets when somebody asks for them (``hogapi.hog.errors``). Node and field names are those of the published
parser's JSON (spec hog_language.md 1.4), so that a dump of our tree can be compared with it.

This module holds data only: no parsing, printing or evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ConstantValue = str | int | float | bool | None


@dataclass(slots=True, kw_only=True)
class Node:
    """Anything with a place in the source."""

    start: int = field(default=-1, compare=False)
    end: int = field(default=-1, compare=False)


@dataclass(slots=True, kw_only=True)
class Expr(Node):
    """A node that stands for a value."""


@dataclass(slots=True, kw_only=True)
class Statement(Node):
    """A node that stands for an action."""


# Statements -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Program(Node):
    declarations: list[Statement]


@dataclass(slots=True)
class Block(Statement):
    declarations: list[Statement]


@dataclass(slots=True)
class ExprStatement(Statement):
    expr: Expr | None


@dataclass(slots=True)
class VariableDeclaration(Statement):
    name: str
    expr: Expr | None = None


@dataclass(slots=True)
class VariableAssignment(Statement):
    left: Expr
    right: Expr


@dataclass(slots=True)
class ReturnStatement(Statement):
    expr: Expr | None = None


@dataclass(slots=True)
class ThrowStatement(Statement):
    expr: Expr | None = None


@dataclass(slots=True)
class TryCatchStatement(Statement):
    try_stmt: Block
    catches: list[tuple[str | None, str | None, Block]]
    """(variable, type, body) for each catch clause."""
    finally_stmt: Block | None = None


@dataclass(slots=True)
class IfStatement(Statement):
    expr: Expr
    then: Statement
    else_: Statement | None = None


@dataclass(slots=True)
class WhileStatement(Statement):
    expr: Expr
    body: Statement


@dataclass(slots=True)
class ForStatement(Statement):
    initializer: Statement | Expr | None
    condition: Expr | None
    increment: Statement | Expr | None
    body: Statement


@dataclass(slots=True)
class ForInStatement(Statement):
    keyVar: str | None
    valueVar: str
    expr: Expr
    body: Statement


@dataclass(slots=True)
class Function(Statement):
    name: str
    params: list[str]
    body: Statement | Expr


# Expressions ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Constant(Expr):
    value: ConstantValue


@dataclass(slots=True)
class Field(Expr):
    chain: list[str | int]


@dataclass(slots=True)
class And(Expr):
    exprs: list[Expr]


@dataclass(slots=True)
class Or(Expr):
    exprs: list[Expr]


@dataclass(slots=True)
class Not(Expr):
    expr: Expr


@dataclass(slots=True)
class CompareOperation(Expr):
    left: Expr
    op: str
    """One of == != < <= > >= like ilike "not like" "not ilike" in "not in" "in cohort" "not in cohort" =~ !~ =~* !~*"""
    right: Expr
    is_null_comparison_style: bool = False


@dataclass(slots=True)
class BetweenExpr(Expr):
    expr: Expr
    low: Expr
    high: Expr
    negated: bool = False


@dataclass(slots=True)
class IsDistinctFrom(Expr):
    left: Expr
    right: Expr
    negated: bool = False


@dataclass(slots=True)
class ArithmeticOperation(Expr):
    left: Expr
    op: str
    """One of + - * / %"""
    right: Expr


@dataclass(slots=True)
class Call(Expr):
    name: str
    args: list[Expr]
    params: list[Expr] | None = None
    distinct: bool = False
    filter_expr: Expr | None = None
    order_by: list[OrderExpr] | None = None


@dataclass(slots=True)
class ExprCall(Expr):
    expr: Expr
    args: list[Expr]


@dataclass(slots=True)
class NamedArgument(Expr):
    """``name := value`` where an expression stands, as in ``f(name := 1)``; as a statement it is an assignment."""

    name: str
    value: Expr


@dataclass(slots=True)
class Lambda(Expr):
    args: list[str]
    expr: Expr | Block


@dataclass(slots=True)
class Dict(Expr):
    items: list[tuple[Expr, Expr]]


@dataclass(slots=True)
class Array(Expr):
    exprs: list[Expr]


@dataclass(slots=True)
class Tuple(Expr):
    exprs: list[Expr]


@dataclass(slots=True)
class ArrayAccess(Expr):
    array: Expr
    property: Expr
    nullish: bool = False


@dataclass(slots=True)
class TupleAccess(Expr):
    tuple: Expr
    index: int
    nullish: bool = False


@dataclass(slots=True)
class ArraySlice(Expr):
    array: Expr
    start_expr: Expr | None
    end_expr: Expr | None


@dataclass(slots=True)
class Placeholder(Expr):
    expr: Expr


@dataclass(slots=True)
class Alias(Expr):
    alias: str
    expr: Expr
    hidden: bool = False


@dataclass(slots=True)
class TypeCast(Expr):
    expr: Expr
    type_name: str


@dataclass(slots=True)
class TryCast(Expr):
    expr: Expr
    type_name: str


@dataclass(slots=True)
class PositionalRef(Expr):
    index: int


@dataclass(slots=True)
class ColumnsExpr(Expr):
    regex: str | None = None
    columns: list[Expr] | None = None
    all_columns: bool = False
    exclude: list[str] | None = None
    replace: dict[str, Expr] | None = None


@dataclass(slots=True)
class HogQLXAttribute(Node):
    name: str
    value: Expr | list[Expr]


@dataclass(slots=True)
class HogQLXTag(Expr):
    kind: str
    attributes: list[HogQLXAttribute]


@dataclass(slots=True)
class WindowFrameExpr(Expr):
    frame_type: str | None = None
    frame_value: int | Expr | None = None


@dataclass(slots=True)
class WindowExpr(Expr):
    partition_by: list[Expr] | None = None
    order_by: list[OrderExpr] | None = None
    frame_method: str | None = None
    frame_start: WindowFrameExpr | None = None
    frame_end: WindowFrameExpr | None = None


@dataclass(slots=True)
class WindowFunction(Expr):
    name: str
    exprs: list[Expr] | None = None
    args: list[Expr] | None = None
    over_expr: WindowExpr | None = None
    over_identifier: str | None = None
    filter_expr: Expr | None = None


@dataclass(slots=True)
class OrderExpr(Expr):
    expr: Expr
    order: str = "ASC"
    with_fill: WithFillExpr | None = None


@dataclass(slots=True)
class WithFillExpr(Expr):
    """``with fill [from a] [to b] [step c]`` behind an order expression."""

    from_value: Expr | None = None
    to_value: Expr | None = None
    step_value: Expr | None = None
