"""Operators of property filters: a property, an operator and a value -> an expression (spec hog_language.md 9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hogapi.hog import ast
from hogapi.hog.errors import HogCompileError

Scalar = str | int | float | bool

NEGATIVE = frozenset({"is_not", "not_in", "not_icontains", "not_icontains_multi", "not_regex", "semver_neq"})
"""Operators of which a list of values has to pass all; of the others, one is enough."""

WHOLE = frozenset({"between", "not_between"})
"""Operators whose value is one list."""


def call(name: str, *args: ast.Expr) -> ast.Call:
    """``name(args)``"""
    return ast.Call(name, list(args))


def compare(left: ast.Expr, op: str, right: ast.Expr | Scalar | None) -> ast.CompareOperation:
    """``left op right``"""
    return ast.CompareOperation(left, op, right if isinstance(right, ast.Expr) else ast.Constant(right))


def all_of(exprs: list[ast.Expr]) -> ast.Expr:
    """The conjunction of one or more expressions; a single one stays as it is."""
    return exprs[0] if len(exprs) == 1 else ast.And(exprs)


def any_of(exprs: list[ast.Expr]) -> ast.Expr:
    """The disjunction of one or more expressions; a single one stays as it is."""
    return exprs[0] if len(exprs) == 1 else ast.Or(exprs)


def operator_expression(x: ast.Expr, operator: str, value: Any, *, now: datetime | None = None) -> ast.Expr:
    """Return the expression for ``x operator value``; ``value`` is a scalar or a non-empty list of scalars.

    ``now`` is what relative dates such as ``-7d`` count from. Raises HogCompileError for an unknown operator and for a
    value that the operator can not take.
    """
    if operator in ("is_set", "is_not_set"):
        return compare(x, "!=" if operator == "is_set" else "==", None)
    if operator in WHOLE:
        return _between(x, operator, value)
    values = value if isinstance(value, list) else [value]
    if operator in ("in", "not_in") or (len(values) > 1 and operator in ("exact", "is_not")):
        items: list[ast.Expr] = [ast.Constant(one) for one in values]
        op = "in" if operator in ("in", "exact") else "not in"
        return compare(x, op, ast.Tuple(items) if len(items) > 1 else ast.Array(items))
    if operator.startswith(("icontains", "not_icontains")) and (len(values) > 1 or operator.endswith("_multi")):
        return _contains_any(x, operator, values)
    if operator.startswith("is_date_"):
        values = [_absolute(one, now) for one in values]
    one_value = _OPERATORS.get(operator)
    if one_value is None:
        raise HogCompileError(f"The property operator '{operator}' is not supported")
    exprs = [one_value(x, one) for one in values]
    return all_of(exprs) if operator in NEGATIVE else any_of(exprs)


def _text(x: ast.Expr) -> ast.Expr:
    return call("toString", x)


def _spelt(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _contains_any(x: ast.Expr, operator: str, values: list[Scalar]) -> ast.Expr:
    needles = ast.Array([ast.Constant(_spelt(value)) for value in values])
    found = call("multiSearchAnyCaseInsensitive", _text(x), needles)
    return compare(found, "==" if operator.startswith("not_") else ">", 0)


def _regex(x: ast.Expr, value: Scalar) -> ast.Expr:
    return call("ifNull", call("match", _text(x), ast.Constant(_spelt(value))), ast.Constant(0))


def _not_regex(x: ast.Expr, value: Scalar) -> ast.Expr:
    return call("ifNull", call("not", call("match", _text(x), ast.Constant(_spelt(value)))), ast.Constant(1))


def _between(x: ast.Expr, operator: str, value: Any) -> ast.Expr:
    if not isinstance(value, list) or len(value) != 2:
        raise HogCompileError(f"{operator} operator requires a two-element array [min, max]")
    low, high = (_number(one, operator) for one in value)
    if low > high:
        raise HogCompileError(f"{operator} operator requires min value to be less than or equal to max value")
    if operator == "between":
        return ast.And([compare(x, ">=", low), compare(x, "<=", high)])
    return ast.Or([compare(x, "<", low), compare(x, ">", high)])


def _number(value: Any, operator: str) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        number = None
    if number is None:
        raise HogCompileError(f"{operator} operator requires numeric values")
    return int(number) if number.is_integer() else number


_RELATIVE = re.compile(r"-(\d{1,6})([hdwmqyMs])")
_SECONDS = {"s": 1, "M": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_MONTHS = {"m": 1, "q": 3, "y": 12}


def _absolute(value: Scalar, now: datetime | None) -> Scalar:
    """Resolve ``-7d`` and the like (h hours, d days, w weeks, m months, q quarters, y years, M minutes, s seconds)."""
    relative = _RELATIVE.fullmatch(value) if isinstance(value, str) else None
    if relative is None:
        return value
    amount, unit = int(relative[1]), relative[2]
    moment = now or datetime.now(UTC)
    try:
        if unit in _SECONDS:
            moment -= timedelta(seconds=amount * _SECONDS[unit])
        else:
            moment = _months_before(moment, amount * _MONTHS[unit])
    except (OverflowError, ValueError):
        raise HogCompileError(f"'{value}' lies before the first year") from None
    return moment.isoformat(timespec="seconds")


def _months_before(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    first = moment.replace(year=year, month=month + 1, day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return first.replace(day=min(moment.day, (following - timedelta(days=1)).day))


def _date(op: str) -> Callable[[ast.Expr, Scalar], ast.Expr]:
    return lambda x, value: compare(call("toDateTime", _text(x)), op, call("toDateTime", ast.Constant(value)))


def _plain(op: str) -> Callable[[ast.Expr, Scalar], ast.Expr]:
    return lambda x, value: compare(x, op, value)


def _like(op: str) -> Callable[[ast.Expr, Scalar], ast.Expr]:
    return lambda x, value: compare(_text(x), op, f"%{_spelt(value)}%")


def _semver(op: str) -> Callable[[ast.Expr, Scalar], ast.Expr]:
    def expression(x: ast.Expr, value: Scalar) -> ast.Expr:
        return compare(call("sortableSemver", x), op, call("sortableSemver", ast.Constant(_spelt(value))))

    return expression


_VERSION = re.compile(r"[v=\s]*(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:[-+].*)?\s*")
_WILDCARD = re.compile(r"[v=\s]*(\d{1,9})(?:\.(\d{1,9}))?\.\*(?:\.\*)?\s*")


def semver_bounds(operator: str, value: str) -> tuple[str, str]:
    """Return the lowest version in a range, and the lowest beyond it.

    ``~1.2.3`` ends at 1.3.0 and ``~1`` at 2.0.0; ``^`` ends where the leftmost number other than 0 grows; ``1.2.*``
    holds all of 1.2. Raises HogCompileError.
    """
    pattern = _WILDCARD if operator == "semver_wildcard" else _VERSION
    match = pattern.fullmatch(value.removeprefix("~").removeprefix("^"))
    if match is None:
        raise HogCompileError(f"'{value}' is not a version that the operator '{operator}' can take")
    given = [int(part) for part in match.groups() if part is not None]
    if operator == "semver_tilde":
        grows = min(len(given), 2) - 1
    elif operator == "semver_caret":
        grows = next((index for index, part in enumerate(given) if part), len(given) - 1)
    else:
        grows = len(given) - 1
    above = [*given[:grows], given[grows] + 1]
    return _padded(given), _padded(above)


def _padded(parts: list[int]) -> str:
    return ".".join(str(part) for part in [*parts, 0, 0][:3])


def _semver_range(operator: str) -> Callable[[ast.Expr, Scalar], ast.Expr]:
    def expression(x: ast.Expr, value: Scalar) -> ast.Expr:
        low, high = semver_bounds(operator, _spelt(value))
        return ast.And([_semver(">=")(x, low), _semver("<")(x, high)])

    return expression


_OPERATORS: Mapping[str, Callable[[ast.Expr, Scalar], ast.Expr]] = {
    "exact": _plain("=="),
    "is_not": _plain("!="),
    "gt": _plain(">"),
    "lt": _plain("<"),
    "gte": _plain(">="),
    "min": _plain(">="),
    "lte": _plain("<="),
    "max": _plain("<="),
    "icontains": _like("ilike"),
    "not_icontains": _like("not ilike"),
    "regex": _regex,
    "not_regex": _not_regex,
    "is_date_exact": _date("=="),
    "is_date_before": _date("<"),
    "is_date_after": _date(">"),
    "semver_eq": _semver("=="),
    "semver_neq": _semver("!="),
    "semver_gt": _semver(">"),
    "semver_gte": _semver(">="),
    "semver_lt": _semver("<"),
    "semver_lte": _semver("<="),
    "semver_tilde": _semver_range("semver_tilde"),
    "semver_caret": _semver_range("semver_caret"),
    "semver_wildcard": _semver_range("semver_wildcard"),
}
