"""Values of inputs: types, templates, order (hog_functions.md 2.5)."""

from __future__ import annotations

from typing import Any

import pytest

from hogapi.api.errors import InvalidInput
from hogapi.runtime import input_schema, inputs

STRING, EMAIL = {"key": "a", "type": "string"}, {"key": "a", "type": "email"}
GOOD_EMAIL = {"from": "a@b.c", "to": "d@e.f", "subject": "Hi", "text": "Hello"}


def check(item: Any, /, **declaration: Any) -> dict[str, Any]:
    schema = input_schema.validate([{"key": "a", "type": "string", **declaration}])
    checked = inputs.validate({"a": item}, schema=schema, stored_secrets={})
    return checked.shown["a"] or {}


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        ({"type": "number"}, 5),
        ({"type": "number"}, 5.5),
        ({"type": "number"}, True),
        ({"type": "boolean"}, True),
        ({"type": "boolean"}, "{event.properties.ok}"),
        ({"type": "dictionary"}, {"a": "{event.event}"}),
        ({"type": "choice"}, "anything"),
        ({"type": "json"}, ["{event.event}", 1, None]),
        ({"type": "integration"}, 3),
        ({"type": "integration_field"}, "#general"),
        ({"type": "email"}, GOOD_EMAIL),
        ({"type": "native_email"}, {**GOOD_EMAIL, "html": "<b>"}),
        ({"type": "push_subscription"}, "{person.id}"),
        ({"type": "posthog_assignee"}, {"id": 1}),
    ],
)
def test_values_of_every_type(declaration: dict[str, Any], value: Any) -> None:
    assert check({"value": value}, **declaration)["value"] == value


@pytest.mark.parametrize(
    ("declaration", "item", "attr", "detail"),
    [
        ({}, {"value": 5}, "inputs__a", "Value must be a string."),
        ({}, {"value": ["x"]}, "inputs__a", "Value must be a string."),
        ({"type": "number"}, {"value": "5"}, "inputs__a", "Value must be a number."),
        ({"type": "boolean"}, {"value": 5}, "inputs__a", "Value must be a boolean or a template string."),
        ({"type": "boolean", "templating": False}, {"value": "x"}, "inputs__a", "Value must be a boolean."),
        (
            {"type": "boolean"},
            {"value": "{{ x }}", "templating": "liquid"},
            "inputs__a",
            "Liquid templating is not supported for boolean fields. Use Hog templating instead.",
        ),
        ({"type": "dictionary"}, {"value": ["x"]}, "inputs__a", "Value must be a dictionary."),
        ({"type": "integration"}, {"value": "7"}, "inputs__a", "Value must be an Integration ID."),
        ({"type": "push_subscription"}, {"value": 7}, "inputs__a", "Value must be a string."),
        ({"type": "email"}, {"value": "a@b.c"}, "inputs__a", "Value must be an email object."),
        ({"type": "email"}, {"value": {**GOOD_EMAIL, "to": ""}}, "inputs__a", "Missing value for 'to'."),
        ({"type": "native_email"}, {"value": {"to": "x"}}, "inputs__a", "Missing value for 'from'."),
        (
            {"type": "email"},
            {"value": {**GOOD_EMAIL, "text": ""}},
            "inputs__a",
            "Either 'text' or 'html' is required.",
        ),
        ({"required": True}, {"value": ""}, "inputs__a", "This field is required."),
        ({"required": True}, {}, "inputs__a", "This field is required."),
        ({}, "x", "inputs__a__non_field_errors", "Invalid data. Expected a dictionary, but got str."),
        ({"templating": False}, ["x"], "inputs__a__non_field_errors", None),
        ({"secret": True}, 5, "inputs__a__non_field_errors", None),
        ({}, {"value": "{event.properties.a-b}"}, "inputs__a", None),
    ],
)
def test_values_that_do_not_fit(declaration: dict[str, Any], item: Any, attr: str, detail: str | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(item, **declaration)
    assert refused.value.attr == attr
    assert refused.value.get_codes() == "invalid_input"
    if detail is not None:
        assert str(refused.value.detail) == detail


def test_a_template_that_does_not_compile_is_explained() -> None:
    with pytest.raises(InvalidInput, match=r"^Invalid template: .+"):
        check({"value": "{event."})
    with pytest.raises(InvalidInput, match=r"^Invalid template: Hyphens are not supported in identifiers"):
        check({"value": "{event.properties.a-b}"})


@pytest.mark.parametrize(
    ("value", "declaration"),
    [(0, {"type": "number"}), (False, {"type": "boolean"}), ([], {"type": "json"}), ({}, {"type": "dictionary"})],
)
def test_falsy_values_satisfy_required_and_get_no_bytecode(value: Any, declaration: dict[str, Any]) -> None:
    assert check({"value": value}, required=True, **declaration) == {"value": value, "order": 0}


@pytest.mark.parametrize(
    ("templating", "sent", "kept", "compiled"),
    [
        (None, None, None, True),
        (None, "hog", "hog", True),
        (None, "liquid", "liquid", False),
        (True, None, "hog", True),
        (True, "liquid", "hog", True),
        ("hog", "liquid", "hog", True),
        ("liquid", "hog", "liquid", False),
        (False, None, None, False),
        (False, "hog", "hog", False),
    ],
)
def test_who_decides_on_templating(templating: Any, sent: str | None, kept: str | None, compiled: bool) -> None:
    declaration = {} if templating is None else {"templating": templating}
    item = {"value": "x {event.event}"} | ({} if sent is None else {"templating": sent})
    stored = check(item, **declaration)
    assert (stored.get("templating"), "bytecode" in stored) == (kept, compiled)


def test_bytecode_mirrors_the_value_and_leaves_a_design_alone() -> None:
    stored = check({"value": {"a": ["{event.event}", 5, None], "b": {"c": "x"}}}, type="json")
    assert stored["bytecode"]["a"][1:] == [5, None]
    assert stored["bytecode"]["a"][0][:2] == stored["bytecode"]["b"]["c"][:2] == ["_H", 1]
    email = check({"value": {**GOOD_EMAIL, "design": {"body": "{not a template"}}}, type="email")
    assert "design" not in email["bytecode"]
    assert email["value"]["design"] == {"body": "{not a template"}


def test_read_only_parts_of_an_item_are_ignored() -> None:
    stored = check({"value": "x", "order": 9, "bytecode": ["evil"], "transpiled": "x", "junk": 1})
    assert set(stored) == {"value", "order", "bytecode"}
    assert (stored["order"], stored["bytecode"][0]) == (0, "_H")


def _validated(values: dict[str, str]) -> dict[str, Any]:
    schema = input_schema.validate([{"key": key, "type": "string"} for key in values])
    given = {key: {"value": value} for key, value in values.items()}
    return inputs.validate(given, schema=schema, stored_secrets={}).shown


def test_inputs_come_after_those_they_refer_to() -> None:
    shown = _validated({"a": "{inputs.c}", "b": "plain", "c": "{inputs.b} {inputs.unknown}", "d": "{inputs.b}"})
    assert {key: item["order"] for key, item in shown.items()} == {"b": 0, "c": 1, "d": 2, "a": 3}
    assert list(shown) == ["b", "c", "d", "a"]


@pytest.mark.parametrize(
    "values",
    [{"a": "{inputs.b}", "b": "{inputs.a}"}, {"a": "{inputs.a}"}, {"a": "{inputs.c}", "b": "x", "c": "{inputs.a}"}],
)
def test_inputs_that_refer_to_each_other_are_refused(values: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match=r"Circular dependency detected in input_deps\.") as refused:
        _validated(values)
    assert refused.value.attr == "inputs"


def test_untemplated_inputs_depend_on_nothing() -> None:
    schema = input_schema.validate([{"key": key, "type": "string", "templating": "liquid"} for key in "ab"])
    given = {"a": {"value": "{inputs.b}"}, "b": {"value": "{inputs.a}"}}
    assert inputs.validate(given, schema=schema, stored_secrets={}).shown["b"]["order"] == 1  # type: ignore[index]


def test_values_nested_beyond_reason_are_refused() -> None:
    deep: Any = "x"
    for _ in range(150):
        deep = [deep]
    with pytest.raises(InvalidInput, match="nested deeper"):
        check({"value": deep}, type="json")


def test_templates_are_bounded_in_size_before_they_are_compiled() -> None:
    with pytest.raises(InvalidInput, match="exceed 1MB") as refused:
        check({"value": "{event.event} " * 100_000})
    assert refused.value.attr == "inputs"
    assert len(check({"value": "x" * 1_500_000})["value"]) == 1_500_000


def test_a_key_that_is_declared_twice_is_checked_once_as_declared_last() -> None:
    schema = input_schema.validate([{"key": "a", "type": "number"}, {"key": "a", "type": "string"}])
    checked = inputs.validate({"a": {"value": "{event.event}"}}, schema=schema, stored_secrets={})
    assert list(checked.shown) == ["a"]
