"""POST hog_functions/ (hog_functions.md 1.1, 1.3, 2.1-2.5)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hog_functions.models import HogFunction
from tests.hog_functions.conftest import WEBHOOK, Functions, assert_refused

FULL_KEYS = [
    "id",
    "type",
    "name",
    "description",
    "created_at",
    "created_by",
    "updated_at",
    "enabled",
    "hog",
    "bytecode",
    "transpiled",
    "inputs_schema",
    "inputs",
    "filters",
    "masking",
    "mappings",
    "icon_url",
    "template",
    "status",
    "execution_order",
    "batch_export_id",
]


def test_a_destination_is_created_and_shown_whole(functions: Functions, user: Any) -> None:
    response = functions.post()
    body = response.json()
    assert response.status_code == 201, body
    assert list(body) == FULL_KEYS
    assert UUID(body["id"]).version == 7
    assert body["created_at"] == body["updated_at"]
    assert body["created_by"]["email"] == user.email
    assert body["bytecode"][:2] == ["_H", 1]
    assert body["inputs_schema"][0] == {
        "key": "url",
        "type": "string",
        "label": "URL",
        "required": True,
        "secret": False,
        "hidden": False,
    }
    assert body["inputs"]["url"]["value"] == "https://example.com/{event.event}"
    assert body["inputs"]["url"]["bytecode"][:2] == ["_H", 1]
    assert body["inputs"]["body"]["bytecode"]["count"] == 3
    assert body["filters"]["source"] == "events"
    assert body["filters"]["bytecode"][:2] == ["_H", 1]
    assert body["status"] == {"state": 1, "tokens": 10000}
    unset = ("transpiled", "masking", "mappings", "icon_url", "template", "execution_order", "batch_export_id")
    assert [body[key] for key in unset] == [None] * len(unset)


def test_the_bytecode_of_a_call_is_what_clients_store(functions: Functions) -> None:
    created = functions.create(hog="fetch(inputs.url);")
    assert created["bytecode"] == ["_H", 1, 32, "url", 32, "inputs", 1, 2, 2, "fetch", 1, 35]


def test_the_least_body_gets_the_defaults(functions: Functions) -> None:
    response = functions.client.post(functions.url, {"hog": "return 1"}, format="json")
    body = response.json()
    assert response.status_code == 201, body
    assert (body["type"], body["name"], body["description"], body["enabled"]) == ("destination", None, "", False)
    assert (body["inputs_schema"], body["inputs"]) == ([], {})
    assert body["filters"] == {"source": "events", "bytecode": ["_H", 1, 29]}
    assert body["status"] == {"state": 0, "tokens": 0}


def test_read_only_and_unknown_keys_are_ignored(functions: Functions) -> None:
    created = functions.create(
        id="497f6eca-6276-4993-bfeb-53cbbbba6f08",
        bytecode=["x"],
        status={"state": 12, "tokens": 1},
        template={"id": "x"},
        batch_export_id="497f6eca-6276-4993-bfeb-53cbbbba6f08",
        created_at="2019-08-24T14:15:22Z",
        nonsense=1,
        _create_in_folder="Unfiled/Here",
    )
    assert created["id"] != "497f6eca-6276-4993-bfeb-53cbbbba6f08"
    assert created["bytecode"] != ["x"]
    assert (created["template"], created["batch_export_id"], created["status"]["state"]) == (None, None, 1)
    assert not created["created_at"].startswith("2019")


def test_null_stands_for_nothing_given(functions: Functions) -> None:
    body = {"hog": "return 1", "inputs_schema": None, "inputs": None, "filters": None, "mappings": [], "masking": None}
    response = functions.client.post(functions.url, body, format="json")
    assert response.status_code == 201, response.json()
    created = response.json()
    assert (created["inputs_schema"], created["inputs"], created["mappings"], created["masking"]) == (
        [],
        {},
        None,
        None,
    )


@pytest.mark.parametrize("type_", ["destination", "internal_destination", "source_webhook", "warehouse_source_webhook"])
def test_types_that_run_hog_on_the_server(functions: Functions, type_: str) -> None:
    assert functions.create(type=type_)["type"] == type_


def test_a_null_type_is_kept(functions: Functions) -> None:
    assert functions.create(type=None)["type"] is None


SCHEMA = WEBHOOK["inputs_schema"]
BAD_BODIES: list[tuple[dict[str, Any], str | None, str, str | None]] = [
    ({"type": "carrier_pigeon"}, "type", "invalid_choice", '"carrier_pigeon" is not a valid choice.'),
    ({"type": ["destination"]}, "type", "invalid_choice", None),
    ({"name": "x" * 401}, "name", "max_length", "Ensure this field has no more than 400 characters."),
    ({"name": ["x"]}, "name", "invalid_input", "Not a valid string."),
    ({"description": {"a": 1}}, "description", "invalid_input", "Not a valid string."),
    ({"enabled": "perhaps"}, "enabled", "invalid_input", "Must be a valid boolean."),
    ({"enabled": None}, "enabled", "null", "This field may not be null."),
    ({"deleted": 7}, "deleted", "invalid_input", "Must be a valid boolean."),
    ({"hog": ["return 1"]}, "hog", "invalid_input", "Not a valid string."),
    ({"hog": ""}, "hog", "blank", "This field may not be blank."),
    ({"hog": ...}, "hog", "invalid_input", "Required."),
    ({"hog": None}, "hog", "invalid_input", "Required."),
    ({"hog": "// " + "x" * 102_400}, "hog", "invalid_input", None),
    ({"hog": "// " + "é" * 51_200}, "hog", "invalid_input", None),
    ({"inputs_schema": {"a": 1}}, "inputs_schema", "not_a_list", 'Expected a list of items but got type "dict".'),
    (
        {"inputs_schema": ["x"]},
        "inputs_schema__0__non_field_errors",
        "invalid_input",
        "Invalid data. Expected a dictionary, but got str.",
    ),
    ({"inputs_schema": [{"key": "a"}]}, "inputs_schema__0__type", "required", "This field is required."),
    ({"inputs_schema": [{"type": "string"}]}, "inputs_schema__0__key", "required", "This field is required."),
    (
        {"inputs_schema": [*SCHEMA, {"type": "colour", "key": "c"}]},
        "inputs_schema__3__type",
        "invalid_choice",
        '"colour" is not a valid choice.',
    ),
    ({"inputs_schema": [{"type": "string", "key": ""}]}, "inputs_schema__0__key", "blank", None),
    ({"inputs_schema": [{"type": "string", "key": "a", "default": None}]}, "inputs_schema__0__default", "null", None),
    (
        {"inputs_schema": [{"type": "string", "key": "a", "templating": "true"}]},
        "inputs_schema__0__templating",
        "invalid_choice",
        '"true" is not a valid choice.',
    ),
    (
        {"inputs_schema": [{"type": "choice", "key": "a", "choices": ["x"]}]},
        "inputs_schema__0__choices__0",
        "not_a_dict",
        'Expected a dictionary of items but got type "str".',
    ),
    (
        {"inputs_schema": [{"type": "string", "key": "a", "required": "perhaps"}]},
        "inputs_schema__0__required",
        "invalid_input",
        "Must be a valid boolean.",
    ),
    (
        {"inputs_schema": [{"type": "string", "key": "a", "description": ""}]},
        "inputs_schema__0__description",
        "blank",
        "This field may not be blank.",
    ),
    ({"inputs": ["a"]}, "inputs", "not_a_dict", 'Expected a dictionary of items but got type "list".'),
    ({"inputs": {}}, "inputs__url", "invalid_input", "This field is required."),
    ({"inputs": {"url": {"value": ""}}}, "inputs__url", "invalid_input", "This field is required."),
    ({"inputs": {"url": {"value": None}}}, "inputs__url", "invalid_input", "This field is required."),
    ({"inputs": {"url": {"value": 5}}}, "inputs__url", "invalid_input", "Value must be a string."),
    (
        {"inputs": {"url": "https://example.com"}},
        "inputs__url__non_field_errors",
        "invalid_input",
        "Invalid data. Expected a dictionary, but got str.",
    ),
    (
        {"inputs": {"url": {"value": "x", "templating": "jinja"}}},
        "inputs__url__templating",
        "invalid_choice",
        '"jinja" is not a valid choice.',
    ),
    (
        {"filters": "x"},
        "filters__non_field_errors",
        "invalid_input",
        "Invalid data. Expected a dictionary, but got str.",
    ),
    ({"filters": {"source": "moon"}}, "filters__source", "invalid_choice", '"moon" is not a valid choice.'),
    ({"filters": {"events": {}}}, "filters__events", "not_a_list", None),
    ({"filters": {"events": ["$pageview"]}}, "filters__events__0", "not_a_dict", None),
    ({"filters": {"properties": None}}, "filters__properties", "null", None),
    (
        {"filters": {"filter_test_accounts": "perhaps"}},
        "filters__filter_test_accounts",
        "invalid_input",
        "Must be a valid boolean.",
    ),
    ({"masking": 5}, "masking__non_field_errors", "invalid_input", "Invalid data. Expected a dictionary, but got int."),
    ({"masking": {"hash": "x"}}, "masking__ttl", "required", "This field is required."),
    ({"masking": {"ttl": 60}}, "masking__hash", "required", "This field is required."),
    ({"masking": {"ttl": 59, "hash": "x"}}, "masking__ttl", "min_value", None),
    ({"masking": {"ttl": 86401, "hash": "x"}}, "masking__ttl", "max_value", None),
    ({"masking": {"ttl": "soon", "hash": "x"}}, "masking__ttl", "invalid_input", "A valid integer is required."),
    ({"masking": {"ttl": 60, "hash": ""}}, "masking__hash", "blank", "This field may not be blank."),
    ({"mappings": "x"}, "mappings", "not_a_list", 'Expected a list of items but got type "str".'),
    ({"mappings": [3]}, "mappings__0__non_field_errors", "invalid_input", None),
    ({"mappings": [{"inputs": {}}]}, "mappings__0__inputs", "invalid_input", "Missing inputs_schema."),
    (
        {"mappings": [{}, {"inputs_schema": SCHEMA, "inputs": {}}]},
        "mappings__1__inputs__url",
        "invalid_input",
        "This field is required.",
    ),
    (
        {"type": "internal_destination", "mappings": [{"name": "a"}]},
        "mappings",
        "invalid_input",
        "Mappings are only allowed for destinations.",
    ),
    ({"icon_url": ["x"]}, "icon_url", "invalid_input", "Not a valid string."),
    ({"template_id": "nope"}, "template_id", "invalid_input", "No template found for id 'nope'"),
    ({"template_id": "x" * 401}, "template_id", "max_length", None),
    ({"execution_order": -1}, "execution_order", "min_value", None),
    ({"execution_order": 32768}, "execution_order", "max_value", None),
    ({"execution_order": "first"}, "execution_order", "invalid_input", "A valid integer is required."),
    ({"inputs": {"url": {"value": "x\0y"}}}, "inputs__url__value", "null_characters_not_allowed", None),
]


@pytest.mark.parametrize(("changes", "attr", "code", "detail"), BAD_BODIES, ids=lambda one: str(one)[:50])
def test_bad_input_is_refused_with_the_path_to_the_fault(
    functions: Functions, changes: dict[str, Any], attr: str | None, code: str, detail: str | None
) -> None:
    assert_refused(functions.post(**changes), attr=attr, code=code, detail=detail)
    assert not HogFunction.objects.exists()


@pytest.mark.parametrize("body", [[], [1], "x", 5, True])
def test_a_body_that_is_no_object_is_refused(functions: Functions, body: Any) -> None:
    response = functions.client.post(functions.url, body, format="json")
    assert response.status_code == 400
    assert response.json()["attr"] is None


@pytest.mark.parametrize(
    ("hog", "line", "column"),
    [("let x :=", 1, 8), ("return 1;\nlet a = 1;", 2, 6), ("if (true) {", 1, 11)],
)
def test_hog_that_does_not_compile_says_where(functions: Functions, hog: str, line: int, column: int) -> None:
    response = functions.post(hog=hog)
    assert_refused(response, attr="hog")
    body = response.json()
    assert body["detail"].startswith("Hog code has errors.")
    assert (body["extra"]["line"], body["extra"]["column"]) == (line, column)


def test_hyphens_in_names_are_explained(functions: Functions) -> None:
    response = functions.post(hog="return event.properties.my-name")
    assert_refused(response, attr="hog")
    assert response.json()["detail"] == (
        "Hyphens are not supported in identifiers and are interpreted as subtraction. "
        "Use bracket notation: event.properties['my-name']"
    )
    assert functions.post(hog="return event.properties.my - name").status_code == 201


def test_a_function_is_created_in_a_fixed_number_of_queries(functions: Functions) -> None:
    functions.create()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        functions.create()
    # Key with project and member; savepoint, lock, two inserts (one of the log), release; the row as it is shown.
    assert len(queries) <= 7, [query["sql"][:80] for query in queries]


def test_undeclared_inputs_are_left_out_and_the_answer_says_so(functions: Functions) -> None:
    created = functions.create(inputs={**WEBHOOK["inputs"], "colour": {"value": "red"}})
    assert created["warnings"] == ["inputs.colour is not declared in inputs_schema and was left out."]
    assert "colour" not in created["inputs"]
    assert "warnings" not in functions.get(created["id"]).json()


def test_another_project_is_not_to_be_written_to(api: Any, other_project: Any) -> None:
    response = Functions(api(), other_project.pk).post()
    assert response.status_code == 403


@pytest.mark.parametrize(("scope", "status"), [("hog_function:read", 403), ("hog_function:write", 201)])
def test_creating_needs_the_scope_to_write(api: Any, project: Any, scope: str, status: int) -> None:
    response = Functions(api(scope), project.pk).post()
    assert response.status_code == status
    if status == 403:
        assert response.json()["detail"] == "API key missing required scope 'hog_function:write'"


LONG = "x" * 400_000
SIZED: list[tuple[str, dict[str, Any]]] = [
    ("description", {"description": "x" * 2**20}),
    ("icon_url", {"description": LONG, "icon_url": "http://x/" + LONG + LONG}),
    ("inputs", {"inputs": {"body": {"value": [LONG, LONG, LONG]}}}),
    ("inputs_schema", {"inputs_schema": [{"key": "a", "type": "string", "description": LONG + LONG + LONG}]}),
    ("filters", {"description": LONG, "filters": {"properties": [{"key": LONG, "type": "event", "value": LONG}]}}),
    ("mappings", {"mappings": [{"name": LONG, "filters": {}}] * 3}),
]


@pytest.mark.parametrize(("attr", "changes"), SIZED, ids=[attr for attr, _ in SIZED])
def test_parts_beside_the_program_may_not_exceed_a_megabyte_together(
    functions: Functions, attr: str, changes: dict[str, Any]
) -> None:
    refused = functions.post(**changes)
    assert_refused(refused, attr=attr)
    assert "may not exceed 1MB together" in refused.json()["detail"]
    assert_refused(functions.invoke(configuration={**WEBHOOK, **changes}), attr=f"configuration__{attr}")


def test_changes_in_steps_do_not_get_past_the_limit(functions: Functions) -> None:
    created = functions.create(description=LONG, icon_url="http://x/" + LONG)
    assert_refused(functions.patch(created["id"], filters={"properties": [{"key": LONG}]}), attr="filters")
    assert functions.patch(created["id"], name="Still", enabled=False).status_code == 200
    assert functions.patch(created["id"], description="").status_code == 200


def test_what_is_computed_does_not_count(functions: Functions) -> None:
    created = functions.create(inputs={**WEBHOOK["inputs"], "body": {"value": "{event.event}" + LONG + LONG}})
    assert len(str(created["inputs"])) > 2**20
    assert functions.patch(created["id"], inputs=created["inputs"]).status_code == 200


@pytest.mark.parametrize(
    ("attr", "changes"),
    [
        ("inputs_schema", {"inputs_schema": [{"key": f"k{n}", "type": "string"} for n in range(501)], "inputs": {}}),
        ("filters__events", {"filters": {"events": [{"id": "e"}] * 501}}),
        ("filters__actions", {"filters": {"actions": [{"id": 1}] * 501}}),
        ("filters__properties", {"filters": {"properties": [{"key": "k"}] * 501}}),
    ],
)
def test_lists_have_at_most_five_hundred_entries(functions: Functions, attr: str, changes: dict[str, Any]) -> None:
    detail = "Ensure this field has no more than 500 elements."
    assert_refused(functions.post(**changes), attr=attr, code="max_length", detail=detail)
