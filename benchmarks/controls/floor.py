"""The floor: a bare WSGI function, psycopg and orjson. No framework, no validation; only what the bytes need."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import psycopg

from hogapi.embedded import postgres
from hogapi.gateway import Gateway

_parameters = postgres.start(Path(os.environ["HOGAPI_DATA_DIR"]) / "postgres")
_local = threading.local()

_MINIMAL = (
    "f.id, f.type, f.name, f.description, f.created_at, f.updated_at, f.enabled, f.hog, f.icon_url, f.execution_order"
)
_FULL = f"{_MINIMAL}, f.transpiled"
_JSON = ["filters"]
_FULL_JSON = [*_JSON, "bytecode", "inputs_schema", "inputs", "masking", "mappings"]
_USER = "u.id, u.uuid, u.distinct_id, u.first_name, u.last_name, u.email, u.is_email_verified, u.role_at_organization"
_USER_KEYS = [column.split(".")[1] for column in _USER.split(", ")]
_AUTHORISE = """
    SELECT 1 FROM accounts_personalapikey k JOIN accounts_user u ON u.id = k.user_id
    JOIN accounts_organizationmembership m ON m.user_id = u.id
    JOIN accounts_project p ON p.organization_id = m.organization_id
    WHERE k.secure_value = %s AND u.is_active AND p.id = %s
"""


def _select(columns: str, json_columns: list[str]) -> str:
    casts = ", ".join(f"f.{name}::text" for name in json_columns)
    return (
        f"SELECT {columns}, {casts}, {_USER} FROM hog_functions_hogfunction f "
        "LEFT JOIN accounts_user u ON u.id = f.created_by_id WHERE f.project_id = %s AND NOT f.deleted"
    )


_SHAPES = {
    "minimal": (_MINIMAL, _JSON),
    "full": (_FULL, _FULL_JSON),
}
_SQL = {shape: _select(*parts) for shape, parts in _SHAPES.items()}
_KEYS = {
    shape: [column.split(".")[1] for column in columns.split(", ")] + names
    for shape, (columns, names) in _SHAPES.items()
}


def _connection() -> psycopg.Connection[Any]:
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(dbname="postgres", autocommit=True, **_parameters)
    return _local.connection


def _present(shape: str, row: tuple[Any, ...]) -> dict[str, Any]:
    keys = _KEYS[shape]
    json_names = _SHAPES[shape][1]
    values = dict(zip(keys, row, strict=False))
    for name in json_names:
        values[name] = None if values[name] is None else orjson.Fragment(values[name])
    values["created_by"] = dict(zip(_USER_KEYS, row[len(keys) :], strict=True))
    values["status"] = {"state": 1, "tokens": 10000}
    return values


def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/ready":
        start_response("200 OK", [])
        return [b""]
    match = re.match(r"^/api/projects/(\d+)/hog_functions/([0-9a-f-]{36})?/?$", path)
    token = environ.get("HTTP_AUTHORIZATION", "")[7:]
    if match is None:
        start_response("404 Not Found", [])
        return [b""]
    connection = _connection()
    hashed = "sha256$" + hashlib.sha256(token.encode()).hexdigest()
    if connection.execute(_AUTHORISE, [hashed, match[1]]).fetchone() is None:
        start_response("403 Forbidden", [])
        return [b""]
    if match[2]:
        row = connection.execute(_SQL["full"] + " AND f.id = %s", [match[1], match[2]]).fetchone()
        body = orjson.dumps(_present("full", row))
    else:
        shape = "full" if "full=true" in environ.get("QUERY_STRING", "") else "minimal"
        order = " ORDER BY f.execution_order NULLS LAST, f.updated_at DESC LIMIT 100"
        rows = connection.execute(_SQL[shape] + order, [match[1]]).fetchall()
        count = connection.execute(
            "SELECT count(*) FROM hog_functions_hogfunction WHERE project_id = %s AND NOT deleted", [match[1]]
        ).fetchone()
        page = {"count": count[0], "next": None, "previous": None, "results": [_present(shape, row) for row in rows]}
        body = orjson.dumps(page)
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


application = Gateway(respond, threads=4, body_bytes=20 * 2**20)
