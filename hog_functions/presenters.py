"""Hog functions as the API shows them, from rows of ``querysets``; stored JSON passes through as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from hog_functions.models import FULL_TOKENS, HealthState
from hog_functions.querysets import Row
from hogapi.api.users import present_user_row
from hogapi.runtime.templates import presented

_TEMPLATE = slice(11, 13)
_USER = slice(15, 24)
_DISABLED = {"state": HealthState.UNKNOWN.value, "tokens": 0}
_HEALTHY = {"state": HealthState.HEALTHY.value, "tokens": FULL_TOKENS}


def present_minimal(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return rows of `MINIMAL_COLUMNS` in the shape of `HogFunctionMinimalSerializer`."""
    rows = list(rows)
    people = _People()
    templates = presented.fragments(row[_TEMPLATE] for row in rows if row[11] is not None)
    return [
        {
            **_head(row, people),
            "filters": orjson.Fragment(row[8]),
            "icon_url": row[9],
            "template": templates.get(row[11]),
            "status": _status(row),
            "execution_order": row[10],
        }
        for row in rows
    ]


def present_full(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return rows of `FULL_COLUMNS` in the shape of `HogFunctionSerializer`."""
    rows = list(rows)
    people = _People()
    templates = presented.fragments(row[_TEMPLATE] for row in rows if row[11] is not None)
    return [
        {
            **_head(row, people),
            "bytecode": _json(row[24]),
            "transpiled": row[25],
            "inputs_schema": _json(row[26]),
            "inputs": _json(row[27]),
            "filters": _json(row[8]),
            "masking": _json(row[28]),
            "mappings": _json(row[29]),
            "icon_url": row[9],
            "template": templates.get(row[11]),
            "status": _status(row),
            "execution_order": row[10],
            "batch_export_id": row[30],
        }
        for row in rows
    ]


def _head(row: Row, people: _People) -> dict[str, Any]:
    """What both forms begin with."""
    return {
        "id": row[0],
        "type": row[1],
        "name": row[2],
        "description": row[3],
        "created_at": _time(row[4]),
        "created_by": people.shown(row),
        "updated_at": _time(row[5]),
        "enabled": row[6],
        "hog": row[7],
    }


class _People:
    """Presents each creator once, however many functions of theirs a page shows."""

    def __init__(self) -> None:
        self._known: dict[Any, dict[str, Any] | None] = {}

    def shown(self, row: Row) -> dict[str, Any] | None:
        """Return the creator of a row's function; None for one that is gone."""
        user_id = row[15]
        if user_id not in self._known:
            self._known[user_id] = present_user_row(row[_USER])
        return self._known[user_id]


def _time(text: str) -> str:
    """A time as other resources show it: microseconds only if there are any."""
    return text[:-8] + "Z" if text.endswith(".000000Z") else text


def _json(text: str | None) -> orjson.Fragment | None:
    return None if text is None else orjson.Fragment(text)


def _status(row: Row) -> dict[str, int]:
    if not row[6]:
        return _DISABLED
    return _HEALTHY if row[13] is None else {"state": row[13], "tokens": row[14]}
