"""PATCH and PUT hog_functions/:id/ (hog_functions.md 2.1, 2.2, 2.10, 2.11)."""

from __future__ import annotations

from typing import Any

import pytest

from hog_functions.models import FunctionHealth, HogFunction
from tests.hog_functions.conftest import WEBHOOK, Functions, assert_refused


def test_a_change_leaves_everything_else_alone(functions: Functions) -> None:
    created = functions.create()
    response = functions.patch(created["id"], name="Renamed")
    changed = response.json()
    assert response.status_code == 200
    assert {key for key in created if created[key] != changed[key]} == {"name", "updated_at"}
    assert changed["updated_at"] > created["updated_at"]


def test_bytecode_follows_the_program(functions: Functions) -> None:
    created = functions.create()
    changed = functions.patch(created["id"], hog="fetch(inputs.url);").json()
    assert changed["bytecode"] == ["_H", 1, 32, "url", 32, "inputs", 1, 2, 2, "fetch", 1, 35]


def test_inputs_follow_a_new_schema(functions: Functions) -> None:
    created = functions.create()
    schema = [*WEBHOOK["inputs_schema"], {"key": "extra", "type": "number"}]
    changed = functions.patch(created["id"], inputs_schema=schema).json()
    assert changed["inputs"]["extra"] is None
    assert changed["inputs"]["url"]["value"] == WEBHOOK["inputs"]["url"]["value"]
    assert_refused(
        functions.patch(created["id"], inputs_schema=[{"key": "new", "type": "string", "required": True}]),
        attr="inputs__new",
        detail="This field is required.",
    )


@pytest.mark.parametrize(
    ("changes", "attr", "code"),
    [
        ({"type": "transformation"}, "type", "invalid_input"),
        ({"type": None}, "type", "invalid_input"),
        ({"type": "pigeon"}, "type", "invalid_choice"),
        ({"inputs": None}, "inputs", "null"),
        ({"inputs_schema": None}, "inputs_schema", "null"),
        ({"inputs_schema": [{"type": "string"}]}, "inputs_schema__0__key", "required"),
        ({"inputs": {"url": {"value": "{1 +}"}}}, "inputs__url", "invalid_input"),
        ({"hog": ""}, "hog", "blank"),
        ({"hog": None}, "hog", "null"),
        ({"hog": "let a ="}, "hog", "invalid_input"),
        ({"description": None}, "description", "null"),
        ({"masking": {"hash": "x"}}, "masking__ttl", "required"),
        (
            {"filters": {"properties": [{"type": "cohort", "key": "id", "value": 1}]}},
            "filters__non_field_errors",
            "invalid_input",
        ),
    ],
    ids=str,
)
def test_bad_changes_are_refused_and_nothing_changes(
    functions: Functions, changes: dict[str, Any], attr: str, code: str
) -> None:
    created = functions.create()
    assert_refused(functions.patch(created["id"], **changes), attr=attr, code=code)
    assert functions.get(created["id"]).json() == created


def test_the_type_may_be_repeated(functions: Functions) -> None:
    created = functions.create()
    assert functions.patch(created["id"], type="destination").status_code == 200
    assert_refused(
        functions.patch(created["id"], type="site_app"),
        attr="type",
        detail="Cannot modify the type of an existing function",
    )


def test_put_takes_a_whole_function(functions: Functions) -> None:
    created = functions.create()
    body = {**WEBHOOK, "name": "Whole", "deleted": False}
    response = functions.client.put(functions.of(created["id"]), body, format="json")
    assert (response.status_code, response.json()["name"]) == (200, "Whole")


def test_sending_back_what_was_answered_changes_nothing(functions: Functions) -> None:
    created = functions.create()
    response = functions.client.put(functions.of(created["id"]), created, format="json")
    assert response.status_code == 200, response.json()
    answered = response.json()
    assert {key for key in created if created[key] != answered[key]} == {"updated_at"}


def test_null_filters_are_empty_filters(functions: Functions) -> None:
    created = functions.create()
    assert functions.patch(created["id"], filters=None).json()["filters"] == {
        "source": "events",
        "bytecode": ["_H", 1, 29],
    }


def test_deleting_hides_and_a_literal_false_brings_back(functions: Functions) -> None:
    created = functions.create()
    deleted = functions.patch(created["id"], deleted=True)
    assert (deleted.status_code, deleted.json()["enabled"]) == (200, True)
    assert "deleted" not in deleted.json()
    assert functions.list().json()["count"] == 0
    for response in (
        functions.get(created["id"]),
        functions.patch(created["id"], name="x"),
        functions.patch(created["id"], deleted="false"),
        functions.client.put(functions.of(created["id"]), {**WEBHOOK, "deleted": False}, format="json"),
        functions.client.get(functions.of(created["id"], "logs/")),
    ):
        assert response.status_code == 404
    restored = functions.patch(created["id"], deleted=False, name="Back")
    assert (restored.status_code, restored.json()["name"]) == (200, "Back")
    assert functions.get(created["id"]).status_code == 200


def test_enabling_a_disabled_destination_gives_it_a_second_chance(functions: Functions) -> None:
    created = functions.create(enabled=False)
    health = FunctionHealth.objects.create(function_id=created["id"], state=3, tokens=-5)
    assert functions.patch(created["id"], name="x").json()["status"]["state"] == 0
    assert functions.patch(created["id"], enabled=True).json()["status"] == {"state": 2, "tokens": -5}
    FunctionHealth.objects.filter(pk=health.pk).update(state=12)
    assert functions.patch(created["id"], enabled=True).json()["status"]["state"] == 12


def test_transformations_line_up(functions: Functions) -> None:
    made = [functions.create(type="transformation", name=name, enabled=True) for name in "abc"]
    assert [one["execution_order"] for one in made] == [1, 2, 3]
    assert functions.create(type="transformation", execution_order=7, enabled=False)["execution_order"] == 7
    functions.patch(made[1]["id"], enabled=False)
    assert functions.patch(made[1]["id"], enabled=True).json()["execution_order"] == 8
    functions.patch(made[0]["id"], deleted=True)
    assert functions.patch(made[0]["id"], deleted=False).json()["execution_order"] == 9
    functions.patch(made[2]["id"], enabled=False)
    assert functions.patch(made[2]["id"], enabled=True, execution_order=0).json()["execution_order"] == 0


def test_at_most_twenty_transformations_run(functions: Functions, project: Any) -> None:
    HogFunction.objects.bulk_create(
        HogFunction(project_id=project.pk, type="transformation", enabled=True, hog="return 1") for _ in range(20)
    )
    detail = (
        "Maximum of 20 enabled transformation functions allowed per team. Please contact support if you need this "
        "limit increased, or disable some existing transformations."
    )
    assert_refused(functions.post(type="transformation", enabled=True), attr="type", detail=detail)
    disabled = functions.create(type="transformation", enabled=False)
    assert_refused(functions.patch(disabled["id"], enabled=True), attr="type", detail=detail)
    assert functions.patch(disabled["id"], name="fine").status_code == 200
