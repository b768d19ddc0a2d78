"""JSON of filters -> expression -> bytecode (spec hog_language.md 9; hog_functions.md 2.7; hog_flows.md 2.10)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from hogapi.hog import ast
from hogapi.hog.compiler import UnknownFunctions, compile_expression
from hogapi.hog.errors import HogCompileError
from hogapi.hog.filters_actions import Step, action_expression
from hogapi.hog.filters_cohorts import Cohort, test_account_expressions
from hogapi.hog.filters_operators import all_of, any_of, compare
from hogapi.hog.filters_properties import EVENT, Target, property_expression
from hogapi.hog.visitor import walk

__all__ = ["EVENT", "Target", "compile_filters", "filter_expression", "property_expression"]

_ACTIVITY = "$activity_log_entry_created"
_QUERIES = frozenset({"SelectQuery", "SelectSetQuery"})


def filter_expression(
    filters: Mapping[str, Any],
    *,
    actions: Mapping[int, Sequence[Step]],
    test_account_filters: Sequence[Any] = (),
    cohorts: Mapping[int, Cohort] | None = None,
    settings_url: str | None = None,
    target: Target = EVENT,
) -> ast.Expr:
    """Return the condition that ``filters`` put on an event.

    ``filters`` has ``events``, ``actions``, ``properties`` and ``filter_test_accounts``. ``actions`` maps ids of the
    project's actions to their steps, ``cohorts`` ids of its cohorts to their definitions. ``test_account_filters``
    are used where the filters ask for it; ``settings_url`` is where a person changes them.

    Raises HogCompileError, or HogSyntaxError for a HogQL property that does not parse.
    """
    exprs: list[ast.Expr] = []
    if filters.get("filter_test_accounts"):
        exprs.extend(test_account_expressions(test_account_filters, target, cohorts or {}, settings_url))
    entries = [
        *(one for one in _objects(filters.get("events")) if one.get("type", "events") == "events"),
        *(one for one in _objects(filters.get("actions")) if one.get("type", "actions") == "actions"),
    ]
    events_only_of_activity = bool(entries) and all(_is_activity(entry) for entry in entries)
    everywhere = dataclasses.replace(target, nested_keys=True) if events_only_of_activity else target
    exprs.extend(property_expression(property, everywhere) for property in filters.get("properties") or [])
    if entries:
        exprs.append(any_of([_entry(entry, actions, target) for entry in entries]))
    return all_of(exprs) if exprs else ast.Constant(True)


def compile_filters(
    filters: Mapping[str, Any],
    *,
    actions: Mapping[int, Sequence[Step]],
    test_account_filters: Sequence[Any] = (),
    cohorts: Mapping[int, Cohort] | None = None,
    settings_url: str | None = None,
    target: Target = EVENT,
    supported_functions: frozenset[str] = frozenset(),
) -> list[Any]:
    """Return the bytecode of ``filter_expression``. Raises HogError with the text that the filters' author sees."""
    expr = filter_expression(
        filters,
        actions=actions,
        test_account_filters=test_account_filters,
        cohorts=cohorts,
        settings_url=settings_url,
        target=target,
    )
    if any(type(node).__name__ in _QUERIES for node in walk(expr)):
        raise HogCompileError("Select queries are not allowed in filters")
    try:
        return compile_expression(expr, supported_functions=supported_functions, refuse_unknown=True)
    except UnknownFunctions as error:
        raise HogCompileError(f"Filter compilation errors: {error.message}") from None


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _is_activity(entry: Mapping[str, Any]) -> bool:
    return entry.get("type", "events") == "events" and entry.get("id") == _ACTIVITY


def _entry(entry: Mapping[str, Any], actions: Mapping[int, Sequence[Step]], target: Target) -> ast.Expr:
    if entry.get("type", "events") == "actions":
        expr = _action(entry, actions, target)
    elif entry.get("id") is None:
        expr = ast.Constant(True)
    else:
        expr = compare(ast.Field(["event"]), "==", str(entry["id"]))
    if _is_activity(entry):
        target = dataclasses.replace(target, nested_keys=True)
    properties = [property_expression(property, target) for property in entry.get("properties") or []]
    return all_of([expr, *properties])


def _action(entry: Mapping[str, Any], actions: Mapping[int, Sequence[Step]], target: Target) -> ast.Expr:
    if entry.get("id") is None:
        return compare(ast.Constant(1), "==", 2)
    try:
        steps = actions[int(entry["id"])]
    except (KeyError, TypeError, ValueError):
        raise HogCompileError("Action matching query does not exist.") from None
    return action_expression(steps, target)
