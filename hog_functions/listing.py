"""Query parameters of the list, from text to `Criteria` (hog_functions.md 1.4)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

import orjson
from django.contrib.auth import get_user_model
from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime
from rest_framework.filters import search_smart_split

from hog_functions.querysets import Criteria
from hogapi.api import parameters
from hogapi.api.errors import InvalidInput

_BOOLEANS = {"true": True, "True": True, "2": True, "false": False, "False": False, "3": False}
_LARGEST_ID = 2**31 - 1


def criteria(project_id: int, params: QueryDict) -> Criteria:
    """Read the parameters of a list request. Raises InvalidInput."""
    return Criteria(
        project_id=project_id,
        types=[one.strip() for one in parameters.text(params, "type").split(",") if one.strip()],
        enabled=_BOOLEANS.get(parameters.text(params, "enabled")),
        id=_uuid(params, "id"),
        created_by=_user(params, "created_by"),
        created_at=_moment(params, "created_at"),
        updated_at=_moment(params, "updated_at"),
        terms=list(search_smart_split(parameters.text(params, "search"))),  # type: ignore[arg-type]
        filters=_contained(params),
    )


def _uuid(params: QueryDict, name: str) -> UUID | None:
    text = parameters.text(params, name)
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput("Enter a valid UUID.", attr=name) from None


def _user(params: QueryDict, name: str) -> int | None:
    text = parameters.text(params, name)
    if not text:
        return None
    number = int(text[:12]) if text.isascii() and text.isdigit() else 0
    if not 0 < number <= _LARGEST_ID or not get_user_model().objects.filter(pk=number).exists():
        raise InvalidInput(
            "Select a valid choice. That choice is not one of the available choices.", attr=name, code="invalid_choice"
        )
    return number


def _moment(params: QueryDict, name: str) -> datetime | None:
    text = parameters.text(params, name)
    if not text:
        return None
    try:
        # In a query string an unescaped "+" of a zone arrives as a space.
        moment = parse_datetime(text.replace(" +", "+")) or parse_datetime(text.replace(" ", "+"))
        if moment is None and (date := parse_date(text)) is not None:
            moment = datetime.combine(date, time())
    except ValueError:
        moment = None
    if moment is None:
        raise InvalidInput("Enter a valid date/time.", attr=name)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _contained(params: QueryDict) -> list[str]:
    """JSON texts of which a function's filters must contain one: ``filters``, and each of ``filter_groups``."""
    wanted = []
    if text := parameters.text(params, "filters"):
        wanted.append(_json(text, "filters"))
    if text := parameters.text(params, "filter_groups"):
        groups = _json(text, "filter_groups")
        if not isinstance(groups, list):
            raise InvalidInput("Invalid filter_groups", attr="filter_groups")
        wanted += [group for group in groups if group]
    return [json.dumps(one) for one in wanted]


def _json(text: str, name: str) -> Any:
    try:
        if "\\u0000" in text:
            raise ValueError
        return orjson.loads(text)
    except ValueError:
        raise InvalidInput(f"Invalid {name}", attr=name) from None
