"""Syntax trees as values: ``sql(...)`` and HogQLX tags become dicts that a program can pass on (spec 3.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from hogapi.hog import ast
from hogapi.hog.compiler_emitter import Emitter
from hogapi.hog.opcodes import Op

TREE_KEY = "__hx_ast"
TAG_KEY = "__hx_tag"

_ORDER: dict[type[ast.Node], tuple[str, ...]] = {
    ast.Field: ("chain", "from_asterisk"),
    ast.Alias: ("alias", "expr", "hidden", "from_asterisk"),
    ast.Call: ("name", "args", "params", "distinct", "filter_expr", "order_by"),
    ast.CompareOperation: ("left", "right", "op"),
    ast.ArithmeticOperation: ("left", "right", "op"),
}
"""Fields of the nodes whose published order, or set, differs from that of our classes."""

_FIXED = {"from_asterisk": False}
"""Published fields that no parsed tree sets."""


def tree_fields(node: ast.Node) -> Iterator[tuple[str, Any]]:
    """Yield the published fields of a node that have a value, in their published order."""
    kind = type(node)
    names = _ORDER.get(kind) or tuple(field.name for field in fields(kind) if field.name not in ("start", "end"))
    for name in names:
        value = _FIXED[name] if name in _FIXED else getattr(node, name)
        if value is not None:
            yield name, value


class TreeEmitter(Emitter):
    """Writes code that pushes a tree instead of the value that the tree stands for."""

    def expr(self, node: ast.Expr) -> None:
        """Write code that pushes the value of ``node``."""
        raise NotImplementedError

    def tree(self, node: ast.Node) -> None:
        """Write ``node`` as a dict of its class name and fields; ``{placeholders}`` in it are values again."""
        if isinstance(node, ast.Placeholder):
            self.expr(node.expr)
            return
        self.emit(Op.STRING, TREE_KEY, Op.STRING, type(node).__name__)
        written = 1
        for name, value in tree_fields(node):
            self.emit(Op.STRING, name)
            self._part(value)
            written += 1
        self.emit(Op.DICT, written)

    def _part(self, value: Any) -> None:
        if isinstance(value, ast.Node):
            self.tree(value)
        elif isinstance(value, (list, tuple)):
            for item in value:
                self._part(item)
            self.emit(Op.ARRAY, len(value))
        elif isinstance(value, dict):
            for key, item in value.items():
                self.emit(Op.STRING, key)
                self._part(item)
            self.emit(Op.DICT, len(value))
        elif isinstance(value, bool):
            self.emit(Op.INTEGER, value)
        else:
            self.constant(value)

    def tag(self, node: ast.HogQLXTag) -> None:
        """Write a tag: a call of the variable of that name with its attributes, else a dict that names the tag."""
        variable = self.variable(node.kind, node)
        if variable is None:
            self.emit(Op.STRING, TAG_KEY, Op.STRING, node.kind)
        for attribute in node.attributes:
            self.emit(Op.STRING, attribute.name)
            if isinstance(attribute.value, list):
                for item in attribute.value:
                    self.expr(item)
                self.emit(Op.ARRAY, len(attribute.value))
            else:
                self.expr(attribute.value)
        if variable is None:
            self.emit(Op.DICT, len(node.attributes) + 1)
        else:
            self.emit(Op.DICT, len(node.attributes), *variable, Op.CALL_LOCAL, 1)
