"""Walking a syntax tree without recursion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from hogapi.hog import ast


def _field_names(node: type[ast.Node]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(node) if field.name not in ("start", "end"))


_FIELDS: dict[type[ast.Node], tuple[str, ...]] = {}


def children(node: ast.Node) -> Iterator[ast.Node]:
    """Yield the nodes directly below ``node``, in the order of its fields, which is that of the source."""
    kind = type(node)
    names = _FIELDS.get(kind)
    if names is None:
        names = _FIELDS[kind] = _field_names(kind)
    for name in names:
        value = getattr(node, name)
        if isinstance(value, ast.Node):
            yield value
        elif isinstance(value, (list, tuple)):
            for item in value:
                if isinstance(item, ast.Node):
                    yield item
                elif isinstance(item, tuple):
                    yield from (part for part in item if isinstance(part, ast.Node))
        elif isinstance(value, dict):
            yield from value.values()


def walk(node: ast.Node) -> Iterator[ast.Node]:
    """Yield ``node`` and everything below it, parents before children, in the order of the source."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(list(children(current))))


def deeper_than(node: ast.Node, limit: int) -> ast.Node | None:
    """Return a node that lies more than ``limit`` levels below ``node``, or None."""
    level = [node]
    for _ in range(limit + 1):
        level = [child for parent in level for child in children(parent)]
        if not level:
            return None
    return level[0]
