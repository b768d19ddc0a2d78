"""Which form an answer takes: JSON for programs, pages for browsers."""

from collections.abc import Iterable, Sequence
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

_ANYTHING = frozenset({"*/*", "application/json", "application/json, text/plain, */*"})


class Negotiation(DefaultContentNegotiation):
    """Gives the first renderer, which is JSON, to callers that take it, without weighing their header.

    That is what nearly every program asks for, and what rest_framework would come to.
    """

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        """Return the renderer and its media type. Raises `NotAcceptable`, `Http404` (an unknown format)."""
        found: Sequence[BaseRenderer] = list(renderers)
        is_plain = request.META.get("HTTP_ACCEPT", "*/*") in _ANYTHING
        if is_plain and not format_suffix and "format=" not in request.META.get("QUERY_STRING", ""):
            return found[0], found[0].media_type
        return super().select_renderer(request, found, format_suffix)
