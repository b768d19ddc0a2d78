"""The client that holds answers to the document notices those that stray from it."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import JsonResponse

from tests import contract

PATH = "/api/projects/1/insight_variables/018f0000-0000-7000-8000-000000000000/"
ANSWER: dict[str, Any] = {
    "id": "018f0000-0000-7000-8000-000000000000",
    "name": "n",
    "type": "String",
    "default_value": None,
    "created_by": None,
    "created_at": "2026-01-01T00:00:00Z",
    "code_name": "n",
    "values": None,
}


def _check(answer: dict[str, Any], *, method: str = "get", path: str = PATH, status: int = 200) -> None:
    response: Any = JsonResponse(answer, status=status)
    response.json = lambda: answer
    contract.check(method, path, response)


@pytest.mark.parametrize("path", [PATH, PATH.rstrip("/"), PATH.replace("projects", "environments")])
def test_an_answer_as_documented_passes(path: str) -> None:
    _check(ANSWER, path=path)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"type": "Colour"}, 200),
        ({"name": None}, 200),
        ({"created_at": "yesterday"}, 200),
        ({"name": ...}, 200),
        ({}, 202),
        ({}, 400),
    ],
    ids=str,
)
def test_another_answer_fails(changes: dict[str, Any], status: int) -> None:
    answer = {key: value for key, value in {**ANSWER, **changes}.items() if value is not ...}
    with pytest.raises(AssertionError):
        _check(answer, status=status)
