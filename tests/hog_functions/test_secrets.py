"""Secret inputs never come back and are never stored in clear (hog_functions.md 2.5a, 2.6; decision 4)."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

from hog_functions.models import HogFunction
from hogapi.runtime import secrets
from tests.hog_functions.conftest import WEBHOOK, Functions, assert_refused

SECRET = "open sesame"


def stored_row(function_id: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(f)::text FROM hog_functions_hogfunction f WHERE id = %s", [function_id])
        return str(cursor.fetchone()[0])


def secret_of(function_id: str, key: str = "key") -> Any:
    return HogFunction.objects.get(pk=function_id).decrypted()[0][key]["value"]


def test_a_secret_is_masked_encrypted_and_kept_apart(functions: Functions) -> None:
    created = functions.create()
    assert created["inputs"]["key"] == {"secret": True}
    assert SECRET not in json.dumps(functions.get(created["id"]).json())
    assert SECRET not in json.dumps(functions.list(full="true").json())
    assert SECRET not in stored_row(created["id"])
    assert HogFunction.objects.get(pk=created["id"]).encrypted_inputs.startswith("gAAAA")
    assert secret_of(created["id"]) == SECRET


def test_a_secret_stays_when_it_is_left_out_empty_or_sent_back_masked(functions: Functions) -> None:
    created = functions.create()
    url = {"value": "https://example.com/2"}
    for inputs in (
        {"url": url},
        {"url": url, "key": {}},
        {"url": url, "key": {"secret": True}},
        {"url": url, "key": None},
    ):
        changed = functions.patch(created["id"], inputs=inputs).json()
        assert changed["inputs"]["url"]["value"] == url["value"]
        assert changed["inputs"]["key"] == {"secret": True}
        assert secret_of(created["id"]) == SECRET
    functions.patch(created["id"], name="x")
    assert secret_of(created["id"]) == SECRET


def test_a_new_value_replaces_a_secret(functions: Functions) -> None:
    created = functions.create()
    functions.patch(created["id"], inputs={**WEBHOOK["inputs"], "key": {"value": "another"}})
    assert secret_of(created["id"]) == "another"


def test_an_optional_secret_may_be_emptied(functions: Functions) -> None:
    created = functions.create()
    changed = functions.patch(created["id"], inputs={**WEBHOOK["inputs"], "key": {"value": ""}}).json()
    assert changed["inputs"]["key"] == {"secret": True}
    assert secret_of(created["id"]) == ""


def test_a_secret_that_was_never_given_does_not_show(functions: Functions) -> None:
    created = functions.create(inputs={"url": {"value": "x"}})
    assert "key" not in created["inputs"]
    assert created["inputs"]["body"] is None
    assert HogFunction.objects.get(pk=created["id"]).encrypted_inputs is None


def test_a_required_secret_must_be_given_once(functions: Functions) -> None:
    schema = [{"key": "key", "type": "string", "secret": True, "required": True}]
    for inputs in ({}, {"key": {}}, {"key": {"secret": True}}, {"key": {"value": ""}}):
        assert_refused(
            functions.post(inputs_schema=schema, inputs=inputs), attr="inputs__key", detail="This field is required."
        )
    created = functions.create(inputs_schema=schema, inputs={"key": {"value": SECRET}})
    assert functions.patch(created["id"], inputs={}).status_code == 200


def test_a_secret_that_becomes_public_is_dropped(functions: Functions) -> None:
    created = functions.create()
    public = [{**one, "secret": False} for one in WEBHOOK["inputs_schema"]]
    changed = functions.patch(created["id"], inputs_schema=public).json()
    assert changed["inputs"]["key"] is None
    assert HogFunction.objects.get(pk=created["id"]).encrypted_inputs is None


def test_a_public_input_that_becomes_secret_moves_into_the_safe(functions: Functions) -> None:
    created = functions.create()
    schema = [{**one, "secret": True} if one["key"] == "url" else one for one in WEBHOOK["inputs_schema"]]
    changed = functions.patch(created["id"], inputs_schema=schema).json()
    assert changed["inputs"]["url"] == {"secret": True}
    assert secret_of(created["id"], "url") == WEBHOOK["inputs"]["url"]["value"]
    assert WEBHOOK["inputs"]["url"]["value"] not in stored_row(created["id"])
    assert secret_of(created["id"]) == SECRET


def test_secrets_of_removed_keys_vanish(functions: Functions) -> None:
    created = functions.create()
    changed = functions.patch(created["id"], inputs_schema=WEBHOOK["inputs_schema"][:2]).json()
    assert "key" not in changed["inputs"]
    assert HogFunction.objects.get(pk=created["id"]).encrypted_inputs is None


MAPPING = {
    "name": "first",
    "inputs_schema": [{"key": "token", "type": "string", "secret": True}, {"key": "path", "type": "string"}],
    "inputs": {"token": {"value": "mapped secret"}, "path": {"value": "/a"}},
}


def test_secrets_of_mappings_are_kept_the_same_way(functions: Functions) -> None:
    created = functions.create(mappings=[MAPPING])
    assert created["mappings"][0]["inputs"]["token"] == {"secret": True}
    assert "mapped secret" not in stored_row(created["id"])
    changed = functions.patch(created["id"], mappings=created["mappings"]).json()
    assert changed["mappings"] == created["mappings"]
    function = HogFunction.objects.get(pk=created["id"])
    assert function.decrypted()[1][0]["token"]["value"] == "mapped secret"
    assert function.decrypted()[0]["key"]["value"] == SECRET


def test_removing_a_mapping_never_hands_its_secret_to_another(functions: Functions) -> None:
    second = {**MAPPING, "name": "second", "inputs": {"token": {"value": "other secret"}, "path": {"value": "/b"}}}
    created = functions.create(mappings=[MAPPING, second])
    functions.patch(created["id"], mappings=[created["mappings"][1]])
    assert HogFunction.objects.get(pk=created["id"]).decrypted()[1][0]["token"]["value"] == "other secret"
    functions.patch(created["id"], mappings=[{**created["mappings"][1], "name": "third"}])
    assert HogFunction.objects.get(pk=created["id"]).decrypted()[1] == [{}]


def test_old_keys_still_read_and_new_keys_write(settings: Any) -> None:
    old, new = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
    settings.ENCRYPTION_KEYS = [old]
    sealed = secrets.encrypt({"a": 1})
    settings.ENCRYPTION_KEYS = [new, old]
    assert secrets.decrypt(sealed) == {"a": 1}
    resealed = secrets.encrypt({"a": 2})
    settings.ENCRYPTION_KEYS = [new]
    assert secrets.decrypt(resealed) == {"a": 2}


def test_secrets_under_a_lost_key_are_told_and_nothing_is_overwritten(functions: Functions, settings: Any) -> None:
    created = functions.create()
    settings.ENCRYPTION_KEYS = ["MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="]
    response = functions.patch(created["id"], name="x")
    assert (response.status_code, response.json()["code"]) == (409, "conflict")
    assert functions.get(created["id"]).status_code == 200
    response = functions.invoke(created["id"], configuration={}, globals={"event": {}})
    assert response.status_code == 409


def test_a_secret_may_be_an_integer_of_any_size(functions: Functions) -> None:
    schema = [{"key": "n", "type": "number", "secret": True}]
    created = functions.create(
        hog="print(inputs.n > 1)", inputs_schema=schema, inputs={"n": {"value": 2**70}}, filters={}
    )
    assert created["inputs"] == {"n": {"secret": True}}
    assert HogFunction.objects.get(pk=created["id"]).decrypted()[0]["n"]["value"] == 2**70
