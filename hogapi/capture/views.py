"""HTTP of event capture: plain Django views, since every event of every user passes here.

Statuses, texts and CORS: groups_auth_platform.md G. Errors are plain text, not the API's JSON envelope.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from hogapi.accounts import projects
from hogapi.capture import counters, encodings, inbox, payloads
from hogapi.capture.cors import open_to_browsers
from hogapi.capture.encodings import Refusal

log = structlog.get_logger(__name__)

EVENT_BODY_BYTES = 2 * 1024 * 1024
BATCH_BODY_BYTES = 20 * 1024 * 1024


@open_to_browsers
def capture_event(request: HttpRequest) -> HttpResponse:
    """``/e/``, ``/i/v0/e/``, ``/capture/``, ``/track/``: one event or a few, at most 2 MiB as sent."""
    return _capture(request, body_limit=EVENT_BODY_BYTES)


@open_to_browsers
def capture_engage(request: HttpRequest) -> HttpResponse:
    """``/engage/``: as ``/e/``, and an event without a name is an ``$identify``."""
    return _capture(request, body_limit=EVENT_BODY_BYTES, engage=True)


@open_to_browsers
def capture_batch(request: HttpRequest) -> HttpResponse:
    """``/batch/``: what server SDKs send, at most 20 MiB as sent."""
    return _capture(request, body_limit=BATCH_BODY_BYTES)


def _capture(request: HttpRequest, *, body_limit: int, engage: bool = False) -> HttpResponse:
    try:
        _accept(request, body_limit=body_limit, engage=engage)
    except Refusal as refusal:
        counters.REFUSED.labels(status=refusal.status).inc()
        return HttpResponse(refusal.text, status=refusal.status, content_type="text/plain; charset=utf-8")
    except DatabaseError as error:
        counters.REFUSED.labels(status=503).inc()
        log.error("capture_unavailable", error=str(error))
        return HttpResponse(
            "transient error, please retry", status=503, content_type="text/plain", headers={"Retry-After": "1"}
        )
    if request.GET.get("beacon") == "1":
        return HttpResponse(status=204)
    return HttpResponse(b'{"status":"Ok"}', content_type="application/json")


def _accept(request: HttpRequest, *, body_limit: int, engage: bool) -> None:
    received_at = datetime.now(UTC)
    query = request.GET.dict()
    document = encodings.unwrap(
        _read_body(request, body_limit), query=query, content_type=request.content_type or "", limit=BATCH_BODY_BYTES
    )
    batch = payloads.read(document, query=query, engage=engage, now=received_at)
    if not batch.count:
        return
    project_id = projects.by_token(batch.token)
    if project_id is None:
        # As upstream: whether a token exists is not told here, and an SDK has nothing to gain from a retry.
        counters.UNKNOWN_TOKEN.inc(batch.count)
        return
    inbox.accept(project_id=project_id, batch=batch, ip=_client_address(request), received_at=received_at)
    counters.ACCEPTED.inc(batch.count)


def _read_body(request: HttpRequest, limit: int) -> bytes:
    too_large = Refusal(413, f"maximum event size exceeded: the request is larger than {limit} bytes")
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            raise too_large
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", ""):
            body = request.META["wsgi.input"].read(limit + 1)  # Django takes a body without a length for empty
        else:
            body = request.body
    except RequestDataTooBig:
        raise too_large from None
    except (UnreadablePostError, ValueError) as error:
        raise Refusal(400, "failed to read request body") from error
    if len(body) > limit:
        raise too_large
    return bytes(body)


def _client_address(request: HttpRequest) -> str | None:
    if request.GET.get("ip") == "0":  # the sender asks not to keep it
        return None
    candidates = [request.META.get("REMOTE_ADDR", "")]
    if settings.USE_X_FORWARDED_HOST:  # the operator says that a proxy is in front
        candidates.insert(0, request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[0].strip())
    for candidate in candidates:
        try:
            return str(ipaddress.ip_address(candidate))
        except ValueError:
            continue
    return None
