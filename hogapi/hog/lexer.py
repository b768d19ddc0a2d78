"""Text -> tokens, for Hog programs, HogQL expressions and template text (spec hog_language.md 1.4 and 1.5).

The lexer is modal because the language is: inside ``f'...'``, template text and HogQLX tags, characters are text until
``{`` opens code again. The modes open at any moment are kept on a stack, so that nesting costs no recursion.

Tokens are parallel lists, not objects: the parser touches every token several times and this halves its time.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hogapi.hog.errors import HogSyntaxError

IDENTIFIER = "identifier"
QUOTED_IDENTIFIER = "quoted identifier"
STRING = "string"
NUMBER = "number"
TEXT = "text"
TEMPLATE_START = "f'"
TEMPLATE_END = "f' end"
TAG_START = "tag <"
TAG_CLOSE = "tag </"
END = "end"

MAX_DEPTH = 128
"""How many levels a syntax tree may have, and how many brackets may be open at once.

Recursive walks over a tree (compiling, printing) spend up to six Python frames per level, so that this stays well
within the default recursion limit of 1,000 even when the caller's stack is already deep. Operator chains count: in
``a + b + c`` the leftmost operand is two levels down. ``and``, ``or`` and ``||`` chains are flat and of any length.
"""

_ESCAPE = r"\\(?:[abfnrtv0\\]|x[0-9a-fA-F]{2})"
_TOKEN = re.compile(
    rf"""
      (?P<space>[ \t\n\v\f\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]++)
    | (?P<comment>//[^\n\r]*+|--[^\n\r]*+|\#(?!\d)[^\n\r]*+|/\*(?s:.*?)\*/)
    | (?P<template>[fF]')
    | (?P<identifier>[A-Za-z_$][A-Za-z0-9_$]*+)
    | (?P<string>'(?:[^'\\]++|{_ESCAPE}|\\'|'')*+')
    | (?P<quoted>"(?:[^"\\]++|{_ESCAPE}|\\"|"")*+"|`(?:[^`\\]++|{_ESCAPE}|``)*+`)
    | (?P<number>
          0[xX][0-9a-fA-F]++(?:\.[0-9a-fA-F]*+)?[pP][+-]?\d++ | 0[xX][0-9a-fA-F]++ | 0[bB][01]++ | 0[oO][0-7]++
        | \d++(?:\.\d*+)?[eE][+-]?\d++ | \.\d++[eE][+-]?\d++ | \d++
      )
    | (?P<operator>
          <=> | =~\* | !~\* | :: | := | \?\. | \?\? | \|\| | -> | == | != | <> | <= | >= | =~ | !~ | ~\*
        | [-+*/%=~?:;,.()\[\]\#>]
      )
    | (?P<brace>[{{}}])
    | (?P<less><)
    """,
    re.VERBOSE,
)
_TAG_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*+")
_TAG_HEAD = re.compile(
    rf"""
      (?P<space>\s++) | (?P<comment>//[^\n\r]*+|--[^\n\r]*+|\#[^\n\r]*+|/\*(?s:.*?)\*/)
    | (?P<identifier>[A-Za-z_$][A-Za-z0-9_$-]*+) | (?P<string>'(?:[^'\\]++|{_ESCAPE}|\\'|'')*+')
    | (?P<operator>/>|[=>{{])
    """,
    re.VERBOSE,
)
# A "<" behind an operand is a comparison unless what follows can only be a tag.
_CERTAIN_TAG = re.compile(
    r"<(?:\s*[A-Za-z_$][\w$-]*+(?:\s++[A-Za-z_$][\w$-]*+)*+\s*/>|[A-Za-z_$][\w$-]*+(?:>|\s++[A-Za-z_$][\w$-]*+\s*=\s*['{]))"
)
_POSSIBLE_TAG = re.compile(r"<\s*[A-Za-z_$]")
_NOT_OPERANDS = frozenset(
    ["and", "between", "case", "else", "ilike", "in", "is", "like", "not", "or", "return", "then", "throw", "when"]
)

_QUOTED_TEXT = re.compile(rf"(?:[^'{{\\]++|{_ESCAPE}|\\['{{]|'')++")
_TEMPLATE_TEXT = re.compile(r"(?:[^{\\]++|\\\{|\\)++")
_TAG_TEXT = re.compile(r"[^<{]++")

_LOOKAHEAD = 6
_HINTS = {"&": "; write 'and'", "|": "; write 'or', or '||' to join text", "!": "; write 'not'"}
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "", "\\": "\\"}
_QUOTED_ESCAPE = re.compile(r"\\([abfnrtv0\\'\"{])|''|\"\"|``")
_TEMPLATE_ESCAPE = re.compile(r"\\([abfnrtv0\\{])")


def _decode_quoted(text: str, quote: str) -> str:
    """Resolve escapes and doubled quotes; ``\\xNN`` stays as written (spec 1.4)."""
    if "\\" not in text and quote not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        escape = match[1]
        if escape is not None:
            return _ESCAPED.get(escape, escape)
        return quote if match[0][0] == quote else match[0]

    return _QUOTED_ESCAPE.sub(replace, text)


def _decode_template(text: str) -> str:
    if "\\" not in text:
        return text
    return _TEMPLATE_ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), text)


def too_deep(source: str, offset: int) -> HogSyntaxError:
    """The error for text whose nesting exceeds ``MAX_DEPTH``."""
    message = f"This is nested too deeply; at most {MAX_DEPTH} levels are allowed"
    return HogSyntaxError(message, source=source, offset=offset)


class Lexer:
    """The tokens of one source text, as parallel lists; several ``END`` stand last, so that looking ahead is safe.

    ``kinds`` holds one of the constants above, or the operator itself; ``words`` the lower-case text of unquoted
    identifiers, else ``""``; ``values`` the decoded text; ``starts``/``ends`` code-point offsets; ``pairs`` maps the
    index of every opening bracket to that of its partner. Raises HogSyntaxError for characters that fit nowhere.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.kinds: list[str] = []
        self.words: list[str] = []
        self.values: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.comments: list[tuple[int, int]] = []
        self.pairs: dict[int, int] = {}
        self._open: list[int] = []
        self._position = 0
        self._modes: list[Callable[[], None]] = [self._code]

    def program(self) -> Lexer:
        """Read the whole source as code."""
        return self._run()

    def template(self) -> Lexer:
        """Read the whole source as bare template text (spec 1.5)."""
        self._modes = [self._bare_text]
        return self._run()

    def _run(self) -> Lexer:
        length = len(self.source)
        while self._position < length:
            self._modes[-1]()
        for _ in range(_LOOKAHEAD):
            self._add(END, length, length, "")
        return self

    def _add(self, kind: str, start: int, end: int, value: str, word: str = "") -> None:
        self.kinds.append(kind)
        self.words.append(word)
        self.values.append(value)
        self.starts.append(start)
        self.ends.append(end)
        self._position = end

    def _code(self) -> None:
        """Read code up to the next change of mode."""
        source, add, modes = self.source, self._add, self._modes
        match_token, depth, end = _TOKEN.match, len(modes), len(source)
        while self._position < end and len(modes) == depth:
            position = self._position
            match = match_token(source, position)
            if match is None:
                raise self._unexpected_character(position)
            group = match.lastgroup
            stop = match.end()
            if group == "space":
                self._position = stop
            elif group == "identifier":
                text = match[0]
                add(IDENTIFIER, position, stop, text, text.lower())
            elif group == "operator":
                text = match[0]
                add(text, position, stop, text)
                if text in "([":
                    self._push(len(self.kinds) - 1)
                elif text in ")]":
                    self._close("(" if text == ")" else "[")
            elif group == "string":
                add(STRING, position, stop, _decode_quoted(source[position + 1 : stop - 1], "'"))
            elif group == "number":
                add(NUMBER, position, stop, match[0])
            elif group == "quoted":
                name = _decode_quoted(source[position + 1 : stop - 1], source[position])
                add(QUOTED_IDENTIFIER, position, stop, name)
            elif group == "comment":
                self.comments.append((position, stop))
                self._position = stop
            else:
                self._special(match[0], position, stop)

    def _special(self, text: str, start: int, stop: int) -> None:
        """Add a token that may change the mode."""
        if text == "{":
            self._open_brace(start)
        elif text == "}":
            self._add("}", start, stop, "}")
            self._close("{")
            if len(self._modes) > 1:
                self._modes.pop()
        elif text == "F'":
            raise HogSyntaxError("Write a template with a small f: f'...'", source=self.source, offset=start, end=stop)
        elif text == "f'":
            self._add(TEMPLATE_START, start, stop, text)
            self._modes.append(self._quoted_text)
        elif self._opens_tag(start):
            self._add(TAG_START, start, stop, text)
            self._modes.append(self._tag_head)
        else:
            self._add(text, start, stop, text)

    def _push(self, token: int) -> None:
        """Note an opening bracket. Hopeless nesting ends here, before the rest of the text is read."""
        self._open.append(token)
        if len(self._open) > MAX_DEPTH:
            raise too_deep(self.source, self._position)

    def _open_brace(self, start: int) -> None:
        self._push(len(self.kinds))
        self._add("{", start, start + 1, "{")
        self._modes.append(self._code)

    def _close(self, opener: str) -> None:
        """Pair the bracket just added with its partner, if the innermost open bracket is one."""
        if self._open and self.kinds[self._open[-1]] == opener:
            self.pairs[self._open.pop()] = len(self.kinds) - 1

    def _opens_tag(self, start: int) -> bool:
        if _CERTAIN_TAG.match(self.source, start):
            return True
        if not self.kinds:
            return _POSSIBLE_TAG.match(self.source, start) is not None
        kind, word = self.kinds[-1], self.words[-1]
        ends_operand = kind in (STRING, QUOTED_IDENTIFIER, NUMBER, TEMPLATE_END, ")", "]", "}") or (
            kind == IDENTIFIER and word not in _NOT_OPERANDS
        )
        return not ends_operand and _POSSIBLE_TAG.match(self.source, start) is not None

    def _quoted_text(self) -> None:
        """Read the text of an f-string up to its end or the next ``{``."""
        start = self._position
        match = _QUOTED_TEXT.match(self.source, start)
        if match:
            self._add(TEXT, start, match.end(), _decode_quoted(match[0], "'"))
            return
        if self.source[start] == "{":
            self._open_brace(start)
        elif self.source[start] == "'":
            self._add(TEMPLATE_END, start, start + 1, "'")
            self._modes.pop()
        else:
            raise self._bad_escape(start)

    def _bare_text(self) -> None:
        """Read template text, which only ``{`` interrupts."""
        start = self._position
        match = _TEMPLATE_TEXT.match(self.source, start)
        if match:
            self._add(TEXT, start, match.end(), _decode_template(match[0]))
        else:
            self._open_brace(start)

    def _tag_head(self) -> None:
        """Read one token between the ``<`` and the ``>`` of a tag."""
        start = self._position
        match = _TAG_HEAD.match(self.source, start)
        if match is None:
            raise self._unexpected_character(start)
        text, group = match[0], match.lastgroup
        if group == "identifier":
            self._add(IDENTIFIER, start, match.end(), text, text.lower())
        elif group == "string":
            self._add(STRING, start, match.end(), _decode_quoted(text[1:-1], "'"))
        elif group == "operator":
            self._tag_operator(text, start, match.end())
        else:
            if group == "comment":
                self.comments.append((start, match.end()))
            self._position = match.end()

    def _tag_operator(self, text: str, start: int, stop: int) -> None:
        if text == "{":
            self._open_brace(start)
            return
        self._add(text, start, stop, text)
        if text == "/>":
            self._modes.pop()
        elif text == ">":
            self._modes[-1] = self._tag_body

    def _tag_body(self) -> None:
        """Read one child of a tag: text, ``{code}``, another tag, or the closing tag."""
        start = self._position
        match = _TAG_TEXT.match(self.source, start)
        if match:
            self._add(TEXT, start, match.end(), match[0])
        elif self.source[start] == "{":
            self._open_brace(start)
        elif self.source.startswith("</", start):
            self._add(TAG_CLOSE, start, start + 2, "</")
            self._modes[-1] = self._tag_tail
        elif _POSSIBLE_TAG.match(self.source, start):
            self._add(TAG_START, start, start + 1, "<")
            self._modes.append(self._tag_head)
        else:
            raise self._unexpected_character(start)

    def _tag_tail(self) -> None:
        """Read one token between the ``</`` and the ``>`` of a closing tag."""
        start = self._position
        name = _TAG_NAME.match(self.source, start)
        if self.source[start].isspace():
            self._position += 1
        elif name:
            self._add(IDENTIFIER, start, name.end(), name[0], name[0].lower())
        elif self.source[start] == ">":
            self._add(">", start, start + 1, ">")
            self._modes.pop()
        else:
            raise self._unexpected_character(start)

    def _unexpected_character(self, position: int) -> HogSyntaxError:
        character = self.source[position]
        if character in "'\"`":
            return self._bad_string(position, character)
        name = f"'{character}'" if character.isprintable() else f"U+{ord(character):04X}"
        message = f"Unexpected character {name}{_HINTS.get(character, '')}"
        return HogSyntaxError(message, source=self.source, offset=position, end=position + 1, found=name)

    def _bad_string(self, position: int, quote: str) -> HogSyntaxError:
        """Tell an unknown escape from a missing closing quote."""
        body = re.compile(rf"(?:[^{quote}\\]++|{_ESCAPE}|\\{quote}|{quote}{quote})*+")
        match = body.match(self.source, position + 1)
        stop = match.end() if match else position + 1
        if self.source.startswith("\\", stop):
            return self._bad_escape(stop)
        message = f"This text in {quote} is never closed"
        found = "the end of the text"
        return HogSyntaxError(message, source=self.source, offset=position, end=stop, found=found, expected=quote)

    def _bad_escape(self, position: int) -> HogSyntaxError:
        escape = self.source[position : position + 2]
        message = f"Unknown escape {escape}; write \\\\ for a backslash"
        return HogSyntaxError(message, source=self.source, offset=position, end=position + 2, found=escape)
