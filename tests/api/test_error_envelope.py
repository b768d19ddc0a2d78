"""Every failure has one shape (D)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from django.test import override_settings
from rest_framework import exceptions
from rest_framework.test import APIClient

from hogapi.accounts.errors import AccountError
from hogapi.api.errors import Conflict, InvalidInput, NotFound

pytestmark = pytest.mark.django_db


def invalid(detail: Any) -> exceptions.ValidationError:
    return exceptions.ValidationError(detail)


FAILURES: list[tuple[Exception, int, str, str, str, str | None]] = [
    (InvalidInput("No.", attr="inputs__url", code="bad_url"), 400, "validation_error", "bad_url", "No.", "inputs__url"),
    (InvalidInput("No."), 400, "validation_error", "invalid_input", "No.", None),
    (AccountError("No.", attr="label"), 400, "validation_error", "invalid_input", "No.", "label"),
    (NotFound(), 404, "invalid_request", "not_found", "Not found.", None),
    (Http404("No HogFunction matches"), 404, "invalid_request", "not_found", "Not found.", None),
    (Conflict(), 409, "server_error", "conflict", "The request conflicts with what is stored.", None),
    (IntegrityError("duplicate"), 409, "server_error", "conflict", "The request conflicts with what is stored.", None),
    (PermissionDenied(), 403, "authentication_error", "permission_denied",
     "You do not have permission to perform this action.", None),
    (SuspiciousOperation("x"), 400, "invalid_request", "bad_request", "The request is malformed.", None),
    (DataError("out of range"), 400, "validation_error", "invalid_input",
     "The request holds a value that cannot be stored or compared.", None),
    (OperationalError("down"), 503, "server_error", "unavailable",
     "The service is unavailable at present. Please retry.", None),
    (exceptions.Throttled(7), 429, "throttled_error", "throttled",
     "Request was throttled. Expected available in 7 seconds.", None),
    (RuntimeError("secret internals"), 500, "server_error", "error", "A server error occurred.", None),
    (RecursionError(), 500, "server_error", "error", "A server error occurred.", None),
    (invalid("x"), 400, "validation_error", "invalid_input", "x", None),
    (invalid(["x", "y"]), 400, "validation_error", "invalid_input", "x", None),
    (invalid({"detail": "x"}), 400, "validation_error", "invalid_input", "x", "detail"),
    (invalid({"a": [], "b": ["x"]}), 400, "validation_error", "invalid_input", "x", "b"),
    (invalid({"inner": {"n": ["x"]}}), 400, "validation_error", "invalid_input", "x", "inner__n"),
    (invalid({"items": [{}, {"n": ["x"]}]}), 400, "validation_error", "invalid_input", "x", "items__1__n"),
    (invalid({"lst": {1: ["x"]}}), 400, "validation_error", "invalid_input", "x", "lst__1"),
    (invalid({"non_field_errors": ["x"]}), 400, "validation_error", "invalid_input", "x", None),
    (invalid({"__all__": ["x"]}), 400, "validation_error", "invalid_input", "x", None),
    (invalid({"inner": {"non_field_errors": ["x"]}}), 400, "validation_error", "invalid_input", "x",
     "inner__non_field_errors"),
    (invalid({}), 400, "validation_error", "invalid_input", "Invalid input.", None),
    (exceptions.ValidationError("x", code="required"), 400, "validation_error", "required", "x", None),
]  # fmt: skip


@pytest.mark.parametrize(("failure", "status", "kind", "code", "detail", "attr"), FAILURES)
def test_whatever_a_view_raises_becomes_the_envelope(
    api: Any,
    project: Any,
    monkeypatch: Any,
    failure: Exception,
    status: int,
    kind: str,
    code: str,
    detail: str,
    attr: str | None,
) -> None:
    from hogapi.accounts import directory

    client = api()

    def fail(*args: Any, **kwargs: Any) -> None:
        raise failure

    monkeypatch.setattr(directory, "project_with_settings", fail)
    response = client.get(f"/api/projects/{project.pk}/")
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    assert list(response.json().items()) == [("type", kind), ("code", code), ("detail", detail), ("attr", attr)]


def test_extra_facts_stand_beside_the_four(api: Any, project: Any, monkeypatch: Any) -> None:
    from hogapi.accounts import directory

    def fail(project_id: int) -> None:
        raise InvalidInput("Hog code has errors.", attr="hog", extra={"line": 3, "column": 1})

    monkeypatch.setattr(directory, "project_with_settings", fail)
    assert api().get(f"/api/projects/{project.pk}/").json()["extra"] == {"line": 3, "column": 1}


def test_retry_after_is_an_integer(api: Any, project: Any, monkeypatch: Any) -> None:
    from hogapi.accounts import directory

    def fail(project_id: int) -> None:
        raise OperationalError("down")

    monkeypatch.setattr(directory, "project_with_settings", fail)
    assert api().get(f"/api/projects/{project.pk}/").headers["Retry-After"] == "5"


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options", "head"])
@pytest.mark.parametrize("path", ["/api/nothing", "/api/nothing/", "/api/projects/1/nothing/", "/api/projects/1/2/3"])
def test_an_unknown_path_is_404_for_every_method_without_a_key(method: str, path: str) -> None:
    response = getattr(APIClient(raise_request_exception=False), method)(path)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/json"
    if method != "head":
        assert response.json() == {
            "type": "invalid_request",
            "code": "not_found",
            "detail": "Endpoint not found.",
            "attr": None,
        }


def test_an_unknown_path_elsewhere_is_a_page() -> None:
    response = APIClient().get("/nothing/")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def answer(response: Any) -> tuple[int, str, str]:
    body = response.json()
    assert list(body) == ["type", "code", "detail", "attr"]
    assert (body["type"], body["attr"]) == ("invalid_request", None)
    return response.status_code, body["code"], body["detail"]


def test_methods_types_and_formats_that_a_route_does_not_know(api: Any, project: Any) -> None:
    client = api()
    url = f"/api/projects/{project.pk}/insight_variables/"
    assert answer(client.delete(url)) == (405, "method_not_allowed", 'Method "DELETE" not allowed.')
    assert client.delete(url).headers["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert answer(client.generic("BREW", url)) == (405, "method_not_allowed", 'Method "BREW" not allowed.')
    assert answer(client.post(url, "x", content_type="text/plain")) == (
        415,
        "unsupported_media_type",
        'Unsupported media type "text/plain" in request.',
    )
    assert answer(client.get(url, headers={"accept": "image/png"})) == (
        406,
        "not_acceptable",
        "Could not satisfy the request Accept header.",
    )
    assert answer(client.get(url, {"format": "xml"})) == (404, "not_found", "Not found.")
    assert client.get(url, {"format": "json"}).status_code == 200
    assert client.get(url, headers={"accept": "*/*"}).headers["Content-Type"] == "application/json"


def test_a_browser_gets_a_page_and_errors_in_it(api: Any, project: Any) -> None:
    response = api().get(f"/api/projects/{project.pk}/insight_variables/", headers={"accept": "text/html"})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    response = APIClient().get(f"/api/projects/{project.pk}/insight_variables/", headers={"accept": "text/html"})
    assert response.status_code == 401
    assert b"not_authenticated" in response.content


@override_settings(MAX_BODY_BYTES=100, DATA_UPLOAD_MAX_MEMORY_SIZE=100)
@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
def test_a_body_over_the_limit_is_413(api: Any, project: Any, content_type: str) -> None:
    url = f"/api/projects/{project.pk}/insight_variables/"
    response = api().post(url, "x" * 101, content_type=content_type)
    assert answer(response) == (413, "request_too_large", "The request body is too large.")


@override_settings(ALLOWED_HOSTS=["example.com"])
def test_a_host_that_is_not_served_is_a_bad_request(api: Any) -> None:
    response = api().get("/api/projects/?limit=1", headers={"host": "evil.example"})
    assert response.status_code in (200, 400)
    response = APIClient(raise_request_exception=False).get("/api/", headers={"host": "evil.example"})
    assert answer(response) == (400, "bad_request", "The request is malformed.")


def test_null_characters_in_paths_and_queries_are_no_server_errors(api: Any, project: Any) -> None:
    client = api()
    for path in (
        "/api/projects/%00/",
        f"/api/projects/{project.pk}/insight_variables/%00/",
        "/api/organizations/%00/",
        "/api/users/%00/",
        "/api/personal_api_keys/%00/",
        "/api/projects/?search=%00",
        "/api/projects/?limit=%00&offset=%ff",
        "/api/%00",
        "/api/projects/?search=%ff%fe",
    ):
        assert client.get(path).status_code < 500, path
