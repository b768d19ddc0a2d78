"""Text functions (spec hog_language.md 5). Text is made of code points; null stays null (7.2)."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from hogapi.hog import values
from hogapi.hog.errors import HogVMError
from hogapi.hog.meter import Run
from hogapi.hog.printing import output_text
from hogapi.hog.stl.registry import native

SHORT = 200
"""Characters of a text whose handling need not be announced to the meter."""

_URI_SAFE = "!'()*~-_."
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")


def text_of(name: str, value: Any) -> str:
    """Return ``value`` if it is text; HogVMError naming the function otherwise."""
    if value.__class__ is not str:
        raise HogVMError(f"Function {name} requires a string, got {values.type_name(value)}")
    text: str = value
    return text


def element_text(run: Run, item: Any) -> str:
    """Return JavaScript's ``String(item)`` of one of many elements; HogTimeout in time if they are long arrays."""
    run.look_at_clock(item)
    return values.js_text(item)


@native("concat", least=1, most=None)
def concat(run: Run, *parts: Any) -> str:
    """The texts of the arguments joined; null counts as ''."""
    texts = [part if part.__class__ is str else "" if part is None else output_text(run, part) for part in parts]
    run.charge(49 + sum(map(len, texts)))
    return "".join(texts)


@native("length", least=1, most=1)
def length(run: Run, value: Any) -> float | None:
    """The number of characters or elements; null for what has neither."""
    return float(len(value)) if isinstance(value, str | list | dict) else None


@native("lower", least=1, most=1)
def lower(run: Run, value: Any) -> str | None:
    """``value`` in lower case."""
    if value is None:
        return None
    text = text_of("lower", value)
    if len(text) < SHORT:
        run.allocated += SHORT
    else:
        run.charge(len(text))
    return text.lower()


@native("upper", least=1, most=1)
def upper(run: Run, value: Any) -> str | None:
    """``value`` in upper case."""
    if value is None:
        return None
    run.charge(len(text_of("upper", value)))
    return str(value).upper()


@native("reverse", least=1, most=1)
def reverse(run: Run, value: Any) -> str | None:
    """``value`` backwards."""
    if value is None:
        return None
    run.charge(len(text_of("reverse", value)))
    return str(value)[::-1]


@native("replaceOne", least=3, most=3)
def replace_one(run: Run, value: Any, search: Any, replacement: Any) -> str | None:
    """``value`` with the first ``search`` replaced; ``$&`` and its kin in the replacement mean the match."""
    return _replace(run, "replaceOne", value, search, replacement, 1)


@native("replaceAll", least=3, most=3)
def replace_all(run: Run, value: Any, search: Any, replacement: Any) -> str | None:
    """``value`` with every ``search`` replaced."""
    if (
        value.__class__ is str
        and search.__class__ is str
        and replacement.__class__ is str
        and len(value) < SHORT
        and len(replacement) < SHORT
        and "$" not in replacement
    ):
        run.fuel -= 8
        run.allocated += SHORT
        text: str = value
        return text.replace(search, replacement)
    return _replace(run, "replaceAll", value, search, replacement, -1)


def _replace(run: Run, name: str, value: Any, search: Any, replacement: Any, most: int) -> str | None:
    if value is None:
        return None
    text = text_of(name, value)
    wanted, new = values.js_text(search), values.js_text(replacement)
    run.work(len(text), 5.0)
    count = text.count(wanted) if most < 0 else 1
    run.charge(max(0, len(text) + count * (len(new) - len(wanted))))
    if "$" not in new:
        return text.replace(wanted, new, most)
    parts: list[str] = []
    end = 0
    place = text.find(wanted)
    while place >= 0 and most:
        expanded = _expand(new, text, place, place + len(wanted))
        run.charge(len(expanded))
        run.work(len(expanded))
        parts += [text[end:place], expanded]
        end = place + len(wanted)
        most -= 1
        place = text.find(wanted, end if wanted else end + 1) if end < len(text) or wanted else -1
    parts.append(text[end:])
    return "".join(parts)


def _expand(template: str, text: str, start: int, end: int) -> str:
    """Return the replacement with ``$$ $& $` $'`` filled in as JavaScript does."""

    def fill(match: re.Match[str]) -> str:
        return {"$": "$", "&": text[start:end], "`": text[:start], "'": text[end:]}[match[1]]

    return re.sub(r"\$([$&`'])", fill, template)


@native("position", least=2, most=3)
def position(run: Run, value: Any, wanted: Any, _start: Any = None) -> float:
    """The 1-based place of ``wanted`` in ``value``, 0 when absent or not text."""
    if value.__class__ is not str:
        return 0.0
    run.work(len(value), 5.0)
    return float(value.find(values.js_text(wanted)) + 1)


@native("positionCaseInsensitive", least=2, most=3)
def position_case_insensitive(run: Run, value: Any, wanted: Any, _start: Any = None) -> float:
    """``position`` without regard to case."""
    if value.__class__ is not str:
        return 0.0
    run.work(len(value), 10.0)
    return float(value.lower().find(values.js_text(wanted).lower()) + 1)


@native("trim", least=1, most=2)
def trim(run: Run, value: Any, character: Any = " ") -> str | None:
    """``value`` without ``character`` repeated at both ends."""
    return _trim("trim", value, character, str.strip)


@native("trimLeft", least=1, most=2)
def trim_left(run: Run, value: Any, character: Any = " ") -> str | None:
    """``value`` without ``character`` repeated at its start."""
    return _trim("trimLeft", value, character, str.lstrip)


@native("trimRight", least=1, most=2)
def trim_right(run: Run, value: Any, character: Any = " ") -> str | None:
    """``value`` without ``character`` repeated at its end."""
    return _trim("trimRight", value, character, str.rstrip)


def _trim(name: str, value: Any, character: Any, strip: Any) -> str | None:
    if value is None:
        return None
    text = text_of(name, value)
    wanted = " " if character is None else text_of(name, character)
    return "" if len(wanted) != 1 else str(strip(text, wanted))


@native("splitByString", least=2, most=3)
def split_by_string(run: Run, separator: Any, value: Any, most: Any = None) -> list[str]:
    """The pieces of ``value`` between separators, at most ``most``; '' separates every character."""
    if value is None:
        return [""]
    text, mark = text_of("splitByString", value), values.js_text(separator)
    run.work(len(text), 30.0)
    count = text.count(mark) + 1
    run.charge(len(text) + 64 * count)
    pieces = text.split(mark) if mark else list(text)
    if most is None:
        return pieces
    limit = values.to_number(most)
    return pieces[: int(limit) % 2**32] if limit - limit == 0 else []


@native("startsWith", least=2, most=2)
def starts_with(run: Run, value: Any, prefix: Any) -> bool:
    """Whether the text ``value`` begins with the text ``prefix``."""
    return value.__class__ is str and prefix.__class__ is str and value.startswith(prefix)


@native("substring", least=2, most=3)
def substring(run: Run, value: Any, start: Any, count: Any = None) -> str:
    """``count`` characters (all, if not given) from the 1-based ``start``; '' for what is not text or a bad place."""
    first = values.to_number(start)
    if value.__class__ is not str or not first >= 1:
        return ""
    place = int(min(first, len(value) + 1.0)) - 1
    if count is None:
        return str(value[place:])
    size = values.to_number(count)
    end = min(first - 1 + size, float(len(value))) if size > 0 else 0.0
    return str(value[place : int(end)])


@native("base64Encode", least=1, most=1)
def base64_encode(run: Run, value: Any) -> str:
    """The Base64 form of the UTF-8 bytes of ``value``."""
    text = text_of("base64Encode", value)
    run.charge(2 * len(text))
    return base64.b64encode(text.encode("utf-8", "replace")).decode()


@native("base64Decode", least=1, most=1)
def base64_decode(run: Run, value: Any) -> str:
    """The text whose UTF-8 bytes ``value`` encodes; lenient about the alphabet and padding, as node is."""
    text = text_of("base64Decode", value)
    run.work(len(text))
    run.charge(2 * len(text))
    body = _NOT_BASE64.sub("", text.partition("=")[0].replace("-", "+").replace("_", "/"))
    body = body[:-1] if len(body) % 4 == 1 else body
    return base64.b64decode(body + "=" * (-len(body) % 4)).decode("utf-8", "replace")


@native("tryBase64Decode", least=1, most=1)
def try_base64_decode(run: Run, value: Any) -> str:
    """``base64Decode``, and '' for what is not text."""
    return base64_decode(run, value) if value.__class__ is str else ""


@native("encodeURLComponent", least=1, most=1)
def encode_url_component(run: Run, value: Any) -> str:
    """JavaScript's ``encodeURIComponent``."""
    text = values.js_text(value)
    run.work(len(text), 60.0)
    run.charge(6 * len(text))
    return quote(text, safe=_URI_SAFE, errors="replace")


@native("decodeURLComponent", least=1, most=1)
def decode_url_component(run: Run, value: Any) -> str:
    """JavaScript's ``decodeURIComponent``; the program fails on malformed text."""
    decoded = try_decode_url_component(run, value)
    if decoded is None:
        raise HogVMError("URI malformed")
    return decoded


@native("tryDecodeURLComponent", least=1, most=1)
def try_decode_url_component(run: Run, value: Any) -> str | None:
    """``decodeURLComponent``, and null for malformed text."""
    text = values.js_text(value)
    run.work(len(text), 70.0)
    run.charge(2 * len(text))
    if _BAD_ESCAPE.search(text):
        return None
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeError:
        return None
