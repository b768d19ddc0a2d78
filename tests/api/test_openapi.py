"""The OpenAPI document (H)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from openapi_spec_validator import validate

UPSTREAM = Path("/work/shared/reference/openapi_upstream.json")


@pytest.fixture(scope="module")
def document(tmp_path_factory: Any) -> Any:
    file = tmp_path_factory.mktemp("schema") / "openapi.json"
    call_command("spectacular", format="openapi-json", file=str(file), fail_on_warn=True)
    return json.loads(file.read_text())


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [(path, method, operation) for path, item in document["paths"].items() for method, operation in item.items()]


def test_the_document_is_valid_and_made_without_warnings(document: Any) -> None:
    validate(document)
    assert document["openapi"] == "3.0.3"


@pytest.mark.django_db
def test_it_is_served_to_everybody_as_yaml_and_as_json(document: Any) -> None:
    client = Client()
    for url in ("/api/schema/", "/api/schema"):
        assert client.get(url).content.startswith(b"openapi: 3.0.3")
    for served in (
        client.get("/api/schema/?format=json"),
        client.get("/api/schema/", headers={"accept": "application/json"}),
    ):
        assert json.loads(served.content) == document


@pytest.mark.django_db
def test_strangers_cannot_fill_the_cache_with_copies_of_it() -> None:
    client, before = Client(), len(cache._cache)  # type: ignore[attr-defined]
    for number in range(5):
        answers = [
            client.get(f"/api/schema/?made-up={number}"),
            client.get("/api/schema/", headers={"accept": f"made/up{number}, application/json"}),
            client.get("/api/schema/", headers={"host": f"host{number}.example"}),
        ]
        assert all(answer.headers["Cache-Control"] == "max-age=600" for answer in answers)
        assert all("Accept" in answer.headers["Vary"] for answer in answers)
    assert len(cache._cache) == before  # type: ignore[attr-defined]


def test_every_project_route_stands_under_both_prefixes_with_its_own_name(document: Any) -> None:
    found = {path: item for path, item in document["paths"].items() if path.startswith("/api/projects/{project_id}/")}
    assert found
    for path, item in found.items():
        twin = document["paths"][path.replace("/api/projects/", "/api/environments/")]
        for method, operation in item.items():
            assert twin[method]["operationId"] == f"environments_{operation['operationId']}"
            assert twin[method]["tags"] == operation["tags"] == [path.split("/")[4]]


def test_every_operation_lists_the_scopes_of_a_key(document: Any) -> None:
    assert document["components"]["securitySchemes"]["PersonalAPIKeyAuth"]["scheme"] == "bearer"
    for path, method, operation in operations(document):
        if path.startswith("/api/public_"):
            assert "security" not in operation
            continue
        (requirement,) = operation["security"]
        (scope,) = requirement["PersonalAPIKeyAuth"]
        assert scope.split(":")[1] in ("read", "write"), (path, method)


def test_every_operation_has_typed_answers_and_the_error_envelope(document: Any) -> None:
    for path, method, operation in operations(document):
        answers = operation["responses"]
        assert {"400", "401", "403", "429"} <= set(answers), (path, method)
        for status, answer in answers.items():
            if status.startswith("2") and status != "204":
                assert "schema" in answer.get("content", {}).get("application/json", {}), (path, method, status)
    assert document["components"]["schemas"]["ErrorResponse"]["required"] == ["type", "code", "detail", "attr"]


def test_every_operation_and_parameter_is_described(document: Any) -> None:
    for path, method, operation in operations(document):
        assert operation.get("description") or operation.get("summary"), (path, method)
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (path, method, parameter["name"])


def test_every_reference_leads_somewhere(document: Any) -> None:
    text = json.dumps(document)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', text)):
        target = document
        for step in reference.split("/"):
            target = target[step]


def test_names_are_those_that_generated_clients_know(document: Any) -> None:
    ours = {operation["operationId"] for _, _, operation in operations(document)}
    for resource in ("insight_variables",):
        for action in ("list", "create", "retrieve", "update", "partial_update", "destroy"):
            assert f"{resource}_{action}" in ours
            assert f"environments_{resource}_{action}" in ours
    assert {"InsightVariable", "PatchedInsightVariable", "PaginatedInsightVariableList"} <= set(
        document["components"]["schemas"]
    )


@pytest.mark.skipif(not UPSTREAM.exists(), reason="the published document is not on this machine")
def test_operations_that_upstream_has_too_bear_the_same_id(document: Any) -> None:
    upstream = json.loads(UPSTREAM.read_text())["paths"]
    compared = 0
    for path, method, operation in operations(document):
        theirs = upstream.get(path, {}).get(method)
        if theirs is not None:
            assert operation["operationId"] == theirs["operationId"]
            compared += 1
    assert compared >= 6
