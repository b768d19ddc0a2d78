"""The table of library functions and the checks that their callers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class Native(NamedTuple):
    """A library function: ``call(run, *arguments)`` and how many arguments it takes (``most`` None: any number).

    ``exact`` functions complain about their arity in other words, because they are programs upstream.
    """

    call: Callable[..., Any]
    least: int
    most: int | None
    exact: bool = False


LIBRARY: dict[str, Native] = {}
"""All functions written in Python, by name."""


def native(*names: str, least: int = 0, most: int | None = 0, exact: bool = False) -> Callable[[Function], Function]:
    """Register the decorated function under ``names`` with its arity."""

    def register(function: Function) -> Function:
        for name in names:
            LIBRARY[name] = Native(function, least, most, exact)
        return function

    return register


def arity_problem(name: str, count: int, least: int, most: int | None, *, exact: bool = False) -> str | None:
    """Return the error text for calling ``name`` with ``count`` arguments, None when that is fine."""
    if exact and count != least:
        return f"Function {name} requires exactly {least} arguments"
    if count < least:
        return f"Function {name} requires at least {least} arguments"
    if most is not None and count > most:
        return f"Function {name} requires at most {most} arguments"
    return None
