"""CORS of what browsers call from any site: origin and requested headers are mirrored, credentials are allowed.

Unlike the API, whose rules stand in the settings, these routes take no session: a project token is no secret.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

_METHODS = "GET, POST, OPTIONS"


def open_to_browsers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer OPTIONS and refuse other methods than GET and POST for ``view``; open its answers to every origin."""

    @csrf_exempt
    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "OPTIONS":
            response = HttpResponse(status=200)
        elif request.method in ("GET", "HEAD", "POST"):
            response = view(request, *args, **kwargs)
        else:
            response = HttpResponse("method not allowed", status=405, content_type="text/plain")
            response["Allow"] = _METHODS
        _allow_origin(request, response)
        return response

    return answer


def _allow_origin(request: HttpRequest, response: HttpResponse) -> None:
    origin = request.headers.get("Origin")
    if not origin:
        return
    response["Access-Control-Allow-Origin"] = origin
    response["Access-Control-Allow-Credentials"] = "true"
    response["Vary"] = "Origin"
    if request.method == "OPTIONS":
        response["Access-Control-Allow-Methods"] = _METHODS
        response["Access-Control-Allow-Headers"] = request.headers.get("Access-Control-Request-Headers", "")
        response["Access-Control-Max-Age"] = "3600"
