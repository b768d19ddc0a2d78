"""A client that holds every answer to the OpenAPI document, so that presenters and serializers cannot drift apart."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIClient

# What any route may answer; their bodies have tests of their own.
UNDOCUMENTED = frozenset({405, 406, 409, 413, 415, 500, 503})


@cache
def document() -> dict[str, Any]:
    """The document as it is published."""
    published: dict[str, Any] = json.loads(
        JSONRenderer().render(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]
    )
    return published


def check(method: str, path: str, response: Any) -> None:
    """Raise when the document does not know this answer, or knows it otherwise. Paths that it leaves out pass."""
    if not response.content or not response.headers["Content-Type"].startswith("application/json"):
        return
    for pattern, operations in _templates():
        if pattern.fullmatch(path):
            operation = operations.get(method)
            if operation is not None and response.status_code not in UNDOCUMENTED:
                _check_operation(operation, response)
            return


class ContractClient(APIClient):
    """Checks each answer against the document."""

    def generic(self, method: str, path: str, *args: Any, **extra: Any) -> Any:
        """Send a request and check its answer."""
        response = super().generic(method, path, *args, **extra)
        check(method.lower(), path.split("?")[0], response)
        return response


def _check_operation(operation: dict[str, Any], response: Any) -> None:
    name, status = operation["operationId"], str(response.status_code)
    answer = operation["responses"].get(status)
    assert answer is not None, f"{name} answers {status}, which the document does not say"
    if "$ref" in answer:
        answer = document()["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
    assert answer.get("content"), f"{name} answers {status} with a body that the document does not show"
    validator = _validator(json.dumps(answer["content"]["application/json"]["schema"]))
    faults = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(response.json())]
    assert not faults, f"{name} {status} is not as documented: {faults[:3]}"


@cache
def _templates() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    paths = sorted(document()["paths"].items(), key=lambda item: (item[0].count("{"), item[0]))
    return [
        (re.compile(re.sub(r"\{\w+\}", "[^/]+", path.rstrip("/")) + r"(?:\.json)?/?"), item) for path, item in paths
    ]


@cache
def _validator(schema: str) -> Draft202012Validator:
    whole = {**_plain(json.loads(schema)), "components": _plain(document()["components"])}
    return Draft202012Validator(whole, format_checker=FormatChecker())


def _plain(schema: Any) -> Any:
    """Say in JSON Schema what OpenAPI 3.0 says in words of its own: null, and what only requests hold."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _plain(value) for name, value in schema.items() if name != "nullable"}
    properties = schema.get("properties")
    if isinstance(properties, dict) and isinstance(schema.get("required"), list):
        written = {name for name, value in properties.items() if isinstance(value, dict) and value.get("writeOnly")}
        plain["required"] = [name for name in schema["required"] if name not in written]
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain
