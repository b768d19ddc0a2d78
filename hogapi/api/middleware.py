"""What happens around every request: a body whatever its framing, an id, one line in the log, figures for /_metrics."""

import io
import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from prometheus_client import Counter, Histogram

log = structlog.get_logger("hogapi.request")

_ACCEPTABLE_ID = re.compile(r"^[A-Za-z0-9._:\-]{1,128}$")
_QUIET = frozenset({"/_livez", "/_readyz", "/_metrics"})

REQUESTS = Counter("hogapi_http_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "hogapi_http_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


Handler = Callable[[HttpRequest], HttpResponseBase]


def read_chunked_bodies(get_response: Handler) -> Handler:
    """Let bodies of the API come without a length: Django would take them for empty.

    At most one byte over the limit is read. Capture reads its bodies itself, by limits of its own.
    """

    def handle(request: HttpRequest) -> HttpResponseBase:
        is_chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "")
        if is_chunked and not request.META.get("CONTENT_LENGTH") and request.path_info.startswith("/api/"):
            body = request.META["wsgi.input"].read(settings.MAX_BODY_BYTES + 1)
            request.META["CONTENT_LENGTH"] = str(len(body))
            request._stream = io.BytesIO(body)
        return get_response(request)

    return handle


def observe_requests(get_response: Handler) -> Handler:
    """Give each request an id (`X-Request-Id`, the client's if it is plain), log and count its answer."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        request_id = request.META.get("HTTP_X_REQUEST_ID", "")
        if not _ACCEPTABLE_ID.match(request_id):
            request_id = str(uuid.uuid4())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        response = get_response(request)
        seconds = time.perf_counter() - started
        response["X-Request-Id"] = request_id
        if isinstance(response, HttpResponse) and not response.has_header("Content-Length"):
            response["Content-Length"] = str(len(response.content))
        if request.path_info not in _QUIET:
            match = request.resolver_match
            route = match.route if match is not None else ""
            method = request.method if request.method in METHODS else "other"
            REQUESTS.labels(method, route, response.status_code).inc()
            SECONDS.labels(route).observe(seconds)
            log.info(
                "request",
                method=method,
                path=request.path,
                status=response.status_code,
                milliseconds=round(seconds * 1000, 1),
            )
        structlog.contextvars.clear_contextvars()
        return response

    return handle
