"""Hog text -> the same Hog text, laid out in one way.

The formatter moves tokens, it never adds, drops or rewrites one, so comments survive and the program keeps its
meaning; line breaks mean nothing in Hog. Its rules:

* four spaces of indentation, one statement a line, at most one empty line between statements;
* the braces of blocks are always broken open, except those of a one-line lambda;
* a bracket whose author broke the line behind it gets one element a line, any other bracket stays as it was;
* spaces around operators and behind commas, none inside brackets;
* other line breaks inside expressions stay where the author put them, indented once more.
"""

from __future__ import annotations

from dataclasses import dataclass

from hogapi.hog import ast
from hogapi.hog.errors import HogError
from hogapi.hog.formatter_spacing import Item, space_between
from hogapi.hog.lexer import END, TEMPLATE_END, TEMPLATE_START, TEXT, Lexer
from hogapi.hog.parser import parse_program
from hogapi.hog.visitor import walk

_INDENT = "    "
_OPENERS = frozenset(["(", "[", "{"])
_CLOSERS = frozenset([")", "]", "}"])
_CLAUSES = frozenset(["else", "catch", "finally"])
_COMMENT = "comment"
_ATOM = "atom"


def format_program(source: str) -> str:
    """Return ``source`` in the layout above, ending in a newline. Raises HogSyntaxError."""
    lexer = Lexer(source).program()
    tree = parse_program(source)
    result = _Layout(source, _items(source, lexer, tree), _Structure(source, tree)).text()
    if _tokens(Lexer(result).program()) != _tokens(lexer):
        raise HogError("Formatting would change this program, so it was left alone")
    return result


def _tokens(lexer: Lexer) -> list[tuple[str, str]]:
    return list(zip(lexer.kinds, lexer.values, strict=True))


def _items(source: str, lexer: Lexer, tree: ast.Program) -> list[Item]:
    """Tokens and comments in order; templates and tags, whose spaces have meaning, are one item each."""
    tags = {node.start: node.end for node in walk(tree) if isinstance(node, ast.HogQLXTag)}
    items: list[Item] = []
    at, depth, atom_start, atom_end = 0, 0, -1, -1
    while lexer.kinds[at] != END:
        kind, start, end = lexer.kinds[at], lexer.starts[at], lexer.ends[at]
        if start < atom_end:
            pass
        elif start in tags and not depth:
            atom_end = tags[start]
            items.append(Item(_ATOM, source[start:atom_end], "", start, atom_end))
        elif kind == TEMPLATE_START:
            atom_start = start if not depth else atom_start
            depth += 1
        elif kind == TEMPLATE_END:
            depth -= 1
            if not depth:
                items.append(Item(_ATOM, source[atom_start:end], "", atom_start, end))
        elif not depth and kind != TEXT:
            items.append(Item(kind, source[start:end], lexer.words[at], start, end))
        at += 1
    atoms = [(item.start, item.end) for item in items if item.kind == _ATOM]
    for start, end in lexer.comments:
        if not any(first < start < last for first, last in atoms):
            items.append(Item(_COMMENT, source[start:end].rstrip(), "", start, end))
    return sorted(items, key=lambda item: item.start)


class _Structure:
    """What the syntax tree knows and the tokens do not, as sets of offsets."""

    def __init__(self, source: str, tree: ast.Program) -> None:
        self.statements: set[int] = set()
        self.blocks: set[int] = set()
        self.inline_blocks: set[int] = set()
        self.calls: set[int] = set()
        for node in walk(tree):
            if isinstance(node, (ast.Program, ast.Block)):
                self.statements.update(statement.start for statement in node.declarations)
            if isinstance(node, ast.Block):
                self.blocks.add(node.start)
            elif isinstance(node, ast.Call) and source.startswith(node.name, node.start):
                self.calls.add(node.start)
            elif isinstance(node, ast.Lambda):
                self._lambda(source, node.expr)

    def _lambda(self, source: str, body: ast.Expr | ast.Block) -> None:
        if isinstance(body, (ast.Block, ast.Placeholder)):
            self.blocks.add(body.start)
            short = isinstance(body, ast.Placeholder) or len(body.declarations) == 1
            holds_block = any(isinstance(node, ast.Block) and node is not body for node in walk(body))
            if short and not holds_block and "\n" not in source[body.start : body.end]:
                self.inline_blocks.add(body.start)


@dataclass(slots=True)
class _Bracket:
    """An open bracket: whether it holds statements, and whether its content is broken over lines."""

    item: Item
    is_block: bool
    expanded: bool
    continued: bool
    """Whether the line it stands on is indented as the continuation of another."""
    ternaries: int = 0

    @property
    def depth(self) -> int:
        """How much deeper its content is indented than the statement around it."""
        return self.expanded * (1 + self.continued)


class _Layout:
    """Writes items one after the other, deciding in front of each whether it begins a line."""

    def __init__(self, source: str, items: list[Item], structure: _Structure) -> None:
        self._source = source
        self._items = items
        self._structure = structure
        self._parts: list[str] = []
        self._brackets: list[_Bracket] = []
        self._level = 0
        self._continued = False

    def text(self) -> str:
        """The formatted program."""
        for index, item in enumerate(self._items):
            self._classify(index, item)
            if item.kind in _CLOSERS and self._brackets:
                self._level -= self._brackets[-1].depth
            if index:
                self._separate(index, item)
            self._parts.append(item.text)
            if item.kind in _CLOSERS and self._brackets:
                self._brackets.pop()
            elif item.kind in _OPENERS:
                self._open(index, item)
        return "".join(self._parts) + "\n" if self._parts else ""

    def _classify(self, index: int, item: Item) -> None:
        """Fill in what spacing depends on, from the items in front of this one."""
        previous = self._previous(index)
        bracket = self._brackets[-1] if self._brackets else None
        item.begins_statement = item.start in self._structure.statements
        item.is_call = item.start in self._structure.calls
        item.is_block = item.start in self._structure.blocks
        item.is_prefix = previous is None or item.begins_statement or not previous.ends_operand
        if item.kind == "?" and bracket is not None:
            bracket.ternaries += 1
        elif item.kind == ":" and bracket is not None:
            item.is_ternary = bracket.ternaries > 0
            bracket.ternaries -= item.is_ternary
            item.is_slice = not item.is_ternary and bracket.item.kind == "[" and not bracket.item.is_prefix
        elif item.kind == ":":
            item.is_ternary = previous is not None and not self._is_lambda_colon(index)

    def _is_lambda_colon(self, index: int) -> bool:
        at = index - 1
        while at > 0 and self._items[at].kind in ("identifier", "quoted identifier", ","):
            if self._items[at - 1].word == "lambda":
                return True
            at -= 1
        return False

    def _previous(self, index: int) -> Item | None:
        while index:
            index -= 1
            if self._items[index].kind != _COMMENT:
                return self._items[index]
        return None

    def _open(self, index: int, item: Item) -> None:
        following = next(other for other in self._items[index + 1 :] if other.kind != _COMMENT)
        is_empty = self._items[index + 1].kind in _CLOSERS
        if item.is_block:
            expanded = not is_empty and item.start not in self._structure.inline_blocks
        else:
            expanded = not is_empty and self._breaks(item, following) > 0
        bracket = _Bracket(item, item.is_block, expanded, self._continued)
        self._brackets.append(bracket)
        self._level += bracket.depth

    def _breaks(self, before: Item, after: Item) -> int:
        """How many line breaks the author put between two items."""
        return self._source.count("\n", before.end, after.start)

    def _separate(self, index: int, item: Item) -> None:
        """Write what belongs in front of an item: line breaks and indentation, a space, or nothing."""
        before = self._items[index - 1]
        breaks = self._breaks(before, item)
        bracket = self._brackets[-1] if self._brackets else None
        opens = before.kind in _OPENERS
        closes = item.kind in _CLOSERS
        if self._begins_line(before, item, breaks, bracket):
            empty = breaks > 1 and not opens and not closes
            self._continued = self._is_continued(index, bracket)
            self._parts.append("\n" * (1 + empty) + _INDENT * (self._level + self._continued))
        elif item.kind == _COMMENT and before.kind != _COMMENT:
            self._parts.append("  " if item.text[:2] != "/*" else " ")
        elif bracket is not None and bracket.is_block and (opens or closes):
            self._parts.append("" if opens and closes else " ")
        else:
            self._parts.append(space_between(before, item))

    def _begins_line(self, before: Item, item: Item, breaks: int, bracket: _Bracket | None) -> bool:
        if before.kind == _COMMENT and (not before.text.startswith("/*") or breaks):
            return True
        if item.kind == _COMMENT:
            return breaks > 0
        expanded = bracket is not None and bracket.expanded
        if item.kind in _CLOSERS:
            return expanded
        if before.kind in _OPENERS:
            return expanded or (item.begins_statement and bracket is not None and bracket.expanded)
        if item.begins_statement:
            return bracket is None or bracket.expanded or not bracket.is_block
        if before.kind == "," and expanded:
            return True
        if item.word in _CLAUSES and before.kind == "}":
            return False
        return breaks > 0 and item.kind not in (",", ";")

    def _is_continued(self, index: int, bracket: _Bracket | None) -> bool:
        """Whether the line that an item begins goes on with the statement or element of the line before."""
        before = self._previous(index)
        while self._items[index].kind == _COMMENT and index + 1 < len(self._items):
            index += 1
        item = self._items[index]
        expanded = bracket is not None and bracket.expanded
        if item.kind in _CLOSERS:
            return bracket is not None and bracket.continued and expanded
        if before is None or item.kind == _COMMENT or item.word in _CLAUSES:
            return False
        if item.begins_statement or item.start in self._structure.statements:
            return False
        return not (expanded and before.kind in (",", *_OPENERS))
