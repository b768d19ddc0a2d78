"""Property filters -> expressions: their bytecode, and what they match (spec hog_language.md 9; insights.md 5.6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hogapi.hog.compiler import compile_expression
from hogapi.hog.errors import HogCompileError, HogError, HogSyntaxError
from hogapi.hog.filters_operators import semver_bounds
from hogapi.hog.filters_properties import EVENT, MAX_DEPTH, Target, property_expression
from hogapi.hog.vm import execute

X = [32, "k", 32, "properties", 1, 2]
TEXT = [*X, 2, "toString", 1]


def code(property: Any, target: Target = EVENT) -> list[Any]:
    return compile_expression(property_expression(property, target))[2:]


def prop(operator: str | None, value: Any = None, **kwargs: Any) -> dict[str, Any]:
    return {"key": "k", "type": "event", "operator": operator, "value": value, **kwargs}


@pytest.mark.parametrize(
    ("operator", "value", "tokens"),
    [
        (None, "v", [32, "v", *X, 11]),
        ("exact", "v", [32, "v", *X, 11]),
        ("exact", 5, [33, 5, *X, 11]),
        ("exact", True, [29, *X, 11]),
        ("exact", ["v"], [32, "v", *X, 11]),
        ("exact", ["v", "w"], [32, "v", 32, "w", 44, 2, *X, 21]),
        ("is_not", "v", [32, "v", *X, 12]),
        ("is_not", ["v", "w"], [32, "v", 32, "w", 44, 2, *X, 22]),
        ("in", ["v"], [32, "v", 43, 1, *X, 21]),
        ("not_in", ["v", "w"], [32, "v", 32, "w", 44, 2, *X, 22]),
        ("is_set", "is_set", [31, *X, 12]),
        ("is_set", [], [31, *X, 12]),
        ("is_not_set", None, [31, *X, 11]),
        ("icontains", "v", [32, "%v%", *TEXT, 18]),
        ("not_icontains", "v", [32, "%v%", *TEXT, 20]),
        ("icontains", ["v", 1], [33, 0, *TEXT, 32, "v", 32, "1", 43, 2, 2, "multiSearchAnyCaseInsensitive", 2, 13]),
        ("not_icontains_multi", ["v"], [33, 0, *TEXT, 32, "v", 43, 1, 2, "multiSearchAnyCaseInsensitive", 2, 11]),
        ("regex", "v", [*TEXT, 32, "v", 2, "match", 2, 47, 3, 35, 33, 0]),
        ("not_regex", "v", [*TEXT, 32, "v", 2, "match", 2, 5, 47, 3, 35, 33, 1]),
        ("gt", 5, [33, 5, *X, 13]),
        ("gte", 5, [33, 5, *X, 14]),
        ("min", 5, [33, 5, *X, 14]),
        ("lt", 5, [33, 5, *X, 15]),
        ("lte", 5, [33, 5, *X, 16]),
        ("max", 5, [33, 5, *X, 16]),
        ("gt", [1, 2], [33, 1, *X, 13, 33, 2, *X, 13, 4, 2]),
        ("between", [1, "2"], [33, 1, *X, 14, 33, 2, *X, 16, 3, 2]),
        ("not_between", [1, 2], [33, 1, *X, 15, 33, 2, *X, 13, 4, 2]),
        ("is_date_before", "2024-01-02", [32, "2024-01-02", 2, "toDateTime", 1, *TEXT, 2, "toDateTime", 1, 15]),
        ("semver_gt", "1.2.3", [32, "1.2.3", 2, "sortableSemver", 1, *X, 2, "sortableSemver", 1, 13]),
    ],
)  # fmt: skip
def test_operator(operator: str | None, value: Any, tokens: list[Any]) -> None:
    assert code(prop(operator, value)) == tokens


@pytest.mark.parametrize(
    ("property", "chain"),
    [
        ({"type": "event"}, ["properties", "k"]),
        ({"type": None}, ["properties", "k"]),
        ({"type": "feature"}, ["properties", "k"]),
        ({"type": "person"}, ["person", "properties", "k"]),
        ({"type": "person", "key": "distinct_id"}, ["person", "pdi", "distinct_id"]),
        ({"type": "group", "group_type_index": 2}, ["group_2", "properties", "k"]),
        ({"type": "event", "key": "$elements_chain"}, ["elements_chain"]),
        ({"type": "event_metadata", "key": "event"}, ["event"]),
        ({"type": "session"}, ["session", "k"]),
        ({"type": "workflow_variable"}, ["variables", "k"]),
        ({"type": "data_warehouse", "key": "stripe.amount"}, ["stripe", "amount"]),
        ({"type": "element", "key": "href"}, ["elements_chain_href"]),
    ],
)
def test_place(property: dict[str, Any], chain: list[str]) -> None:
    pushed = [token for part in reversed(chain) for token in (32, part)]
    assert code({**prop("exact", "v"), **property}) == [32, "v", *pushed, 1, len(chain), 11]


@pytest.mark.parametrize(
    "property",
    [
        {},
        None,
        "x",
        {"key": "k"},
        {"key": "k", "value": None},
        {"key": "k", "value": []},
        {"key": "k", "value": {"a": 1}},
        {"key": None, "value": 1},
        {"key": "k", "value": 1, "type": "nope"},
        {"key": "k", "value": 1, "type": "flag"},
        {"type": "AND", "values": []},
        {"type": "OR"},
        [],
    ],
)
def test_what_is_incomplete_counts_as_true(property: Any) -> None:
    assert code(property) == [33, 1]


def test_groups() -> None:
    a, b, c = (prop("exact", value) for value in "abc")
    assert code({"type": "OR", "values": [a, {"type": "AND", "values": [b, c]}]}) == [
        32, "a", *X, 11, 32, "b", *X, 11, 32, "c", *X, 11, 3, 2, 4, 2,
    ]  # fmt: skip
    assert code({"type": "OR", "values": [a]}) == code(a) == code([a])


def test_groups_may_not_nest_without_end() -> None:
    group: Any = prop("exact", 1)
    for _ in range(MAX_DEPTH + 2):
        group = {"type": "AND", "values": [group]}
    with pytest.raises(HogCompileError, match="nested too deeply"):
        code(group)


def test_booleans_by_declared_type() -> None:
    target = Target(property_type=lambda type, key: "Boolean")
    assert code(prop("exact", "true"), target) == [29, *X, 11]
    assert code(prop("is_not", ["false"]), target) == [30, *X, 12]
    assert code(prop("exact", "true")) == [32, "true", *X, 11]


def test_scope() -> None:
    person = Target(scope="person")
    assert code(prop("exact", 1, type="person"), person) == [33, 1, *X, 11]
    with pytest.raises(HogCompileError, match="The 'event' property filter does not work in 'person' scope"):
        code(prop("exact", 1), person)


def test_hogql() -> None:
    assert code({"type": "hogql", "key": "properties.k = 'v'"}) == [32, "v", *X, 11]
    with pytest.raises(HogSyntaxError):
        code({"type": "hogql", "key": "1 +"})


def test_path_cleaning() -> None:
    target = Target(path_cleaning=[(r"\d+", "N")])
    assert code(prop("is_cleaned_path_exact", "/N"), target) == [
        32, "/N", *X, 32, "\\d+", 32, "N", 2, "replaceRegexpAll", 3, 11,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("-7d", "2024-03-24T12:00:00+00:00"),
        ("-1m", "2024-02-29T12:00:00+00:00"),
        ("-1y", "2023-03-31T12:00:00+00:00"),
        ("-2h", "2024-03-31T10:00:00+00:00"),
        ("-30M", "2024-03-31T11:30:00+00:00"),
        ("-4q", "2023-03-31T12:00:00+00:00"),
        ("2024", "2024"),
    ],
)
def test_relative_dates(value: str, moment: str) -> None:
    target = Target(now=datetime(2024, 3, 31, 12, tzinfo=UTC))
    assert code(prop("is_date_after", value), target)[1] == moment


@pytest.mark.parametrize(
    ("operator", "value", "low", "high"),
    [
        ("semver_tilde", "1.2.3", "1.2.3", "1.3.0"),
        ("semver_tilde", "1.2", "1.2.0", "1.3.0"),
        ("semver_tilde", "1", "1.0.0", "2.0.0"),
        ("semver_caret", "1.2.3", "1.2.3", "2.0.0"),
        ("semver_caret", "0.2.3", "0.2.3", "0.3.0"),
        ("semver_caret", "0.0.3", "0.0.3", "0.0.4"),
        ("semver_caret", "0.0", "0.0.0", "0.1.0"),
        ("semver_wildcard", "1.2.*", "1.2.0", "1.3.0"),
        ("semver_wildcard", "1.*", "1.0.0", "2.0.0"),
    ],
)
def test_semver_ranges(operator: str, value: str, low: str, high: str) -> None:
    assert semver_bounds(operator, value) == (low, high)


ERRORS = [
    (prop("between", [2, 1]), "between operator requires min value to be less than or equal to max value"),
    (prop("between", ["a", 1]), "between operator requires numeric values"),
    (prop("not_between", [1]), "not_between operator requires a two-element array [min, max]"),
    (prop("semver_wildcard", "x"), "'x' is not a version that the operator 'semver_wildcard' can take"),
    (prop("is_date_after", "-9999y"), "'-9999y' lies before the first year"),
    (prop("exact", "x", type="cohort"), "Cohort property value must be a cohort ID"),
    (
        prop("gt", "a", type="element", key="tag_name"),
        "The element property 'tag_name' only works with the operators 'exact' and 'is_not'",
    ),
]


@pytest.mark.parametrize(("property", "message"), ERRORS)
def test_error(property: dict[str, Any], message: str) -> None:
    with pytest.raises(HogCompileError) as caught:
        code(property)
    assert caught.value.message == message


def matches(property: Any, k: Any) -> Any:
    globals = {
        "properties": {"k": k, "$exception_types": '["TypeError"]'},
        "elements_chain_texts": ["Buy", "Now"],
        "elements_chain": 'a.b:text="Buy";div',
    }
    execution = execute(compile_expression(property_expression(property)), globals)
    assert execution.error is None
    return bool(execution.result)


@pytest.mark.parametrize(
    ("property", "k", "expected"),
    [
        (prop("exact", "true"), True, True),
        (prop("exact", ["a", "b"]), "b", True),
        (prop("is_not", "a"), None, True),
        (prop("icontains", "B"), "abc", True),
        (prop("icontains", ["x", "B"]), "abc", True),
        (prop("not_icontains", "B"), None, True),
        (prop("regex", "^a.c$"), "abc", True),
        (prop("not_regex", "^a.c$"), None, True),
        (prop("gt", 5), "6", True),
        (prop("between", [1, 3]), 3, True),
        (prop("is_date_before", "2024-01-02"), "2024-01-01T10:00:00Z", True),
        (prop("is_date_before", "2024-01-02"), None, False),
        (prop("semver_gte", "1.10.0"), "1.9.9", False),
        (prop("semver_caret", "1.2.3"), "1.11.0", True),
        (prop("semver_caret", "1.2.3"), "2.0.0", False),
        (prop("exact", "TypeError", key="$exception_types"), None, True),
        (prop("exact", "SyntaxError", key="$exception_types"), None, False),
        (prop("exact", "Now", type="element", key="text"), None, True),
        (prop("exact", "div", type="element", key="tag_name"), None, True),
        (prop("is_not", "div", type="element", key="tag_name"), None, False),
        (prop("exact", "div a.b", type="element", key="selector"), None, True),
    ],
)
def test_match(property: dict[str, Any], k: Any, expected: bool) -> None:
    assert matches(property, k) is expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
OPERATORS = [
    "exact", "is_not", "in", "not_in", "gt", "lt", "icontains", "regex", "between", "is_date_after", "semver_tilde",
]  # fmt: skip


@given(
    property=st.fixed_dictionaries(
        {},
        optional={
            "key": st.text(max_size=5) | JSON,
            "type": st.sampled_from(["event", "person", "group", "cohort", "element", "AND", "hogql"]) | JSON,
            "operator": st.sampled_from(OPERATORS) | JSON,
            "value": JSON,
            "values": st.lists(JSON, max_size=3),
        },
    )
)
def test_any_json_compiles_or_is_refused(property: dict[str, Any]) -> None:
    try:
        tokens = code(property)
    except HogError:
        return
    assert tokens
