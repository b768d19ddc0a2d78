"""Property filters -> expressions, for filters of functions and for HogQL (spec hog_language.md 9; insights.md 5.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hogapi.hog import ast
from hogapi.hog.errors import HogCompileError
from hogapi.hog.filters_operators import all_of, any_of, call, compare, operator_expression
from hogapi.hog.filters_selectors import selector_regex, tag_regex
from hogapi.hog.parser import parse_expression

MAX_DEPTH = 64
"""Levels of groups within groups."""

COHORT_TYPES = frozenset({"cohort", "static-cohort", "dynamic-cohort", "precalculated-cohort"})
_PLAIN_TYPES = frozenset(
    {
        "event_metadata",
        "recording",
        "log_entry",
        "log",
        "log_attribute",
        "log_resource_attribute",
        "revenue_analytics",
        "error_tracking_issue",
        "person_metadata",
    }
)
_TRUE_TYPES = frozenset({"flag", "empty"})
_TYPES = (
    COHORT_TYPES
    | _PLAIN_TYPES
    | _TRUE_TYPES
    | {"event", "feature", "person", "group", "session", "workflow_variable", "hogql", "element"}
    | {"data_warehouse", "data_warehouse_person_property"}
)
_EXCEPTION_LISTS = frozenset({"$exception_types", "$exception_values", "$exception_sources", "$exception_functions"})


@dataclass(frozen=True)
class Target:
    """Where properties are looked up, and what is known about them.

    ``scope`` is what the expression is evaluated on: "event", "person" or "group". ``property_type(type, key)`` gives
    the declared type of a property ("Boolean", "Numeric", ...), or None. ``path_cleaning`` holds (regex, replacement)
    pairs. With ``nested_keys``, dots in keys of event properties walk into objects.
    """

    scope: str = "event"
    property_type: Callable[[str, str], str | None] = lambda type, key: None
    now: datetime | None = None
    path_cleaning: Sequence[tuple[str, str]] = ()
    nested_keys: bool = False


EVENT = Target()


def property_expression(property: Any, target: Target = EVENT, *, depth: int = 0) -> ast.Expr:
    """Return the expression for a property filter, a group ``{type: AND | OR, values}`` or a list (all must hold).

    What is incomplete or of unknown type counts as true, as Constant 1. Raises HogCompileError for what can not be
    expressed, and HogSyntaxError for a HogQL property that does not parse.
    """
    if depth > MAX_DEPTH:
        raise HogCompileError(f"Filters are nested too deeply; at most {MAX_DEPTH} levels are allowed")
    if isinstance(property, list):
        property = {"type": "AND", "values": property}
    if not isinstance(property, Mapping):
        return ast.Constant(1)
    if property.get("type") in ("AND", "OR"):
        values = property.get("values")
        parts = (
            [property_expression(one, target, depth=depth + 1) for one in values] if isinstance(values, list) else []
        )
        if not parts:
            return ast.Constant(1)
        return all_of(parts) if property["type"] == "AND" else any_of(parts)
    return _single(property, target)


def _single(property: Mapping[str, Any], target: Target) -> ast.Expr:
    kind = property.get("type") or "event"
    key = property.get("key")
    if not isinstance(kind, str) or kind not in _TYPES or kind in _TRUE_TYPES or not isinstance(key, str | int):
        return ast.Constant(1)
    if kind == "hogql":
        return parse_expression(str(key))
    operator = str(property.get("operator") or "exact")
    value = _clean_value(property.get("value"))
    if operator in ("is_set", "is_not_set"):
        value = None
    elif value is None:
        return ast.Constant(1)
    if kind in COHORT_TYPES:
        return _cohort(property, operator, value, target)
    if target.scope != "event" and kind != target.scope:
        raise HogCompileError(f"The '{kind}' property filter does not work in '{target.scope}' scope")
    if kind == "element":
        return _element(str(key), operator, value, target)
    x = ast.Field(_chain(kind, str(key), property, target))
    return _compared(x, kind, str(key), operator, value, target)


def _clean_value(value: Any) -> Any:
    """Return a scalar, a list of several scalars, or None if there is nothing to compare with."""
    if isinstance(value, list):
        scalars = [one for one in value if isinstance(one, str | int | float)]
        if len(scalars) < len(value) or not scalars:
            return None
        return scalars if len(scalars) > 1 else scalars[0]
    return value if isinstance(value, str | int | float) else None


def _compared(x: ast.Expr, kind: str, key: str, operator: str, value: Any, target: Target) -> ast.Expr:
    if operator in ("exact", "is_not") and target.property_type(kind, key) == "Boolean":
        value = [_boolean(one) for one in value] if isinstance(value, list) else _boolean(value)
    if operator == "is_cleaned_path_exact":
        for regex, replacement in target.path_cleaning:
            x = call("replaceRegexpAll", x, ast.Constant(regex), ast.Constant(replacement))
        operator = "exact"
    if key in _EXCEPTION_LISTS and operator not in ("is_set", "is_not_set"):
        items = call("JSONExtract", call("ifNull", x, ast.Constant("")), ast.Constant("Array(String)"))
        test = operator_expression(ast.Field(["v"]), operator, value, now=target.now)
        return call("arrayExists", ast.Lambda(["v"], test), items)
    return operator_expression(x, operator, value, now=target.now)


def _boolean(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _chain(kind: str, key: str, property: Mapping[str, Any], target: Target) -> list[str | int]:
    here = kind == target.scope
    if kind == "person":
        if key == "distinct_id" and not here:
            return ["person", "pdi", "distinct_id"]
        return ["properties", key] if here else ["person", "properties", key]
    if kind == "group":
        return ["properties", key] if here else [f"group_{property.get('group_type_index', 0)}", "properties", key]
    if kind == "session":
        return ["session", key]
    if kind == "workflow_variable":
        return ["variables", key]
    if kind == "data_warehouse":
        return list(key.split("."))
    if kind == "data_warehouse_person_property":
        return ["person", *key.split(".")]
    if kind in _PLAIN_TYPES:
        return [key]
    if key == "$elements_chain":
        return ["elements_chain"]
    if kind == "event" and target.nested_keys:
        return ["properties", *key.split(".")]
    return ["properties", key]


def _cohort(property: Mapping[str, Any], operator: str, value: Any, target: Target) -> ast.Expr:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise HogCompileError("Cohort property value must be a cohort ID")
    negated = bool(property.get("negation")) or operator in ("not_in", "is_not")
    person = ast.Field(["id" if target.scope == "person" else "person_id"])
    return compare(person, "not in cohort" if negated else "in cohort", value)


def _element(key: str, operator: str, value: Any, target: Target) -> ast.Expr:
    if key == "href":
        return operator_expression(ast.Field(["elements_chain_href"]), operator, value, now=target.now)
    if key == "text":
        test = operator_expression(ast.Field(["text"]), operator, value, now=target.now)
        return call("arrayExists", ast.Lambda(["text"], test), ast.Field(["elements_chain_texts"]))
    to_regex = {"selector": selector_regex, "tag_name": tag_regex}.get(key)
    if to_regex is None:
        return ast.Constant(1)
    if operator not in ("exact", "is_not"):
        raise HogCompileError(f"The element property '{key}' only works with the operators 'exact' and 'is_not'")
    values = value if isinstance(value, list) else [value]
    tests: list[ast.Expr] = [compare(ast.Field(["elements_chain"]), "=~", to_regex(str(one))) for one in values]
    return any_of(tests) if operator == "exact" else ast.Not(any_of(tests))
