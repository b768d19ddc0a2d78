r"""CSS selectors -> regular expressions (RE2) over an event's ``elements_chain``.

The chain lists the clicked element and its ancestors, innermost first, separated by ``;``. Each reads
``tag.class1.class2:key="value"key2="value"`` with classes and keys in alphabetical order, quotes in values written as
``\"``. The keys are ``attr__NAME``, ``attr_id``, ``href``, ``text``, ``nth-child`` and ``nth-of-type``.

Supported: tag, ``*``, ``.class``, ``#id``, ``[name]``, ``[name="value"]`` with ``=``, ``^=``, ``$=``, ``*=``,
``:nth-child(n)``, ``:nth-of-type(n)``, descendants (space), children (``>``) and alternatives (``,``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hogapi.hog.errors import HogCompileError

MAX_LENGTH = 1000
MAX_PARTS = 50
"""Characters and elements in a selector: the regular expression has to stay affordable."""

_IDENTIFIER = r"(?:[-\w\u0080-\U0010ffff]|\\.)+"
_TOKEN = re.compile(
    rf"""
      (?P<space>\s*[>,]\s*|\s+)
    | (?P<tag>\*|{_IDENTIFIER})
    | \.(?P<cls>{_IDENTIFIER})
    | \#(?P<id>{_IDENTIFIER})
    | \[\s*(?P<name>{_IDENTIFIER})\s*
        (?:(?P<op>[\^$*]?=)\s*(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<bare>[^\s"'\]]+))\s*)?\]
    | :(?P<nth>nth-child|nth-of-type)\(\s*(?P<n>\d+)\s*\)
    """,
    re.VERBOSE,
)

_QUOTED = r'(?:[^"\\]|\\.)*'
_REST = rf'(?:[^;"]|"{_QUOTED}")*'
_ATTRIBUTE = rf'[^;"=]+="{_QUOTED}"'
_END = r"(?:;|$)"


@dataclass
class _Part:
    """What a selector asks of one element."""

    tag: str | None = None
    classes: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    """(key in the chain, regular expression of the value within its quotes)"""
    is_child: bool = False
    """Whether the element before it in the selector has to be its parent, not just an ancestor."""


def selector_regex(selector: str) -> str:
    """Return the expression that finds ``selector`` in a chain. Raises HogCompileError for one it can not express."""
    alternatives = [_selector(parts) for parts in _parse(selector)]
    return alternatives[0] if len(alternatives) == 1 else "|".join(f"(?:{one})" for one in alternatives)


def tag_regex(tag: str) -> str:
    """Return the expression that finds an element of that tag in a chain."""
    return rf"(^|;){_escape(tag)}(\.|$|;|:)"


def _parse(selector: str) -> list[list[_Part]]:
    if len(selector) > MAX_LENGTH:
        raise HogCompileError(f"A selector may have at most {MAX_LENGTH} characters")
    text = selector.strip()
    alternatives = [[_Part()]]
    at = 0
    fresh = True
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or (token["space"] and fresh) or (token["tag"] and not fresh):
            raise HogCompileError(f"The selector '{selector}' is not supported at '{text[at : at + 20]}'")
        at = token.end()
        fresh = token["space"] is not None
        if not fresh:
            _require(alternatives[-1][-1], token)
        elif "," in token["space"]:
            alternatives.append([_Part()])
        else:
            alternatives[-1].append(_Part(is_child=">" in token["space"]))
    if sum(map(len, alternatives)) > MAX_PARTS:
        raise HogCompileError(f"A selector may name at most {MAX_PARTS} elements")
    if fresh:
        raise HogCompileError(f"The selector '{selector}' is incomplete")
    return alternatives


def _require(part: _Part, token: re.Match[str]) -> None:
    if token["tag"]:
        part.tag = None if token["tag"] == "*" else _unescaped(token["tag"])
    elif token["cls"]:
        part.classes.append(_unescaped(token["cls"]))
    elif token["id"]:
        part.attributes.append(("attr_id", _escape(_unescaped(token["id"]))))
    elif token["nth"]:
        part.attributes.append((token["nth"], token["n"]))
    else:
        name = _unescaped(token["name"])
        key = {"id": "attr_id", "href": "href"}.get(name, f"attr__{name}")
        part.attributes.append((key, _value(token)))


def _value(token: re.Match[str]) -> str:
    quoted = token["double"] if token["double"] is not None else token["single"]
    value = _unescaped(quoted) if quoted is not None else token["bare"]
    if value is None:
        return _QUOTED
    literal = _escape(value.replace('"', '\\"'))
    before = _QUOTED if token["op"] in ("*=", "$=") else ""
    after = _QUOTED if token["op"] in ("*=", "^=") else ""
    return before + literal + after


def _selector(parts: list[_Part]) -> str:
    # The chain starts at the innermost element, which a selector names last.
    pattern = "(?:^|;)"
    for index, part in enumerate(reversed(parts)):
        if index:
            inner = parts[len(parts) - index]
            pattern += ";" if inner.is_child else f";(?:{_REST};)*"
        pattern += _element(part)
    return pattern + _END


def _element(part: _Part) -> str:
    pattern = _escape(part.tag) if part.tag else '[^;".:]+'
    for name in sorted(part.classes):
        pattern += rf'(?:\.[^;"]*)?\.{_escape(name)}'
    if not part.attributes:
        return pattern + f"(?:[.:]{_REST})?"
    pattern += r'(?:\.[^;"]*)?:'
    for key, value in sorted(part.attributes):
        pattern += f'(?:{_ATTRIBUTE})*{_escape(key)}="{value}"'
    return pattern + _REST


def _unescaped(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name)


def _escape(text: str) -> str:
    return re.sub(r"([^\w\s\u0080-\U0010ffff])", r"\\\1", text)
