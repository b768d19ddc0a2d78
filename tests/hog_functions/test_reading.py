"""GET hog_functions/ and hog_functions/:id/ (hog_functions.md 1.1, 1.2, 1.4)."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hog_functions.models import FunctionHealth, HogFunction
from hogapi.runtime import templates
from tests.hog_functions.conftest import Functions, assert_refused

MINIMAL_KEYS = [
    "id",
    "type",
    "name",
    "description",
    "created_at",
    "created_by",
    "updated_at",
    "enabled",
    "hog",
    "filters",
    "icon_url",
    "template",
    "status",
    "execution_order",
]


def test_a_list_shows_the_short_form(functions: Functions, webhook_template: None) -> None:
    created = functions.create(template_id="template-webhook")
    body = functions.list().json()
    assert {key: body[key] for key in ("count", "next", "previous")} == {"count": 1, "next": None, "previous": None}
    (row,) = body["results"]
    assert list(row) == MINIMAL_KEYS
    assert row == {key: created[key] for key in MINIMAL_KEYS}


def test_full_shows_whole_functions(functions: Functions) -> None:
    created = functions.create()
    assert functions.list(full="true").json()["results"] == [created]
    assert list(functions.list(full="1").json()["results"][0]) == MINIMAL_KEYS


def test_retrieve_shows_what_create_answered(functions: Functions) -> None:
    created = functions.create()
    response = functions.get(created["id"])
    assert (response.status_code, response.json()) == (200, created)


@pytest.mark.parametrize("parent", ["projects", "environments"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_both_prefixes_and_both_spellings_work(functions: Functions, project: Any, parent: str, slash: str) -> None:
    created = functions.create()
    base = f"/api/{parent}/{project.pk}/hog_functions"
    assert functions.client.get(base + slash).json()["count"] == 1
    assert functions.client.get(f"{base}/{created['id']}{slash}").json()["id"] == created["id"]


@pytest.mark.parametrize("function_id", ["new", "1", str(uuid4()), "x" * 300])
def test_what_does_not_exist_is_not_found(functions: Functions, function_id: str) -> None:
    for response in (
        functions.get(function_id),
        functions.patch(function_id, name="x"),
        functions.client.get(functions.of(function_id, "logs/")),
        functions.client.get(functions.of(function_id, "metrics/")),
        functions.client.get(functions.of(function_id, "metrics/totals/")),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_functions_of_other_projects_are_not_found(api: Any, project: Any, other_project: Any, other_user: Any) -> None:
    theirs = Functions(api(owner=other_user), other_project.pk).create()
    ours = Functions(api(), project.pk)
    assert ours.get(theirs["id"]).status_code == 404
    assert ours.patch(theirs["id"], name="x").status_code == 404
    assert ours.list().json()["count"] == 0
    assert Functions(api(), other_project.pk).list().status_code == 403


def test_order_is_by_execution_then_by_latest_change(functions: Functions) -> None:
    for name, order in (("a", None), ("b", 2), ("c", 1), ("d", None), ("e", 2)):
        functions.create(name=name, execution_order=order)
    assert functions.names() == ["c", "e", "b", "d", "a"]


def test_pages(functions: Functions) -> None:
    for number in range(5):
        functions.create(name=str(number))
    page = functions.list(limit=2, offset=1).json()
    assert (page["count"], [one["name"] for one in page["results"]]) == (5, ["3", "2"])
    assert page["next"].endswith("limit=2&offset=3")
    assert page["previous"].endswith("?limit=2")
    assert functions.list(limit=300).json()["count"] == 5
    assert functions.list(offset=9).json()["results"] == []


@pytest.fixture
def several(functions: Functions) -> Functions:
    functions.create(name="Alpha hook", description="sends 100% of it", enabled=True)
    functions.create(
        name="Beta",
        description="hook_b",
        enabled=False,
        type="internal_destination",
        filters={"events": [{"id": "$exception", "type": "events"}], "filter_test_accounts": True},
    )
    functions.create(name="Gamma", description="", enabled=True, type="transformation", filters={})
    return functions


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({}, {"Alpha hook", "Beta", "Gamma"}),
        ({"type": "destination"}, {"Alpha hook"}),
        ({"type": "destination, transformation"}, {"Alpha hook", "Gamma"}),
        ({"type": ""}, {"Alpha hook", "Beta", "Gamma"}),
        ({"type": "nonsense"}, set()),
        ({"enabled": "true"}, {"Alpha hook", "Gamma"}),
        ({"enabled": "False"}, {"Beta"}),
        ({"enabled": "1"}, {"Alpha hook", "Beta", "Gamma"}),
        ({"enabled": "true,false"}, {"Alpha hook", "Beta", "Gamma"}),
        ({"search": "HOOK"}, {"Alpha hook", "Beta"}),
        ({"search": "hook alpha"}, {"Alpha hook"}),
        ({"search": "hook,beta"}, {"Beta"}),
        ({"search": "100%"}, {"Alpha hook"}),
        ({"search": "k_b"}, {"Beta"}),
        ({"search": "l%h"}, set()),
        ({"filters": '{"filter_test_accounts": true}'}, {"Beta"}),
        ({"filters": '{"events": [{"id": "$pageview"}]}'}, {"Alpha hook"}),
        (
            {"filter_groups": '[{"events": [{"id": "$pageview"}]}, {}, {"events": [{"id": "$exception"}]}]'},
            {"Alpha hook", "Beta"},
        ),
        (
            {"filters": '{"events": [{"id": "$pageview"}]}', "filter_groups": '[{"filter_test_accounts": true}]'},
            {"Alpha hook", "Beta"},
        ),
        ({"filter_groups": "[]"}, {"Alpha hook", "Beta", "Gamma"}),
    ],
    ids=str,
)
def test_filters_of_the_list(several: Functions, params: dict[str, str], names: set[str]) -> None:
    assert set(several.names(**params)) == names


def test_exact_filters_of_the_list(functions: Functions, user: Any, other_user: Any) -> None:
    created = functions.create(name="a")
    functions.create(name="b")
    assert functions.names(id=created["id"]) == ["a"]
    assert functions.names(created_at=created["created_at"]) == ["a"]
    assert functions.names(updated_at=created["updated_at"]) == ["a"]
    assert functions.names(created_at="2020-01-01") == []
    assert set(functions.names(created_by=user.pk)) == {"a", "b"}
    assert functions.names(created_by=other_user.pk) == []


@pytest.mark.parametrize(
    ("params", "attr", "code", "detail"),
    [
        ({"id": "7"}, "id", "invalid_input", "Enter a valid UUID."),
        ({"created_by": "999999"}, "created_by", "invalid_choice", None),
        ({"created_by": "ada"}, "created_by", "invalid_choice", None),
        ({"created_by": "9" * 40}, "created_by", "invalid_choice", None),
        ({"created_at": "yesterday"}, "created_at", "invalid_input", "Enter a valid date/time."),
        ({"updated_at": "2024-13-01"}, "updated_at", "invalid_input", "Enter a valid date/time."),
        ({"filters": "{"}, "filters", "invalid_input", "Invalid filters"),
        ({"filters": '"\\u0000"'}, "filters", "invalid_input", "Invalid filters"),
        ({"filter_groups": "{}"}, "filter_groups", "invalid_input", "Invalid filter_groups"),
        ({"filter_groups": "nope"}, "filter_groups", "invalid_input", "Invalid filter_groups"),
        ({"search": "a\0b"}, "search", "null_characters_not_allowed", None),
        ({"type": "a\0b"}, "type", "null_characters_not_allowed", None),
    ],
    ids=str,
)
def test_bad_filters_of_the_list(
    functions: Functions, params: dict[str, str], attr: str, code: str, detail: str | None
) -> None:
    assert_refused(functions.list(**params), attr=attr, code=code, detail=detail)


@pytest.mark.parametrize("full", [False, True])
def test_a_list_costs_the_same_queries_whatever_its_length(
    functions: Functions, webhook_template: None, full: bool
) -> None:
    functions.create(template_id="template-webhook")
    params = {"full": "true"} if full else {}
    counts = []
    for copies in (0, 30):
        row = HogFunction.objects.values().first()
        assert row is not None
        HogFunction.objects.bulk_create(HogFunction(**{**row, "id": uuid4()}) for _ in range(copies))
        templates.presented._texts.clear()
        with CaptureQueriesContext(connection) as queries:
            assert functions.list(**params).json()["count"] == 1 + copies
        counts.append(len(queries))
    # Key with project and member, the page, templates that were never shown before.
    assert counts == [3, 3]


def test_retrieving_costs_two_queries(functions: Functions, webhook_template: None) -> None:
    created = functions.create(template_id="template-webhook")
    with CaptureQueriesContext(connection) as queries:
        functions.get(created["id"])
    assert len(queries) == 2


def test_status_is_zero_while_disabled_and_stored_while_enabled(functions: Functions) -> None:
    created = functions.create(enabled=True)
    FunctionHealth.objects.create(function_id=created["id"], state=2, tokens=77)
    assert functions.get(created["id"]).json()["status"] == {"state": 2, "tokens": 77}
    assert functions.patch(created["id"], enabled=False).json()["status"] == {"state": 0, "tokens": 0}


def test_delete_is_refused_with_an_empty_body(functions: Functions) -> None:
    created = functions.create()
    response = functions.client.delete(functions.of(created["id"]))
    assert (response.status_code, response.content) == (405, b"")
    assert functions.get(created["id"]).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("get", "", "read"),
        ("get", "{id}/", "read"),
        ("patch", "{id}/", "write"),
        ("put", "{id}/", "write"),
        ("delete", "{id}/", "write"),
        ("post", "{id}/invocations/", "write"),
        ("get", "{id}/logs/", "read"),
        ("get", "{id}/metrics/", "read"),
        ("get", "{id}/metrics/totals/", "read"),
    ],
)
def test_each_action_names_the_scope_that_a_key_lacks(
    functions: Functions, api: Any, project: Any, method: str, path: str, needed: str
) -> None:
    created = functions.create()
    other = Functions(api("insight:read"), project.pk)
    response = getattr(other.client, method)(other.url + path.format(id=created["id"]), {}, format="json")
    assert response.status_code == 403
    assert response.json()["detail"] == f"API key missing required scope 'hog_function:{needed}'"


def test_stored_json_is_answered_as_it_is(functions: Functions) -> None:
    body = {"value": {"text": 'ünï \u2028 "quoted" \\{x}', "number": 12345678901234567890, "nested": [None, 1.5]}}
    created = functions.create(inputs={"url": {"value": "x"}, "body": body})
    assert functions.get(created["id"]).json()["inputs"]["body"]["value"] == body["value"]
    assert json.dumps(created["inputs"])
