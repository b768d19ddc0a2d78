"""CSS selectors -> regular expressions over ``elements_chain``."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from hogapi.hog.errors import HogCompileError
from hogapi.hog.filters_selectors import selector_regex, tag_regex

CHAIN = (
    'a.btn.btn-primary.hover\\:bg:attr__class="btn btn-primary"attr__data-attr="sign;up"attr__href="/x"attr_id="go"'
    'href="/x"nth-child="2"nth-of-type="1"text="Say \\"hi\\""'
    ';li.item:nth-child="3"nth-of-type="3"'
    ';ul.list:attr__role="menu"nth-child="1"nth-of-type="1"'
    ";div"
    ";body.dark"
)


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("a", True),
        ("*", True),
        ("b", False),
        ("abbr", False),
        ("bod", False),
        ("div", True),
        ("body", True),
        (".btn", True),
        (".bt", False),
        (".primary", False),
        (".btn-primary.btn", True),
        (".btn.item", False),
        ("a.btn-primary", True),
        ("li.btn", False),
        ("#go", True),
        ("a#go.btn", True),
        ("#g", False),
        ("li#go", False),
        ('[data-attr="sign;up"]', True),
        ("[data-attr='sign;up']", True),
        ("[data-attr]", True),
        ("[data]", False),
        ('[data-attr="up"]', False),
        ('[data-attr$="up"]', True),
        ('[data-attr^="sign"]', True),
        ('[data-attr*="n;u"]', True),
        ('[data-attr^="up"]', False),
        ('[href="/x"]', True),
        ('a[href="/x"][id="go"]', True),
        ("[role=menu]", True),
        ("li:nth-child(3)", True),
        ("li:nth-child(2)", False),
        ("li:nth-of-type(3):nth-child(3)", True),
        ("ul a", True),
        ("ul > a", False),
        ("ul > li > a", True),
        ("ul>li", True),
        ("body.dark a", True),
        ("a body", False),
        ("div > ul.list li.item > a#go", True),
        ("b, div", True),
        ("b, i", False),
    ],
)
def test_selector(selector: str, found: bool) -> None:
    assert bool(re2.search(selector_regex(selector), CHAIN)) is found


def test_text_in_quotes_is_no_element() -> None:
    chain = 'a:text="x;li.item:y"'
    assert not re2.search(selector_regex("li.item"), chain)
    assert not re2.search(selector_regex("li > a"), chain)


@pytest.mark.parametrize(("tag", "found"), [("a", True), ("li", True), ("body", True), ("b", False), ("item", False)])
def test_tag(tag: str, found: bool) -> None:
    assert bool(re2.search(tag_regex(tag), CHAIN)) is found


@pytest.mark.parametrize(
    "selector", ["", " ", "a >", "> a", "a,,b", "a:hover", "a[", "a{}", "a > > b", "*a", "x" * 2000, "a " * 60 + "a"]
)
def test_unsupported(selector: str) -> None:
    with pytest.raises(HogCompileError):
        selector_regex(selector)


@given(st.text(alphabet="ab.#[]=\"'> ,:*\\é-^$()1", max_size=15))
def test_any_text_is_a_valid_expression_or_refused(selector: str) -> None:
    try:
        pattern = selector_regex(selector)
    except HogCompileError:
        return
    re2.compile(pattern)


@given(st.text(max_size=15))
def test_any_tag_finds_itself(tag: str) -> None:
    assert re2.search(tag_regex(tag), f"x;{tag};y")
