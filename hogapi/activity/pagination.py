"""Pages of the activity log: by cursor, or by number if the request names a page (groups_auth_platform.md E, F.3)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from rest_framework.pagination import BasePagination, Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from hogapi.activity.models import ActivityLog
from hogapi.api.errors import InvalidInput, NotFound
from hogapi.api.pagination import PageNumber

ORDERINGS = ("-created_at", "created_at")
LARGEST_PAGE = 1000
_SHORT_PAGE = 10


class _ByNumber(PageNumber):
    page_size_query_param = "page_size"
    max_page_size = LARGEST_PAGE


class _ByCursor(CursorPagination):
    page_size = PageNumber.page_size
    page_size_query_param = "page_size"
    max_page_size = LARGEST_PAGE

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        return (_ordering(request),)

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and not _is_time(str(cursor.position)):
            raise NotFound(self.invalid_cursor_message)
        return cursor


class ActivityLogPages(BasePagination):
    """`?cursor=`, newest first, with `next` and `previous`; with `?page=` the number of entries too."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """Return the page's entries. Raises `NotFound` for a page or cursor that does not exist, `InvalidInput`."""
        self._pages: PageNumber | CursorPagination = _ByNumber() if "page" in request.query_params else _ByCursor()
        return self._pages.paginate_queryset(queryset.order_by(_ordering(request), "id"), request, view)

    def get_paginated_response(self, data: Any) -> Response:
        """Return the envelope."""
        return self._pages.get_paginated_response(data)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the shape of the envelope; only pages by number have a count."""
        link = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["results"],
            "properties": {"count": {"type": "integer"}, "next": link, "previous": link, "results": schema},
        }


class ShortPages:
    """A page of an object's entries: `limit` (10) and `page` (1), which count as absent when they are no numbers."""

    def __init__(self, found: QuerySet[ActivityLog], request: Request) -> None:
        self._url = request.build_absolute_uri()
        self._limit = min(_positive(request, "limit", _SHORT_PAGE), LARGEST_PAGE)
        self._page = _positive(request, "page", 1)
        start = (self._page - 1) * self._limit
        self.total_count = found.count()
        self.entries = list(found[start : start + self._limit]) if start < self.total_count else []

    def envelope(self, results: list[dict[str, Any]]) -> dict[str, Any]:
        """Return `results` in the shape of `ActivityPageSerializer`."""
        has_more = self._page * self._limit < self.total_count
        return {
            "results": results,
            "next": self._link(self._page + 1) if has_more else None,
            "previous": self._link(self._page - 1) if self._page > 1 else None,
            "total_count": self.total_count,
        }

    def _link(self, page: int) -> str:
        return replace_query_param(replace_query_param(self._url, "limit", self._limit), "page", page)


def _positive(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return number or default


def _ordering(request: Request) -> str:
    ordering = request.query_params.get("ordering") or ORDERINGS[0]
    if ordering not in ORDERINGS:
        raise InvalidInput(f'"{ordering}" is not a valid choice.', attr="ordering", code="invalid_choice")
    return ordering


def _is_time(text: str) -> bool:
    try:
        return parse_datetime(text) is not None
    except ValueError:
        return False
