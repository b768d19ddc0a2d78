"""Every failure as `{"type", "code", "detail", "attr"}` (groups_auth_platform.md D), in views and outside of them."""

from typing import Any

import exceptions_hog
import orjson
import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.exceptions import ErrorDetail
from rest_framework.response import Response

from hogapi.accounts.errors import AccountError
from hogapi.api.errors import BadRequest, Conflict, InvalidInput, RequestTooLarge, Unavailable
from hogapi.telemetry.client import ClickHouseUnavailable, QueryTimeout

log = structlog.get_logger(__name__)


def handle_exception(exc: Exception, context: dict[str, Any]) -> Response:
    """Answer any exception that a view raises. Set as `REST_FRAMEWORK["EXCEPTION_HANDLER"]`."""
    known = _known(exc)
    if known is None:
        log.exception("request failed", exc_info=exc)
        known = exceptions.APIException("A server error occurred.")
    response: Response = exceptions_hog.exception_handler(known, context)
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
        case Http404() | PermissionDenied() | ProtectedError():
            return exc  # exceptions_hog knows them
        case IntegrityError():
            log.warning("database refused a change", error=str(exc))
            return Conflict()
        case OperationalError():
            log.exception("database is unavailable", exc_info=exc)
            return Unavailable()
        case ClickHouseUnavailable() | QueryTimeout():
            log.exception("clickhouse is unavailable", exc_info=exc)
            return Unavailable()
    return None


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
