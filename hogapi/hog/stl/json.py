"""JSON in and out (spec hog_language.md 4.10, 5)."""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import Any

from hogapi.hog import conversion, values
from hogapi.hog.errors import HogVMError
from hogapi.hog.meter import Run
from hogapi.hog.stl.registry import native
from hogapi.hog.stl.types import parse_float, parse_int
from hogapi.hog.values import MAX_NESTING, ErrorValue, Tuple, key_value

_TAGS = ("__hogDate__", "__hogDateTime__", "__hogError__")
_SURROGATES = {code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)}


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _integer(text: str) -> float:
    return float(text)


def in_js_order(keys: Any) -> list[Any]:
    """Return text keys in the order of JavaScript objects: array indexes first, ascending, then as they came."""
    names = list(keys)
    if not any(name[:1].isdigit() for name in names):
        return names
    indexes = [name for name in names if name.isascii() and name.isdigit() and str(int(name[:11])) == name]
    indexes = [name for name in indexes if int(name) < 2**32 - 1]
    taken = set(indexes)
    return sorted(indexes, key=int) + [name for name in names if name not in taken]


def decode(run: Run, text: str) -> Any:
    """Return the value of a JSON text, tagged values revived; ValueError or RecursionError when it is malformed."""
    run.work(len(text), 40.0)
    run.charge(8 * len(text))

    def revive(found: dict[str, Any]) -> Any:
        if len(found) <= 5 and any(tag in found for tag in _TAGS):
            return conversion.revive(found, run)
        return {name: found[name] for name in in_js_order(found)}

    return json.loads(text, parse_int=_integer, parse_constant=_refuse, object_hook=revive)


@native("jsonParse", least=1, most=1)
def json_parse(run: Run, value: Any) -> Any:
    """The value of a JSON text; the program fails when it is malformed."""
    try:
        return decode(run, values.js_text(value))
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise HogVMError(f"Invalid JSON: {reason}") from None


@native("isValidJSON", least=1, most=1)
def is_valid_json(run: Run, value: Any) -> bool:
    """Whether ``jsonParse`` would succeed."""
    try:
        decode(run, values.js_text(value))
    except (ValueError, RecursionError):
        return False
    return True


@native("jsonStringify", least=1, most=2)
def json_stringify(run: Run, value: Any, indent: Any = None) -> str:
    """``value`` as JSON without spaces, or indented by a positive number of them."""
    width = int(min(indent, 10.0)) if indent.__class__ is float and indent > 0 else 0
    return json_text(run, value, " " * width)


def json_text(run: Run, value: Any, indent: str = "") -> str:
    """Write ``value`` as JavaScript's JSON.stringify would; what contains itself is null, functions are text."""
    parts: list[str] = []
    _write(run, value, parts, indent, "\n", set(), MAX_NESTING)
    text = "".join(parts)
    run.charge(len(text))
    return text


def _write(run: Run, value: Any, parts: list[str], indent: str, line: str, above: set[int], depth: int) -> None:
    kind = value.__class__
    if kind is str:
        parts.append(_quoted(run, value))
    elif kind is float:
        parts.append(values.number_text(value) if value - value == 0 else "null")
    elif value is None:
        parts.append("null")
    elif kind is bool:
        parts.append("true" if value else "false")
    elif kind is dict or kind is list or kind is Tuple:
        if id(value) in above:
            parts.append("null")
            return
        if not depth:
            raise conversion.too_deep()
        run.charge(64 * len(value))
        run.work(len(value), 500.0)
        above.add(id(value))
        write = _write_dict if kind is dict else _write_list
        write(run, value, parts, indent, line, above, depth - 1)
        above.discard(id(value))
    else:
        plain = conversion.tagged(run, value)
        if plain.__class__ is dict:
            plain = {name: conversion.number(item) if item.__class__ is int else item for name, item in plain.items()}
        if kind is ErrorValue:
            plain |= {"message": value.message} | ({"payload": value.payload} if "payload" in plain else {})
        _write(run, plain, parts, indent, line, above, depth - 1)


def _quoted(run: Run, text: str) -> str:
    if len(text) > 200:
        run.work(len(text), 5.0 if text.isascii() else 60.0)
        run.charge(len(text))
    encoded = encode_basestring(text)
    return encoded if encoded.isascii() else encoded.translate(_SURROGATES)


def _write_list(
    run: Run, value: list[Any], parts: list[str], indent: str, line: str, above: set[int], depth: int
) -> None:
    inner = line + indent
    parts.append("[")
    for number, item in enumerate(value):
        parts.append(("," if number else "") + (inner if indent else ""))
        _write(run, item, parts, indent, inner, above, depth)
    parts.append(line + "]" if indent and value else "]")


def _write_dict(
    run: Run, value: dict[Any, Any], parts: list[str], indent: str, line: str, above: set[int], depth: int
) -> None:
    inner, colon = line + indent, ": " if indent else ":"
    if not all(key.__class__ is str for key in value):
        value = {values.js_text(key_value(key)): item for key, item in value.items()}
    parts.append("{")
    for number, key in enumerate(in_js_order(value)):
        parts.append(("," if number else "") + (inner if indent else "") + _quoted(run, key) + colon)
        item = value[key]
        if item.__class__ is str:
            parts.append(_quoted(run, item))
        else:
            _write(run, item, parts, indent, inner, above, depth)
    parts.append(line + "}" if indent and value else "}")


def _at_path(run: Run, value: Any, path: tuple[Any, ...]) -> tuple[bool, Any]:
    """Follow ``path`` into ``value``, reading text as JSON at every level; return whether it is there, and what."""
    for key in (*path, None):
        if value.__class__ is str and (key is not None or not path):
            try:
                value = decode(run, value)
            except (ValueError, RecursionError):
                return False, None
        if key is None:
            break
        if isinstance(value, dict) and values.key_of(key) in value:
            value = value[values.key_of(key)]
        elif isinstance(value, list) and key.__class__ is float and 1 <= abs(key) <= len(value) and key == int(key):
            value = values.array_element(value, key)
        else:
            return False, None
    return True, value


@native("JSONHas", least=1, most=None)
def json_has(run: Run, value: Any, *path: Any) -> bool:
    """Whether the path exists in the JSON text or value."""
    return _at_path(run, value, path)[0]


@native("JSONLength", least=1, most=None)
def json_length(run: Run, value: Any, *path: Any) -> float:
    """The number of elements at the path, 0 if there is no container."""
    found = _at_path(run, value, path)[1]
    return float(len(found)) if isinstance(found, dict | list) else 0.0


@native("JSONExtractBool", least=1, most=None)
def json_extract_bool(run: Run, value: Any, *path: Any) -> bool:
    """The boolean at the path, false if there is none."""
    return _at_path(run, value, path)[1] is True


def _extract(run: Run, value: Any, path: tuple[Any, ...]) -> Any:
    """Return what is at the path, null if it is missing; without a path only containers count."""
    found = _at_path(run, value, path)[1]
    return found if path or isinstance(found, dict | list) else None


@native("JSONExtract", least=2, most=None)
def json_extract(run: Run, value: Any, *path: Any) -> Any:
    """The value at the path; the last argument, a type, is ignored."""
    return _extract(run, value, path[:-1])


@native("JSONExtractInt", least=1, most=None)
def json_extract_int(run: Run, value: Any, *path: Any) -> float | None:
    """The whole number that the value at the path begins with, or null."""
    found = _extract(run, value, path)
    return None if found is None else parse_int(values.js_text(found))


@native("JSONExtractFloat", least=1, most=None)
def json_extract_float(run: Run, value: Any, *path: Any) -> float | None:
    """The number that the value at the path begins with, or null."""
    found = _extract(run, value, path)
    return None if found is None else parse_float(values.js_text(found))


@native("JSONExtractString", least=1, most=None)
def json_extract_string(run: Run, value: Any, *path: Any) -> str | None:
    """The text of the value at the path, JSON for an object, or null."""
    found = _extract(run, value, path)
    if isinstance(found, dict):
        return json_text(run, found)
    return None if found is None else values.js_text(found)


@native("JSONExtractArrayRaw", least=1, most=None)
def json_extract_array(run: Run, value: Any, *path: Any) -> list[Any] | None:
    """The array at the path, or null."""
    found = _at_path(run, value, path)[1]
    return found if isinstance(found, list) else None
