"""Pages of lists: by limit and offset, or by number (groups_auth_platform.md E).

Both take anything that slices and counts, so a QuerySet that yields rows for a presenter will do.
"""

from typing import Any

from rest_framework.pagination import LimitOffsetPagination, PageNumberPagination
from rest_framework.request import Request

PAGE_SIZE = 100
LARGEST = 2**31 - 1


class LimitOffset(LimitOffsetPagination):
    """`?limit=&offset=`: 100 rows unless asked otherwise, no maximum; values that are no numbers count as absent."""

    default_limit = PAGE_SIZE

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the page's rows. One more is asked for: if it is not there, the rows alone tell how many there are."""
        self.request = request
        self.limit = min(self.get_limit(request) or PAGE_SIZE, LARGEST)
        self.offset = min(self.get_offset(request), LARGEST)
        rows = list(queryset[self.offset : self.offset + self.limit + 1])
        if len(rows) <= self.limit and (rows or self.offset == 0):
            self.count = self.offset + len(rows)
        else:
            self.count = self.get_count(queryset)
            del rows[self.limit :]
        self.display_page_controls = self.count > self.limit and self.template is not None
        return rows


class PageNumber(PageNumberPagination):
    """`?page=`: counted from 1, or `last`; a page that does not exist is a 404 "Invalid page."."""

    page_size = PAGE_SIZE
