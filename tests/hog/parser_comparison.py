"""One question, asked for many texts: do our parser and the oracle agree?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import oracle
from oracle_dump import dump, normalise

from hogapi.hog import ast
from hogapi.hog.errors import HogSyntaxError
from hogapi.hog.parser import parse_expression, parse_program, parse_template

PARSERS: dict[str, Callable[[str], ast.Node]] = {
    "program": parse_program,
    "expression": parse_expression,
    "template": parse_template,
}
TEMPLATE_PREFIX = len("F'")


def disagreement(kind: str, text: str) -> str | None:
    """What our parser and the oracle say differently about ``text``, or None if they agree.

    Agreeing means: both refuse, or both give the same tree with the same positions.
    """
    theirs = oracle.parse(kind, text)
    try:
        ours = dump(PARSERS[kind](text), text)
    except HogSyntaxError as error:
        return None if theirs.get("error") else f"{kind} {text!r}: only we refuse: {error}"
    if theirs.get("error"):
        return f"{kind} {text!r}: only the oracle refuses: {theirs['message'][:100]}"
    expected = normalise(theirs, TEMPLATE_PREFIX if kind == "template" else 0)
    if ours == expected:
        return None
    shown = [json.dumps(tree, sort_keys=True) for tree in (expected, ours)]
    return f"{kind} {text!r}:\n  oracle {shown[0]}\n  ours   {shown[1]}"


def syntax_cases(kind: str) -> list[str]:
    """The texts of ``syntax/<kind>s.txt``: one JSON string a line, well-formed ones and others."""
    path = Path(__file__).parent / "syntax" / f"{kind}s.txt"
    return [json.loads(line) for line in path.read_text().splitlines()]
