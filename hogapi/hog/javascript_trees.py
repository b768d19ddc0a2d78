"""``sql(...)`` and HogQLX tags as JavaScript objects, the counterpart of ``compiler_trees``."""

from __future__ import annotations

from typing import Any

from hogapi.hog import ast
from hogapi.hog.compiler_trees import TAG_KEY, TREE_KEY, tree_fields
from hogapi.hog.javascript_names import constant, text


class TreeWriter:
    """Writes code whose value is a tree instead of what the tree stands for."""

    def expr(self, node: ast.Expr) -> str:
        """Return the code of an expression."""
        raise NotImplementedError

    def variable(self, name: str) -> str | None:
        """Return the identifier of a declared variable, or None."""
        raise NotImplementedError

    def tree(self, node: ast.Node) -> str:
        """Return ``node`` as an object literal; ``{placeholders}`` in it are values again."""
        if isinstance(node, ast.Placeholder):
            return self.expr(node.expr)
        parts = [f"{text(TREE_KEY)}: {text(type(node).__name__)}"]
        parts += [f"{text(name)}: {self._part(value)}" for name, value in tree_fields(node)]
        return f"{{{', '.join(parts)}}}"

    def _part(self, value: Any) -> str:
        if isinstance(value, ast.Node):
            return self.tree(value)
        if isinstance(value, (list, tuple)):
            return f"[{', '.join([self._part(item) for item in value])}]"
        if isinstance(value, dict):
            return f"{{{', '.join([f'[{text(key)}]: {self._part(item)}' for key, item in value.items()])}}}"
        return constant(value)

    def tag(self, node: ast.HogQLXTag) -> str:
        """Return a call of the variable of the tag's name with its attributes, else an object that names the tag."""
        variable = self.variable(node.kind)
        parts = [] if variable else [f"{text(TAG_KEY)}: {text(node.kind)}"]
        for attribute in node.attributes:
            items = attribute.value
            code = (
                f"[{', '.join([self.expr(item) for item in items])}]" if isinstance(items, list) else self.expr(items)
            )
            parts.append(f"[{text(attribute.name)}]: {code}")
        attributes = f"{{{', '.join(parts)}}}"
        return f"{variable}({attributes})" if variable else attributes
