"""Every failure as `{"type", "code", "detail", "attr"}` (groups_auth_platform.md D).

    APIException (rest_framework)
    |- InvalidInput        400  validation_error, any code   what services raise
    |- NotFound            404  invalid_request, not_found
    |- Conflict            409  server_error, conflict
    |- RequestTooLarge     413  invalid_request, request_too_large
    |- Unavailable         503  server_error, unavailable

This module alone knows HTTP statuses: services raise the first three, never a status.
"""

from collections.abc import Mapping
from typing import Any

import exceptions_hog
import orjson
import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, status
from rest_framework.exceptions import ErrorDetail
from rest_framework.response import Response

from hogapi.accounts.errors import AccountError

log = structlog.get_logger(__name__)


class InvalidInput(exceptions.APIException):
    """Input that breaks a rule. `attr` is the path of the field at fault, joined by `__`; None for the whole."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_type = "validation_error"

    def __init__(
        self,
        detail: str,
        *,
        attr: str | None = None,
        code: str = "invalid_input",
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.attr = attr
        if extra is not None:
            self.extra = dict(extra)


class NotFound(exceptions.NotFound):
    """What was asked for does not exist, or not for this caller."""

    default_detail = "Not found."


class Conflict(exceptions.APIException):
    """The request cannot be done in the present state of what it names."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "The request conflicts with what is stored."
    default_code = "conflict"


class RequestTooLarge(exceptions.APIException):
    """The body exceeds `settings.MAX_BODY_BYTES`."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_type = "invalid_request"
    default_detail = "The request body is too large."
    default_code = "request_too_large"


class BadRequest(exceptions.APIException):
    """A request that HTTP itself finds fault with."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_type = "invalid_request"
    default_detail = "The request is malformed."
    default_code = "bad_request"


class Unavailable(exceptions.APIException):
    """An engine cannot be reached at present; clients may retry after `wait` seconds."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The service is unavailable at present. Please retry."
    default_code = "unavailable"
    wait = 5


def handle_exception(exc: Exception, context: dict[str, Any]) -> Response:
    """Answer any exception that a view raises. Set as `REST_FRAMEWORK["EXCEPTION_HANDLER"]`."""
    known = _known(exc)
    if known is None:
        log.exception("request failed", exc_info=exc)
        known = exceptions.APIException("A server error occurred.")
    response = exceptions_hog.exception_handler(known, context)
    if isinstance(known, InvalidInput):
        response.data["attr"] = known.attr
    return response


def _known(exc: Exception) -> Exception | None:
    """Return the API exception that `exc` stands for; None when nobody foresaw it."""
    match exc:
        case exceptions.ValidationError():
            return _first_error(exc)
        case exceptions.APIException():
            return exc
        case AccountError():
            return InvalidInput(exc.detail, attr=exc.attr, code=exc.code)
        case RequestDataTooBig():
            return RequestTooLarge()
        case SuspiciousOperation() | UnreadablePostError():
            return BadRequest()
        case DataError():
            log.warning("database refused a value", error=str(exc))
            return InvalidInput("The request holds a value that cannot be stored or compared.")
        case IntegrityError():
            log.warning("database refused a change", error=str(exc))
            return Conflict()
        case OperationalError():
            log.exception("database is unavailable", exc_info=exc)
            return Unavailable()
    # Http404 and PermissionDenied of Django and ProtectedError: exceptions_hog gives them their bodies.
    return exc if type(exc).__name__ in {"Http404", "PermissionDenied", "ProtectedError"} else None


def _first_error(exc: exceptions.ValidationError) -> exceptions.ValidationError:
    """Reduce nested errors to the first: its path, joined by `__`, and its text."""
    path: list[str] = []
    detail: Any = exc.detail
    while not isinstance(detail, str):
        pairs = detail.items() if isinstance(detail, dict) else enumerate(detail)
        key, detail = next(((key, value) for key, value in pairs if value), ("", ErrorDetail("Invalid input.")))
        if not (isinstance(key, int) and isinstance(detail, str)):
            path.append(str(key))
    code = getattr(detail, "code", None) or "invalid"
    error = ErrorDetail(detail, "invalid_input" if code == "invalid" else code)
    reduced = exceptions.ValidationError({"__".join(path): [error]} if any(path) else [error])
    if hasattr(exc, "extra"):
        reduced.extra = exc.extra  # type: ignore[attr-defined]
    return reduced


def envelope(
    status_code: int, code: str, detail: str, *, error_type: str = "invalid_request", attr: str | None = None
) -> HttpResponse:
    """Return an error answer of code that runs outside of any view: middleware, URL resolution."""
    body = orjson.dumps({"type": error_type, "code": code, "detail": detail, "attr": attr})
    return HttpResponse(body, status=status_code, content_type="application/json")


@csrf_exempt
def endpoint_not_found(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Answer any path under /api/ that is no route, for every method, without asking who calls (C)."""
    return envelope(404, "not_found", "Endpoint not found.")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler404`: JSON under /api/, a page elsewhere."""
    if request.path.startswith("/api/"):
        return endpoint_not_found(request)
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler400`: requests that Django refuses before a view sees them."""
    if isinstance(exception, RequestDataTooBig):
        return envelope(413, RequestTooLarge.default_code, RequestTooLarge.default_detail)
    return envelope(400, BadRequest.default_code, BadRequest.default_detail)


def permission_denied(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    """`handler403` and `CSRF_FAILURE_VIEW`."""
    detail = f"CSRF Failed: {reason}" if reason else "You do not have permission to perform this action."
    return envelope(403, "permission_denied", detail, error_type="authentication_error")


def server_error(request: HttpRequest) -> HttpResponse:
    """`handler500`: what failed outside of any view."""
    return envelope(500, "error", "A server error occurred.", error_type="server_error")
