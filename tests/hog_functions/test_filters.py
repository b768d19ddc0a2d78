"""Filters and mappings as they are stored (hog_functions.md 2.7, 2.9)."""

from __future__ import annotations

from typing import Any

import pytest

from hogapi.accounts.models import Environment
from tests.hog_functions.conftest import WEBHOOK, Functions, assert_refused

EVENT = {"id": "$pageview", "name": "$pageview", "type": "events", "order": 0}
ACTION = {"id": "7", "type": "actions"}
TABLE = {"id": "t", "name": "orders", "table_name": "orders"}


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("events", {"events", "actions_error"}),
        ("person-updates", set()),
        ("data-warehouse-table", {"data_warehouse"}),
    ],
)
def test_each_source_keeps_what_it_can_have(functions: Functions, source: str, kept: set[str]) -> None:
    given = {"source": source, "events": [EVENT], "data_warehouse": [TABLE, {"name": "Select a table"}]}
    filters = functions.create(filters=given)["filters"]
    assert set(filters) == {"source", "bytecode"} | (kept - {"actions_error"})
    if "data_warehouse" in kept:
        assert filters["data_warehouse"] == [TABLE]


def test_unknown_and_computed_keys_are_dropped(functions: Functions) -> None:
    filters = functions.create(filters={"bytecode": ["x"], "bytecode_error": "y", "transpiled": {}, "junk": 1})[
        "filters"
    ]
    assert filters == {"source": "events", "bytecode": ["_H", 1, 29]}


def test_one_event_is_compiled_without_wrappers(functions: Functions) -> None:
    filters = functions.create(filters={"events": [EVENT]})["filters"]
    assert filters["bytecode"] == ["_H", 1, 32, "$pageview", 32, "event", 1, 1, 11]


def test_test_account_filters_of_the_project_come_first(functions: Functions, project: Any) -> None:
    own = [{"key": "email", "type": "person", "operator": "not_icontains", "value": "@x"}]
    Environment.objects.filter(pk=project.pk).update(test_account_filters=own)
    filters = functions.create(filters={"events": [EVENT], "filter_test_accounts": True})["filters"]
    assert filters["bytecode"] == [
        "_H", 1, 32, "%@x%", 32, "email", 32, "properties", 32, "person", 1, 3, 2, "toString", 1, 20,
        32, "$pageview", 32, "event", 1, 1, 11, 3, 2,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "text"),
    [
        ({"actions": [ACTION]}, "Action matching query does not exist."),
        ({"properties": [{"type": "cohort", "key": "id", "value": 3}]}, "ohort"),
        ({"properties": [{"type": "hogql", "key": "1 +"}]}, ""),
        ({"properties": [{"type": "hogql", "key": "event in (select 1)"}]}, ""),
    ],
)
def test_filters_that_cannot_be_compiled(functions: Functions, filters: dict[str, Any], text: str) -> None:
    response = functions.post(filters=filters)
    assert_refused(response, attr="filters__non_field_errors")
    assert response.json()["detail"].startswith("Invalid filter configuration: ")
    assert text in response.json()["detail"]


def test_a_change_elsewhere_does_not_fail_for_filters_that_broke(functions: Functions, project: Any) -> None:
    created = functions.create(filters={"filter_test_accounts": True})
    cohort = [{"type": "cohort", "key": "id", "value": 3}]
    Environment.objects.filter(pk=project.pk).update(test_account_filters=cohort)
    changed = functions.patch(created["id"], name="x")
    assert changed.status_code == 200
    assert changed.json()["filters"]["bytecode"] is None
    assert "ohort" in changed.json()["filters"]["bytecode_error"]
    Environment.objects.filter(pk=project.pk).update(test_account_filters=[])
    mended = functions.patch(created["id"], name="y").json()["filters"]
    assert mended["bytecode"] == ["_H", 1, 29]
    assert "bytecode_error" not in mended


MAPPING = {
    "name": "one",
    "filters": {"events": [EVENT]},
    "inputs_schema": [{"key": "path", "type": "string", "required": True}],
    "inputs": {"path": {"value": "/{event.event}"}, "stray": {"value": 1}},
}


def test_mappings_are_checked_and_compiled_like_the_function(functions: Functions) -> None:
    created = functions.create(mappings=[MAPPING])
    (mapping,) = created["mappings"]
    assert mapping["filters"]["bytecode"][:2] == ["_H", 1]
    assert mapping["inputs"]["path"]["bytecode"][:2] == ["_H", 1]
    assert mapping["inputs_schema"][0]["secret"] is False
    assert created["warnings"] == ["mappings.0.inputs.stray is not declared in inputs_schema and was left out."]


def test_with_mappings_the_function_itself_has_no_events(functions: Functions) -> None:
    own = {"events": [EVENT], "properties": [{"key": "a", "value": "b", "type": "event"}]}
    created = functions.create(filters=own, mappings=[MAPPING])
    assert "events" not in created["filters"]
    assert created["filters"]["bytecode"] == ["_H", 1, 32, "b", 32, "a", 32, "properties", 1, 2, 11]
    changed = functions.patch(created["id"], filters=own)
    assert "events" not in changed.json()["filters"]


@pytest.mark.parametrize(
    ("mapping", "attr"),
    [
        ({**MAPPING, "inputs": {}}, "mappings__0__inputs__path"),
        ({**MAPPING, "inputs": {"path": {"value": "{"}}}, "mappings__0__inputs__path"),
        ({**MAPPING, "filters": {"actions": [ACTION]}}, "mappings__0__filters__non_field_errors"),
        ({"inputs": {"a": {"value": 1}}}, "mappings__0__inputs"),
    ],
)
def test_faults_in_mappings_have_their_path(functions: Functions, mapping: dict[str, Any], attr: str) -> None:
    assert_refused(functions.post(mappings=[mapping]), attr=attr)


def test_mappings_belong_to_destinations(functions: Functions) -> None:
    created = functions.create(type="internal_destination")
    detail = "Mappings are only allowed for destinations."
    assert_refused(functions.patch(created["id"], mappings=[]), attr="mappings", detail=detail)
    assert functions.patch(created["id"], mappings=None).status_code == 200
    destination = functions.create()
    assert functions.patch(destination["id"], mappings=[]).json()["mappings"] == []


def test_masking_is_compiled_and_null_clears_it(functions: Functions) -> None:
    created = functions.create(masking={"ttl": 60, "hash": "{event.distinct_id}", "threshold": None})
    assert created["masking"]["bytecode"][:2] == ["_H", 1]
    assert {key: created["masking"][key] for key in ("ttl", "hash", "threshold")} == {
        "ttl": 60,
        "hash": "{event.distinct_id}",
        "threshold": None,
    }
    assert functions.patch(created["id"], masking=None).json()["masking"] is None
    assert_refused(functions.post(masking={"ttl": 60, "hash": "{1 +"}), attr="masking__hash")
    assert WEBHOOK.get("masking") is None
