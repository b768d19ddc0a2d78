"""Cohorts in test-account filters: inlined where that is possible, refused otherwise (spec hog_language.md 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hogapi.hog import ast
from hogapi.hog.errors import HogCompileError
from hogapi.hog.filters_properties import COHORT_TYPES, MAX_DEPTH, Target, property_expression

Cohort = Mapping[str, Any]
"""``is_static`` and ``properties``, the group of property filters that defines the members of a dynamic cohort."""


def test_account_expressions(
    properties: Sequence[Any], target: Target, cohorts: Mapping[int, Cohort], settings_url: str | None
) -> list[ast.Expr]:
    """Return one expression per test-account filter.

    A cohort becomes its definition if it is dynamic and defined by person properties alone. Raises HogCompileError
    that names all other cohorts and says where the filters are changed.
    """
    refused = [
        property
        for property in properties
        if _is_cohort(property) and not _can_be_inlined(cohorts.get(_cohort_id(property)))
    ]
    if refused:
        names = ", ".join(f"cohort id={property.get('value')}" for property in refused)
        place = f" Update your filters at: {settings_url}." if settings_url else ""
        raise HogCompileError(
            f"Can't use cohorts in real-time filters.{place} Please inline the relevant expressions ({names})."
        )
    return [_expression(property, target, cohorts) for property in properties]


def _expression(property: Any, target: Target, cohorts: Mapping[int, Cohort]) -> ast.Expr:
    if not _is_cohort(property):
        return property_expression(property, target)
    members = property_expression(cohorts[_cohort_id(property)]["properties"], target)
    negated = bool(property.get("negation")) or property.get("operator") in ("not_in", "is_not")
    return ast.Not(members) if negated else members


def _is_cohort(property: Any) -> bool:
    return isinstance(property, Mapping) and property.get("type") in COHORT_TYPES


def _cohort_id(property: Mapping[str, Any]) -> int:
    value = property.get("value")
    try:
        return int(value) if isinstance(value, int | str) else -1
    except ValueError:
        return -1


def _can_be_inlined(cohort: Cohort | None) -> bool:
    if cohort is None or cohort.get("is_static"):
        return False
    return _only_person_properties(cohort.get("properties"), 0)


def _only_person_properties(property: Any, depth: int) -> bool:
    if not isinstance(property, Mapping) or depth > MAX_DEPTH:
        return False
    if property.get("type") in ("AND", "OR"):
        values = property.get("values")
        return isinstance(values, list) and bool(values) and all(_only_person_properties(v, depth + 1) for v in values)
    return property.get("type") == "person"
