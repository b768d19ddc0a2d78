"""What an export statement of TypeScript gives away: pairs of the exported name and the local one."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

_PATTERNS = frozenset({"object_pattern", "array_pattern", "rest_pattern"})


def exported_names(statement: Node) -> Iterator[tuple[str, str]]:
    """Yield (exported name, local name or expression) for an ``export_statement`` without ``from``."""
    declaration = statement.child_by_field_name("declaration")
    is_default = any(child.type == "default" for child in statement.children)
    if is_default:
        name = declaration.child_by_field_name("name") if declaration is not None else None
        yield "default", _text(name) if name is not None else "__default"
    elif declaration is not None:
        for variable in _declared(declaration):
            yield variable, variable
    for clause in statement.children:
        if clause.type == "export_clause":
            yield from _listed(clause)


def _listed(clause: Node) -> Iterator[tuple[str, str]]:
    for specifier in clause.named_children:
        name, alias = specifier.child_by_field_name("name"), specifier.child_by_field_name("alias")
        is_type = bool(specifier.children) and specifier.children[0].type == "type"
        if name is not None and not is_type:
            exported = alias if alias is not None else name
            yield _text(exported).strip("\"'"), _text(name)


def _declared(declaration: Node) -> Iterator[str]:
    name = declaration.child_by_field_name("name")
    if name is not None:
        yield _text(name)
        return
    for declarator in declaration.named_children:
        bound = declarator.child_by_field_name("name")
        if bound is not None:
            yield from _bound(bound)


def _bound(pattern: Node) -> Iterator[str]:
    """Yield the variables that a pattern such as ``{ a, b: [c] = [] }`` declares."""
    if pattern.type in ("identifier", "shorthand_property_identifier_pattern"):
        yield _text(pattern)
    elif pattern.type in _PATTERNS:
        for child in pattern.named_children:
            yield from _bound(child)
    elif pattern.type == "pair_pattern":
        value = pattern.child_by_field_name("value")
        if value is not None:
            yield from _bound(value)
    elif pattern.type in ("assignment_pattern", "object_assignment_pattern"):
        left = pattern.child_by_field_name("left")
        if left is not None:
            yield from _bound(left)


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
