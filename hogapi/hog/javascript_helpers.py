"""The JavaScript side of the standard library: sources, and which function needs which (spec hog_language.md 10).

The files in ``javascript_stl`` hold plain function declarations at the left margin. What a function depends on is read
off its text, so there is no list to keep in step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hogapi.hog.javascript_names import identifier

_SOURCES = Path(__file__).parent / "javascript_stl"
_DECLARATION = re.compile(r"^function ([\w$]+)\(.*?^}$", re.MULTILINE | re.DOTALL)
_USE = re.compile(r"(?<![\w.$])(?:(__\w+)|([\w$]+)(?=\())")


@dataclass(frozen=True)
class Helper:
    """One function: its source text and the names of those that it calls directly."""

    name: str
    source: str
    needs: tuple[str, ...]


@cache
def helpers() -> dict[str, Helper]:
    """All functions by their JavaScript names."""
    sources = {
        match[1]: match[0]
        for path in sorted(_SOURCES.glob("*.js"))
        for match in _DECLARATION.finditer(path.read_text("utf-8"))
    }
    return {name: Helper(name, source, _needs(name, source, sources)) for name, source in sources.items()}


def _needs(name: str, source: str, known: Iterable[str]) -> tuple[str, ...]:
    used = {match[1] or match[2] for match in _USE.finditer(source)}
    return tuple(other for other in known if other in used and other != name)


def library_function(name: str) -> str | None:
    """Return the JavaScript name of the library function that Hog calls ``name``, or None if there is none."""
    spelt = identifier(name)
    return spelt if spelt in helpers() and not name.startswith("__") else None


def emit(names: Iterable[str]) -> str:
    """Return the source of these functions and of all that they need, what is needed first.

    Raises KeyError for a name that is no helper.
    """
    emitted: dict[str, str] = {}
    for name in sorted(names):
        _emit(name, emitted, set())
    return "\n".join(emitted.values())


def _emit(name: str, emitted: dict[str, str], open_: set[str]) -> None:
    if name in emitted or name in open_:
        return
    open_.add(name)
    helper = helpers()[name]
    for other in helper.needs:
        _emit(other, emitted, open_)
    emitted[name] = helper.source
