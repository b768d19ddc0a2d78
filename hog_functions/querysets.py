"""The SQL of reads: only the columns that are shown, JSON and times as text, one query a page (hog_functions.md 1.4).

Written by hand because it is the hot path: building the same query through the ORM costs more than PostgreSQL needs to
run it, and so does turning times into objects only to print them. Values always travel as parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from hogapi.accounts import prepared
from hogapi.api.users import USER_COLUMNS

Row = tuple[Any, ...]

_USER = ", ".join(f"u.{name}" for name in USER_COLUMNS)
_TIME = "to_char(f.{} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
# The order of these columns is what presenters rely on.
MINIMAL_COLUMNS = (
    f"f.id::text, f.type, f.name, f.description, {_TIME.format('created_at')}, {_TIME.format('updated_at')}, "
    "f.enabled, f.hog, f.filters::text, f.icon_url, "
    f"f.execution_order, f.hog_function_template_id::text, t.sha, h.state, h.tokens, {_USER}"
)
FULL_COLUMNS = (
    f"{MINIMAL_COLUMNS}, f.bytecode::text, f.transpiled, f.inputs_schema::text, f.inputs::text, f.masking::text, "
    "f.mappings::text, f.batch_export_id"
)
_FROM = (
    "FROM hog_functions_hogfunction f "
    "LEFT JOIN runtime_hogfunctiontemplate t ON t.id = f.hog_function_template_id "
    "LEFT JOIN hog_functions_functionhealth h ON h.function_id = f.id "
    "LEFT JOIN accounts_user u ON u.id = f.created_by_id"
)
_ORDER = "ORDER BY f.execution_order, f.updated_at DESC, f.id"


@dataclass(frozen=True)
class Criteria:
    """Which functions of a project a list shows; empty parts select everything."""

    project_id: int
    types: Sequence[str] = ()
    enabled: bool | None = None
    id: UUID | None = None
    created_by: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    terms: Sequence[str] = ()
    """Each must occur in the name or the description, in any case."""
    filters: Sequence[str] = field(default_factory=tuple)
    """JSON texts; at least one must be contained in the function's filters."""

    def where(self) -> tuple[str, list[Any]]:
        """The condition over alias ``f`` and its parameters."""
        conditions = ["f.project_id = %s", "NOT f.deleted"]
        parameters: list[Any] = [self.project_id]
        if self.types:
            conditions.append("f.type = ANY(%s)")
            parameters.append(list(self.types))
        for column in ("enabled", "id", "created_at", "updated_at"):
            value = getattr(self, column)
            if value is not None:
                conditions.append(f"f.{column} = %s")
                parameters.append(value)
        if self.created_by is not None:
            conditions.append("f.created_by_id = %s")
            parameters.append(self.created_by)
        for term in self.terms:
            pattern = "%" + term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            conditions.append("(f.name ILIKE %s OR f.description ILIKE %s)")
            parameters += [pattern, pattern]
        if self.filters:
            conditions.append("(" + " OR ".join(["f.filters @> %s::jsonb"] * len(self.filters)) + ")")
            parameters += self.filters
        return " AND ".join(conditions), parameters


class FunctionRows:
    """The functions that match `criteria`, as rows of `columns`; slices and counts as a page needs it."""

    def __init__(self, criteria: Criteria, *, columns: str = MINIMAL_COLUMNS) -> None:
        self._criteria = criteria
        self._columns = columns

    def __getitem__(self, part: slice) -> list[Row]:
        where, parameters = self._criteria.where()
        start = part.start or 0
        sql = f"SELECT {self._columns} {_FROM} WHERE {where} {_ORDER} LIMIT %s OFFSET %s"
        with prepared.cursor() as cursor:
            cursor.execute(sql, [*parameters, part.stop - start, start])
            rows: list[Row] = cursor.fetchall()
            return rows

    def count(self) -> int:
        """How many there are on all pages."""
        where, parameters = self._criteria.where()
        with prepared.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM hog_functions_hogfunction f WHERE {where}", parameters)  # noqa: S608
            return int(cursor.fetchone()[0])


def full_row(project_id: int, function_id: UUID, *, deleted: bool = False) -> Row | None:
    """The row of one function in `FULL_COLUMNS`; a deleted one only if `deleted`."""
    sql = f"SELECT {FULL_COLUMNS} {_FROM} WHERE f.project_id = %s AND f.id = %s AND (%s OR NOT f.deleted)"
    with prepared.cursor() as cursor:
        cursor.execute(sql, [project_id, function_id, deleted])
        found: Row | None = cursor.fetchone()
        return found


def exists(project_id: int, function_id: UUID) -> bool:
    """Whether the project has this function and it is not deleted."""
    sql = "SELECT 1 FROM hog_functions_hogfunction WHERE project_id = %s AND NOT deleted AND id = %s"
    with prepared.cursor() as cursor:
        cursor.execute(sql, [project_id, function_id])
        return cursor.fetchone() is not None
