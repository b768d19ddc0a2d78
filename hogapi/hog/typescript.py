"""TypeScript -> JavaScript by blanking: what only types need becomes spaces, so lines and columns stay true.

Syntax that does something at run time (enum, namespace, parameter properties, decorators, imports) is refused. Exports
of the module are collected at its end: the result is the body of a function that has an ``exports`` object in scope.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from hogapi.hog.errors import HogSyntaxError
from hogapi.hog.typescript_exports import exported_names

_BLANK_NODES = frozenset(
    [
        *("type_annotation", "type_parameters", "type_arguments", "type_predicate_annotation", "asserts_annotation"),
        *("implements_clause", "accessibility_modifier", "override_modifier"),
    ]
)
_BLANK_STATEMENTS = frozenset(
    [
        *("interface_declaration", "type_alias_declaration", "ambient_declaration", "function_signature"),
        *("abstract_method_signature", "method_signature", "index_signature"),
    ]
)
_CASTS = frozenset({"as_expression", "satisfies_expression"})
_REFUSED = {
    "enum_declaration": "Enums are not supported: use an object instead",
    "internal_module": "Namespaces are not supported",
    "module": "Namespaces are not supported",
    "import_alias": "Import aliases are not supported",
    "import_statement": "Imports are not supported: the code has to stand for itself",
    "decorator": "Decorators are not supported",
}
_CAN_END_WITHOUT_SEMICOLON = frozenset(
    [
        *("expression_statement", "lexical_declaration", "variable_declaration", "return_statement"),
        *("throw_statement", "public_field_definition", "export_statement"),
    ]
)
_FUNCTIONS = frozenset(
    [
        *("function_declaration", "function_expression", "arrow_function", "method_definition"),
        *("generator_function", "generator_function_declaration"),
    ]
)
_WORDS = {
    "readonly": ("public_field_definition", "method_definition"),
    "abstract": ("abstract_class_declaration", "public_field_definition"),
    "?": ("optional_parameter", "public_field_definition", "method_definition"),
    "!": ("variable_declarator", "public_field_definition", "non_null_expression"),
}
"""Words that are types' business below these nodes."""


@cache
def _language() -> Language:
    return Language(tree_sitter_typescript.language_typescript())


def javascript_of_typescript(source: str) -> str:
    """Return the body of a function that fills ``exports``. Raises HogSyntaxError with line and column."""
    data = source.encode("utf-8", "surrogatepass")
    root = Parser(_language()).parse(data).root_node
    eraser = _Eraser(source, data)
    if root.has_error:
        raise eraser.syntax_error(root)
    eraser.erase(root)
    exports = "".join(f"\nexports[{json.dumps(name)}] = {local};" for name, local in eraser.exports)
    return "".join(eraser.text) + exports


class _Place(NamedTuple):
    """A node with what surrounds it. (The tree's own way up from a node takes time in proportion to its depth.)"""

    node: Node
    parent: _Place | None = None
    function: Node | None = None
    """The innermost function around the node."""

    def parent_type(self) -> str | None:
        return self.parent.node.type if self.parent is not None else None

    def below(self, nodes: list[Node]) -> list[_Place]:
        function = self.node if self.node.type in _FUNCTIONS else self.function
        return [_Place(node, self, function) for node in nodes]


class _Eraser:
    def __init__(self, source: str, data: bytes) -> None:
        self.source = source
        self.text = list(source)
        self.exports: list[tuple[str, str]] = []
        self._character = _offsets(source, data)
        self._separated: set[int] = set()

    def erase(self, root: Node) -> None:
        """Blank everything below ``root`` that JavaScript does not know."""
        pending = [_Place(root)]
        while pending:
            place = pending.pop()
            pending.extend(reversed(place.below(self._visit(place))))

    def _visit(self, place: _Place) -> list[Node]:
        """Deal with one node; return the nodes below it that need a look too."""
        node, kind = place.node, place.node.type
        if kind in _BLANK_NODES:
            self._blank_part(place)
            return []
        if kind in _BLANK_STATEMENTS or self._is_type_only(node):
            # The semicolon keeps the lines around it apart.
            self._blank(node.start_byte, node.end_byte, filler=";")
            return []
        if kind in _CASTS:
            if place.parent_type() == "call_expression":
                raise self._error("Expected ';' or parentheses around the cast that is called here", node)
            self._blank_part(place, node.children[0].end_byte)
            return node.children[:1]
        if kind in _REFUSED:
            raise self._error(_REFUSED[kind], node)
        if place.parent_type() in _WORDS.get(kind, ()):
            self._blank_part(place)
        rule = _RULES.get(kind)
        if rule is not None:
            rule(self, place)
        return node.children

    def _is_type_only(self, node: Node) -> bool:
        if node.type in ("import_statement", "export_statement"):
            if len(node.children) > 1 and node.children[1].type == "type":
                return True
            declaration = node.child_by_field_name("declaration")
            return declaration is not None and declaration.type in _BLANK_STATEMENTS
        if node.type == "public_field_definition":
            return any(child.type in ("declare", "abstract") for child in node.children)
        return False

    def _blank(self, start: int, end: int, *, filler: str | None = None) -> None:
        for index in range(self._character(start), self._character(end)):
            if not self.text[index].isspace():
                self.text[index] = " "
        if filler is not None:
            self.text[self._character(start)] = filler

    def _blank_part(self, place: _Place, start: int | None = None) -> None:
        """Blank a node, or its end from the byte ``start`` on; where a statement ends with it, say so."""
        node = place.node
        if node.type.endswith("annotation") and self._moves_parenthesis(place):
            return
        self._refuse_bracket_on_next_line(node)
        filler = ";" if node.start_byte in self._separated or _ends_statement(place) else None
        self._blank(node.start_byte if start is None else start, node.end_byte, filler=filler)

    def _refuse_bracket_on_next_line(self, node: Node) -> None:
        """The grammar reads a bracket below a type as part of it, TypeScript does not: it would vanish as blanks."""
        if node.start_point[0] == node.end_point[0]:
            return
        pending = node.children[1:] if node.type in _CASTS else node.children
        while pending:
            part = pending.pop()
            pending.extend(part.children)
            if part.type in ("lookup_type", "array_type"):
                inner, bracket = part.children[:2]
                if bracket.start_point[0] > inner.end_point[0]:
                    raise self._error("Expected ';' before this bracket", bracket)

    def _moves_parenthesis(self, place: _Place) -> bool:
        """Keep ``) =>`` on one line where the result type between them spans lines."""
        node = place.node
        if place.parent is None or place.parent_type() != "arrow_function" or node.start_point[0] == node.end_point[0]:
            return False
        arrow = place.parent.node
        parameters = arrow.child_by_field_name("parameters")
        if parameters is None or node != arrow.child_by_field_name("return_type"):
            return False
        self._blank(parameters.end_byte - 1, node.end_byte)
        self.text[self._character(node.end_byte) - 1] = ")"
        return True

    def _parameter(self, place: _Place) -> None:
        node = place.node
        for child in node.children:
            if child.type in ("accessibility_modifier", "override_modifier", "readonly"):
                raise self._error("Parameter properties are not supported: assign to this in the body", child)
        pattern = node.child_by_field_name("pattern")
        if pattern is not None and pattern.type == "this" and place.parent is not None:
            # It always comes first, so a comma may follow but not precede it.
            commas = [child.end_byte for child in place.parent.node.children if child.type == ","]
            self._blank(node.start_byte, commas[0] if commas else node.end_byte)

    def _member(self, place: _Place) -> None:
        """Let a class member whose first word is blanked not continue the line before it."""
        first = place.node.children[0]
        if first.type in ("accessibility_modifier", "readonly", "override_modifier"):
            self._separated.add(first.start_byte)

    def _export(self, place: _Place) -> None:
        node = place.node
        words = [child.type for child in node.children]
        declaration = node.child_by_field_name("declaration")
        if "from" in words or "*" in words or "=" in words:
            raise self._error("Only declarations and names of this module can be exported", node)
        self.exports.extend(exported_names(node))
        if "default" in words and node.child_by_field_name("value") is not None:
            end = node.children[words.index("default")].end_byte
            # "export default" is as long as what takes its place, or longer.
            self._blank(node.start_byte, end)
            at = self._character(node.start_byte)
            self.text[at : at + 14] = "let __default="
        elif declaration is not None:
            self._blank(node.start_byte, declaration.start_byte)
        else:
            self._blank(node.start_byte, node.end_byte, filler=";")

    def _await(self, place: _Place) -> None:
        if place.function is None or not any(child.type == "async" for child in place.function.children):
            raise self._error("await only works in async functions", place.node)

    def _loop(self, place: _Place) -> None:
        if any(child.type == "await" for child in place.node.children):
            self._await(place)

    def _return(self, place: _Place) -> None:
        if place.function is None:
            raise self._error("return only works in functions", place.node)

    def _error(self, message: str, node: Node) -> HogSyntaxError:
        start, end = self._character(node.start_byte), self._character(node.end_byte)
        return HogSyntaxError(message, source=self.source, offset=start, end=end)

    def syntax_error(self, root: Node) -> HogSyntaxError:
        """The first error of a tree, in words."""
        node = next(_faults(root), root)
        start = self._character(node.start_byte)
        if node.is_missing:
            message = f"Expected '{node.type}'"
            return HogSyntaxError(message, source=self.source, offset=start, expected=node.type)
        found = self.source[start : self._character(node.end_byte)].split("\n")[0][:40]
        message = f"Unexpected '{found}'" if found else "The code is not complete"
        return HogSyntaxError(message, source=self.source, offset=start, found=found)


_RULES: dict[str, Callable[[_Eraser, _Place], None]] = {
    "required_parameter": _Eraser._parameter,
    "optional_parameter": _Eraser._parameter,
    "public_field_definition": _Eraser._member,
    "method_definition": _Eraser._member,
    "export_statement": _Eraser._export,
    "await_expression": _Eraser._await,
    "for_in_statement": _Eraser._loop,
    "return_statement": _Eraser._return,
}


def _offsets(source: str, data: bytes) -> Callable[[int], int]:
    """Return the function from offsets in bytes to offsets in characters."""
    if len(data) == len(source):
        return lambda offset: offset
    table = [0] * (len(data) + 1)
    at = 0
    for index, character in enumerate(source):
        width = len(character.encode("utf-8", "surrogatepass"))
        table[at : at + width] = [index] * width
        at += width
    table[at] = len(source)
    return table.__getitem__


def _ends_statement(place: _Place) -> bool:
    """Tell whether a statement without a semicolon of its own ends where the node does."""
    around = place.parent
    while around is not None and around.node.end_byte == place.node.end_byte:
        if around.node.type in _CAN_END_WITHOUT_SEMICOLON:
            return True
        around = around.parent
    return False


def _faults(root: Node) -> Iterator[Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            pending.extend(reversed(node.children))
