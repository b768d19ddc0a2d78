"""What JSON is accepted and how answers are written (E)."""

from __future__ import annotations

import json as python_json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from hogapi.api import json

URL = "/api/projects/{}/insight_variables/"

MALFORMED = {
    "{": "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    "{'a': 1}": "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    '{"a": 1} x': "Extra data: line 1 column 10 (char 9)",
    '{"a": NaN}': "NaN is not JSON",
    '{"a": -Infinity}': "-Infinity is not JSON",
    "12345678901234567890123 NaN": "Extra data: line 1 column 25 (char 24)",
    "[12345678901234567890123, NaN]": "NaN is not JSON",
    " ": "Expecting value: line 1 column 2 (char 1)",
    'name="x"': "Expecting value: line 1 column 1 (char 0)",
}


@pytest.mark.django_db
@pytest.mark.parametrize("body", MALFORMED)
def test_malformed_json_is_explained(api: Any, project: Any, body: str) -> None:
    response = api().post(URL.format(project.pk), body, content_type="application/json")
    assert response.status_code == 400
    assert response.json() == {
        "type": "invalid_request",
        "code": "parse_error",
        "detail": f"JSON parse error - {MALFORMED[body]}",
        "attr": None,
    }


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "\\ud800"}',
        b'{"a": "\\udc00\\ud800", "b": 12345678901234567890}',
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{}",
        b"[" * 201 + b"]" * 201,
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 5000 + b"12345678901234567890" + b"}" * 5000,
    ],
)
def test_what_could_not_be_stored_or_sent_back_is_malformed(body: bytes) -> None:
    with pytest.raises(ParseError, match="JSON parse error - "):
        json.loads(body)


def test_nesting_is_accepted_as_deep_as_answers_can_be() -> None:
    data = json.loads(b"[" * 200 + b"]" * 200)
    assert json.dumps({"results": [{"value": data}]})


@pytest.mark.django_db
def test_an_empty_body_is_an_empty_object(api: Any, project: Any) -> None:
    response = api().post(URL.format(project.pk), "", content_type="application/json")
    assert (response.status_code, response.json()["attr"]) == (400, "name")


def test_integers_of_any_size_go_in_and_out() -> None:
    numbers = [2**63 - 1, -(2**63), 2**64 - 1, 2**64, -(2**63) - 1, 10**100, 0]
    data = json.loads(python_json.dumps({"numbers": numbers, "ü": ["x", None, True, 1.5]}).encode())
    assert data["numbers"] == numbers
    assert python_json.loads(json.dumps(data)) == data


def test_long_digits_inside_text_change_nothing() -> None:
    assert json.loads(b'{"a": "1234567890123456789012", "b": 1.5}') == {"a": "1234567890123456789012", "b": 1.5}


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        lambda inner: st.lists(inner) | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner
        ),
        max_leaves=20,
    )
)  # fmt: skip
def test_every_json_value_survives_both_ways(value: Any) -> None:
    assert json.loads(json.dumps(value)) == value
    assert json.loads(python_json.dumps(value).encode()) == value


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_no_body_raises_anything_but_a_refusal(body: bytes) -> None:
    try:
        json.loads(body)
    except ParseError as refusal:
        assert str(refusal.detail).startswith("JSON parse error - ")


def test_values_are_written_as_clients_of_rest_framework_know_them() -> None:
    moment = datetime(2021, 5, 2, 1, 2, 3, tzinfo=UTC)
    written = json.dumps(
        {
            "whole": moment,
            "fraction": moment.replace(microsecond=1200),
            "elsewhere": moment.astimezone(timezone(timedelta(hours=2))),
            "uuid": UUID(int=1),
            "decimal": Decimal("1.10"),
            "duration": timedelta(seconds=90),
            "set": {1},
            "text": "ü</script>",
            "nan": float("nan"),
            "fragment": orjson.Fragment('{"a": 1}'),
            1: "numbers as keys",
        }
    )
    assert python_json.loads(written) == {
        "whole": "2021-05-02T01:02:03Z",
        "fraction": "2021-05-02T01:02:03.001200Z",
        "elsewhere": "2021-05-02T03:02:03+02:00",
        "uuid": "00000000-0000-0000-0000-000000000001",
        "decimal": "1.10",
        "duration": "90.0",
        "set": [1],
        "text": "ü</script>",
        "nan": None,
        "fragment": {"a": 1},
        "1": "numbers as keys",
    }
    assert "ü</script>".encode() in written


def test_broken_text_is_written_with_replacements() -> None:
    assert json.dumps(["\ud800"]) == b'["?"]'


@pytest.mark.django_db
def test_answers_are_json_in_utf8(api: Any, project: Any) -> None:
    response = api().post(URL.format(project.pk), {"name": "ü", "type": "String"})
    assert response.headers["Content-Type"] == "application/json"
    assert "ü".encode() in response.content
