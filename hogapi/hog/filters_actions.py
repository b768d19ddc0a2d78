"""Steps of actions -> expressions (spec hog_language.md 9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hogapi.hog import ast
from hogapi.hog.filters_operators import all_of, any_of, call, compare
from hogapi.hog.filters_properties import EVENT, Target, property_expression
from hogapi.hog.filters_selectors import selector_regex, tag_regex

Step = Mapping[str, Any]
"""``event``, ``properties``, ``selector``, ``tag_name``, ``href``, ``text``, ``url`` and, for the last three,
``href_matching``, ``text_matching``, ``url_matching`` ("exact", "contains" or "regex")."""


def action_expression(steps: Sequence[Step], target: Target = EVENT) -> ast.Expr:
    """Return the expression for an event that any of the steps matches; true without steps. Raises HogCompileError."""
    if not steps:
        return ast.Constant(True)
    return any_of([step_expression(step, target) for step in steps])


def step_expression(step: Step, target: Target = EVENT) -> ast.Expr:
    """Return the expression for one step: all that it asks for must hold."""
    exprs: list[ast.Expr] = []
    event = step.get("event")
    if event is not None:
        exprs.append(compare(ast.Field(["event"]), "==", str(event)))
    if event == "$autocapture":
        exprs.extend(_element_exprs(step))
    if step.get("url"):
        url = ast.Field(["properties", "$current_url"])
        exprs.append(_matches(url, str(step["url"]), step.get("url_matching") or "contains", "like"))
    properties = step.get("properties")
    if properties:
        exprs.append(property_expression(properties, target))
    return all_of(exprs) if exprs else ast.Constant(True)


def _element_exprs(step: Step) -> Iterator[ast.Expr]:
    chain = ast.Field(["elements_chain"])
    if step.get("selector"):
        yield compare(chain, "=~", selector_regex(str(step["selector"])))
    if step.get("tag_name"):
        yield compare(chain, "=~", tag_regex(str(step["tag_name"])))
    if step.get("href"):
        href = ast.Field(["elements_chain_href"])
        yield _matches(href, str(step["href"]), step.get("href_matching") or "exact", "ilike")
    if step.get("text"):
        test = _matches(ast.Field(["x"]), str(step["text"]), step.get("text_matching") or "exact", "ilike")
        yield call("arrayExists", ast.Lambda(["x"], test), ast.Field(["elements_chain_texts"]))


def _matches(x: ast.Expr, value: str, matching: str, contains: str) -> ast.Expr:
    if matching == "exact":
        return compare(x, "==", value)
    if matching == "regex":
        return compare(x, "=~", value)
    return compare(x, contains, f"%{value}%")
