"""What programs and filters see of an event (hog_functions.md 3.1, hog_language.md 9)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hogapi.hog.filters import compile_filters
from hogapi.runtime.filters import matcher
from hogapi.runtime.globals import Subject, event_globals, filter_globals, source_global, stored_event_globals

PROJECT = Subject(7, "Burrow")


def made(**changes: Any) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "uuid": "u1",
        "event": "$pageview",
        "distinct_id": "a/b",
        "properties": {"$browser": "Firefox", "n": 3},
        "timestamp": datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC),
    }
    return event_globals(PROJECT, **{**parts, **changes})


def test_links_lead_to_the_project(settings: Any) -> None:
    settings.SITE_URL = "https://hog.example"
    found = made(person_id="p1")
    assert found["project"] == {"id": 7, "name": "Burrow", "url": "https://hog.example/project/7"}
    assert found["event"]["timestamp"] == "2026-01-02T03:04:05.678Z"
    assert found["event"]["url"] == "https://hog.example/project/7/events/u1/2026-01-02T03%3A04%3A05.678Z"
    assert found["person"]["url"] == "https://hog.example/project/7/person/a%2Fb"
    assert source_global(PROJECT, id="f", name="F") == {"name": "F", "url": "https://hog.example/project/7/functions/f"}


@pytest.mark.parametrize(
    ("properties", "name"),
    [({"email": "e@x", "name": "n"}, "e@x"), ({"name": "n"}, "n"), ({"email": ""}, "a/b"), ({}, "a/b")],
)
def test_a_person_has_a_name(properties: dict[str, Any], name: str) -> None:
    assert made(person_id="p1", person_properties=properties)["person"]["name"] == name
    assert made()["person"] is None


def test_a_stored_event_may_hold_json_as_text() -> None:
    row = {
        "uuid": "u1",
        "event": "e",
        "distinct_id": "d",
        "properties": '{"a": 1}',
        "timestamp": "2026-01-02 03:04:05.000",
        "person_id": "p",
        "person_properties": '{"email": "x@y"}',
        "elements_chain": 'a:href="/x"',
    }
    found = stored_event_globals(PROJECT, row)
    assert found["event"]["properties"] == {"a": 1}
    assert found["event"]["timestamp"] == "2026-01-02T03:04:05.000Z"
    assert found["person"]["name"] == "x@y"


@pytest.mark.parametrize(
    "row", [{}, {"properties": "{", "timestamp": 5}, {"timestamp": "2026-99-99", "properties": []}]
)
def test_a_broken_stored_event_still_has_every_part(row: dict[str, Any]) -> None:
    found = stored_event_globals(PROJECT, row)
    assert found["event"]["properties"] == {}
    assert found["event"]["timestamp"].endswith("Z")


def test_filters_see_every_root_whatever_the_event_holds() -> None:
    for given in (made(), {"event": {}}, {}, {"event": {"properties": 5}, "person": 3, "groups": 4}):
        seen = filter_globals(given)
        assert {"event", "uuid", "timestamp", "distinct_id", "properties", "person", "pdi", "variables"} <= seen.keys()
        assert all({f"$group_{index}", f"group_{index}"} <= seen.keys() for index in range(5))
        assert matcher(compile_filters({"events": [{"id": None}]}, actions={}))(seen)


def test_elements_are_taken_apart() -> None:
    chain = 'button.btn:attr_id="buy"text="Buy"nth-child="1";a:href="/cart"text="Cart";div:text="Buy"'
    seen = filter_globals(made(elements_chain=chain))
    assert seen["elements_chain_href"] == "/cart"
    assert seen["elements_chain_texts"] == ["Buy", "Cart"]
    assert seen["elements_chain_ids"] == ["buy"]
    assert seen["elements_chain_elements"] == ["button", "a"]


def test_groups_are_found_by_index() -> None:
    given = {**made(), "groups": {"company": {"id": "acme", "index": 2, "properties": {"size": 5}}}}
    seen = filter_globals(given)
    assert (seen["$group_2"], seen["group_2"]) == ("acme", {"properties": {"size": 5}})
    assert (seen["$group_0"], seen["group_0"]) == (None, {"properties": {}})


@pytest.mark.parametrize(
    ("properties", "matches"),
    [
        ([{"key": "$browser", "value": "Firefox", "type": "event"}], True),
        ([{"key": "$browser", "value": ["Chrome", "Safari"], "type": "event"}], False),
        ([{"key": "n", "operator": "gt", "value": 2, "type": "event"}], True),
        ([{"key": "email", "operator": "icontains", "value": "@X", "type": "person"}], True),
        ([{"key": "missing", "operator": "is_set", "type": "event"}], False),
    ],
)
def test_property_filters_decide(properties: list[dict[str, Any]], matches: bool) -> None:
    bytecode = compile_filters({"events": [{"id": "$pageview"}], "properties": properties}, actions={})
    seen = filter_globals(made(person_id="p", person_properties={"email": "a@x.y"}))
    assert matcher(bytecode)(seen) is matches
