"""Filters of functions -> bytecode (spec hog_language.md 9; hog_functions.md 2.7; hog_flows.md 2.10)."""

from __future__ import annotations

from typing import Any

import pytest

from hogapi.hog.errors import HogCompileError, HogError
from hogapi.hog.filters import compile_filters

PAGEVIEW = {"id": "$pageview", "type": "events", "name": "$pageview", "order": 0}
PAGEVIEW_CODE = [32, "$pageview", 32, "event", 1, 1, 11]
INTERNAL = {"key": "email", "type": "person", "operator": "not_icontains", "value": "@x"}
INTERNAL_CODE = [32, "%@x%", 32, "email", 32, "properties", 32, "person", 1, 3, 2, "toString", 1, 20]
DOCS = [{"event": "$pageview", "url": "docs", "url_matching": "contains"}]
DOCS_CODE = [*PAGEVIEW_CODE, 32, "%docs%", 32, "$current_url", 32, "properties", 1, 2, 17, 3, 2]
SITE = "https://site/project/7/settings/project#internal-user-filtering"


def compiled(filters: dict[str, Any], **kwargs: Any) -> list[Any]:
    code = compile_filters(filters, **{"actions": {1: DOCS, 2: []}, **kwargs})
    assert code[:2] == ["_H", 1]
    return code[2:]


def prop(key: str, value: Any, **kwargs: Any) -> dict[str, Any]:
    return {"key": key, "value": value, "type": "event", **kwargs}


@pytest.mark.parametrize(
    ("filters", "tokens"),
    [
        ({}, [29]),
        ({"events": [], "properties": None}, [29]),
        ({"events": [PAGEVIEW]}, PAGEVIEW_CODE),
        ({"events": [{"id": None, "type": "events"}]}, [29]),
        ({"events": [{**PAGEVIEW, "properties": [prop("a", "b")]}]},
         [*PAGEVIEW_CODE, 32, "b", 32, "a", 32, "properties", 1, 2, 11, 3, 2]),
        ({"actions": [{"id": 1, "type": "actions"}]}, DOCS_CODE),
        ({"actions": [{"id": "1", "type": "actions"}]}, DOCS_CODE),
        ({"actions": [{"id": 2, "type": "actions"}]}, [29]),
        ({"actions": [{"type": "actions"}]}, [33, 2, 33, 1, 11]),
        ({"events": [PAGEVIEW], "actions": [{"id": 1, "type": "actions"}]}, [*PAGEVIEW_CODE, *DOCS_CODE, 4, 2]),
        ({"properties": [{"type": "person", "key": "$browser", "value": ["Chrome"], "operator": "exact"}]},
         [32, "Chrome", 32, "$browser", 32, "properties", 32, "person", 1, 3, 11]),
    ],
)  # fmt: skip
def test_filters(filters: dict[str, Any], tokens: list[Any]) -> None:
    assert compiled(filters) == tokens


def test_order_is_test_accounts_then_properties_then_events() -> None:
    filters = {"events": [PAGEVIEW], "actions": [{"id": 1, "type": "actions"}], "filter_test_accounts": True}
    assert compiled(filters, test_account_filters=[INTERNAL]) == [
        *INTERNAL_CODE, *PAGEVIEW_CODE, *DOCS_CODE, 4, 2, 3, 2,
    ]  # fmt: skip
    filters["properties"] = [prop("a", 1)]
    assert compiled(filters, test_account_filters=[INTERNAL])[-4:] == [4, 2, 3, 3]


def test_test_account_filters_wait_for_being_asked() -> None:
    assert compiled({}, test_account_filters=[INTERNAL]) == [29]


def test_dots_walk_into_activity_log_entries_only() -> None:
    activity = {"id": "$activity_log_entry_created", "type": "events"}
    filters = {"events": [activity], "properties": [prop("detail.name", "x")]}
    assert compiled(filters)[:10] == [32, "x", 32, "name", 32, "detail", 32, "properties", 1, 3]
    filters["events"].append(PAGEVIEW)
    assert compiled(filters)[:8] == [32, "x", 32, "detail.name", 32, "properties", 1, 2]


COHORT = {"type": "cohort", "key": "id", "value": 4}
ERRORS = [
    ({"actions": [{"id": 99, "type": "actions"}]}, "Action matching query does not exist."),
    ({"actions": [{"id": "x", "type": "actions"}]}, "Action matching query does not exist."),
    (
        {"properties": [COHORT]},
        "Can't use cohorts in real-time filters. Please inline the relevant expressions (cohort id=4).",
    ),
    (
        {"filter_test_accounts": True},
        f"Can't use cohorts in real-time filters. Update your filters at: {SITE}. "
        "Please inline the relevant expressions (cohort id=4, cohort id=5).",
    ),
    (
        {"properties": [{"type": "hogql", "key": "nope(1) and other() and lower('x') and nope(2)"}]},
        "Filter compilation errors: Hog function `nope` is not implemented, Hog function `other` is not implemented",
    ),
    (
        {"properties": [prop("a", "1", operator="like_a_lot")]},
        "The property operator 'like_a_lot' is not supported",
    ),
    (
        {"properties": [prop("a", 1, operator="between")]},
        "between operator requires a two-element array [min, max]",
    ),
]


@pytest.mark.parametrize(("filters", "message"), ERRORS)
def test_error(filters: dict[str, Any], message: str) -> None:
    with pytest.raises(HogCompileError) as caught:
        compiled(filters, test_account_filters=[COHORT, {**COHORT, "value": 5}], settings_url=SITE)
    assert caught.value.message == message


def test_queries_are_refused() -> None:
    with pytest.raises(HogError):
        compiled({"properties": [{"type": "hogql", "key": "event in (select event from events)"}]})


@pytest.mark.parametrize(
    ("extra", "negated"), [({}, False), ({"negation": True}, True), ({"operator": "not_in"}, True)]
)
def test_cohort_of_person_properties_is_inlined(extra: dict[str, Any], negated: bool) -> None:
    cohorts = {4: {"properties": {"type": "OR", "values": [INTERNAL]}}}
    code = compiled({"filter_test_accounts": True}, test_account_filters=[{**COHORT, **extra}], cohorts=cohorts)
    assert code == [*INTERNAL_CODE, 5] if negated else INTERNAL_CODE


@pytest.mark.parametrize(
    "cohort",
    [
        {"is_static": True, "properties": {"type": "OR", "values": [INTERNAL]}},
        {"properties": {"type": "OR", "values": [{"type": "behavioral", "key": "x"}]}},
        {"properties": None},
    ],
)
def test_other_cohorts_are_not(cohort: dict[str, Any]) -> None:
    with pytest.raises(HogCompileError, match=r"\(cohort id=4\)"):
        compiled({"filter_test_accounts": True}, test_account_filters=[COHORT], cohorts={4: cohort})
