"""JSON in and out by orjson.

In: refuses what could not be stored or sent back (NaN, lone surrogates, nesting beyond `DEEPEST`, null characters), but
keeps integers of any size. Out: passes `orjson.Fragment` through, so that stored JSON need not be decoded.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import IO, Any, NoReturn

import orjson
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from hogapi.api.errors import InvalidInput

DEEPEST = 200
LARGEST_EXPLAINED = 1_000_000
_LONG_INTEGER = re.compile(rb"\d{19}")
_INT64, _UINT64 = -(2**63), 2**64 - 1


def loads(body: bytes) -> Any:
    """Decode a request body. Raises `ParseError` (malformed) or `InvalidInput` (null characters), both 400."""
    try:
        data = _decode_with_long_integers(body) if _LONG_INTEGER.search(body) else orjson.loads(body)
    except (ValueError, RecursionError) as error:
        _refuse(body, error)
    if body.count(b"[") + body.count(b"{") > DEEPEST and _is_deeper_than(data, DEEPEST):
        raise ParseError(f"JSON parse error - Nested deeper than {DEEPEST} levels")
    if rb"\u0000" in body:
        _refuse_null_characters(data)
    return data


def dumps(data: Any, *, indent: bool = False) -> bytes:
    """Encode a response: UTF-8, datetimes in UTC with `Z` and microseconds only when there are any."""
    options = orjson.OPT_UTC_Z | (orjson.OPT_INDENT_2 if indent else 0)
    try:
        return orjson.dumps(data, default=_encode, option=options)
    except TypeError:
        # Integers beyond 64 bit, keys that are no text, broken text: rare enough to look for only now.
        return orjson.dumps(_encodable(data), default=_encode, option=options)


class OrjsonRenderer(BaseRenderer):
    """Renders answers as `application/json`."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return the encoded answer; nothing for an answer without a body."""
        if data is None:
            return b""
        return dumps(data, indent=bool(renderer_context and renderer_context.get("indent")))


class OrjsonParser(BaseParser):
    """Parses `application/json` bodies."""

    media_type = "application/json"
    renderer_class = OrjsonRenderer  # the browsable API fills its forms by this

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the decoded body; errors as `loads`."""
        return loads(stream.read())


def _encode(value: Any) -> Any:
    if isinstance(value, Promise | Decimal):
        return str(value)
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    if isinstance(value, set | frozenset):
        return list(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    raise TypeError(f"{type(value).__name__} is not JSON")


def _encodable(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if _INT64 <= value <= _UINT64 else orjson.Fragment(str(value))
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_encodable(str(key)): _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value


def _decode_with_long_integers(body: bytes) -> Any:
    text = body.decode("utf-8")
    if rb"\ud" in body.lower():
        orjson.loads(body)  # refuses the lone surrogates that Python's parser lets through
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse(body: bytes, error: Exception) -> NoReturn:
    """Explain as Python's own parser would, which is what clients have seen."""
    message = str(error)
    if len(body) <= LARGEST_EXPLAINED:
        try:
            json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
        except RecursionError:
            message = f"Nested deeper than {DEEPEST} levels"
        except ValueError as explained:
            message = str(explained)
    raise ParseError(f"JSON parse error - {message}")


def _is_deeper_than(data: Any, limit: int) -> bool:
    level: list[Any] = [data]
    for _ in range(limit):
        level = [child for item in level for child in _children(item) if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _children(item: Any) -> Iterator[Any]:
    return iter(item.values()) if isinstance(item, dict) else iter(item)


def _refuse_null_characters(data: Any) -> None:
    pending: list[tuple[tuple[str, ...], Any]] = [((), data)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, str) and "\0" in value:
            raise InvalidInput(
                "Null characters are not allowed.",
                attr="__".join(path) or None,
                code="null_characters_not_allowed",
            )
        if isinstance(value, dict):
            pending.extend(((*path, key.replace("\0", "")), key) for key in value if "\0" in key)
            pending.extend(((*path, key), item) for key, item in value.items())
        elif isinstance(value, list):
            pending.extend(((*path, str(index)), item) for index, item in enumerate(value))
