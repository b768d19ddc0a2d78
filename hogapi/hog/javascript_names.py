"""How names and constants of Hog are spelt in JavaScript, so that no Hog text can leave its place (spec 10)."""

from __future__ import annotations

import json
import math
import re

from hogapi.hog import ast

PREFIX = "__x_"
_RESERVED = frozenset(
    [
        *("await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete", "do"),
        *("else", "enum", "export", "extends", "false", "finally", "for", "function", "if", "implements", "import"),
        *("in", "instanceof", "interface", "let", "new", "null", "package", "private", "protected", "public"),
        *("return", "static", "super", "switch", "this", "throw", "true", "try", "typeof", "var", "void", "while"),
        *("with", "yield", "Error", "arguments", "eval", "undefined", "NaN", "Infinity", "__getGlobal"),
    ]
)
_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def identifier(name: str) -> str:
    """Return a JavaScript identifier for a Hog name; different names stay different."""
    if _PLAIN.fullmatch(name):
        return PREFIX + name if name in _RESERVED or name.startswith(PREFIX) else name
    escaped = re.sub(r"[^A-Za-z0-9_]", lambda match: f"$u{ord(match[0]):x}$", name)
    return f"{PREFIX}q_{escaped}"


def text(value: str) -> str:
    """Return a string literal; it is safe inside a script element too."""
    return json.dumps(value).replace("</", "<\\/")


def constant(value: ast.ConstantValue) -> str:
    """Return a literal for a constant."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return text(value)
    return _number(value)


def _number(value: float) -> str:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "(-Infinity)"
    spelt = str(value) if isinstance(value, int) else repr(number)
    return spelt if number >= 0 else f"({spelt})"
