"""Whatever JSON arrives, the answer is a success or a refusal, never a failure of the server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hog_functions.models import FunctionType, HogFunction
from tests.hog_functions.conftest import WEBHOOK, Functions

LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        [
            "",
            "x",
            "{event.event}",
            "{",
            "\\{",
            "{inputs.url}",
            "{1 - inputs.a-b}",
            "\U0001f994",
            "hog",
            "liquid",
            "string",
            "é\u2028",
        ]
    ),
    st.text(max_size=8),
)
KEYS = st.sampled_from(
    [
        "value",
        "templating",
        "key",
        "type",
        "required",
        "secret",
        "default",
        "choices",
        "url",
        "events",
        "properties",
        "actions",
        "id",
        "operator",
        "ttl",
        "hash",
        "threshold",
        "source",
        "inputs",
        "inputs_schema",
        "filters",
        "name",
        "label",
        "order",
    ]
)
ANY = st.recursive(
    LEAF, lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4), max_leaves=12
)
OPERATORS = [
    "exact",
    "is_not",
    "icontains",
    "regex",
    "gt",
    "between",
    "in",
    "is_set",
    "is_date_before",
    "semver_tilde",
    "x",
]
PROPERTY = st.fixed_dictionaries(
    {"key": LEAF, "type": st.sampled_from(["event", "person", "group", "hogql", "cohort", "element", "x"])},
    optional={"value": ANY, "operator": st.sampled_from(OPERATORS), "group_type_index": LEAF},
)
ENTRY = st.fixed_dictionaries(
    {"type": st.sampled_from(["events", "actions", None])},
    optional={"id": LEAF, "properties": st.lists(PROPERTY, max_size=2)},
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "events": st.lists(ENTRY, max_size=2),
        "properties": st.lists(PROPERTY, max_size=2),
        "filter_test_accounts": LEAF,
    },
)
ITEM = st.fixed_dictionaries(
    {
        "key": st.sampled_from(["url", "a", "b"]),
        "type": st.sampled_from(["string", "json", "email", "boolean", "number"]),
    },
    optional={"templating": LEAF, "required": LEAF, "secret": st.booleans(), "default": ANY},
)
INPUTS = st.dictionaries(st.sampled_from(["url", "a", "b", "c"]), ANY, max_size=3)
BODY = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from([*FunctionType.values, None, 5, "x"]),
        "name": ANY,
        "description": ANY,
        "enabled": ANY,
        "deleted": LEAF,
        "hog": LEAF | st.sampled_from(["return 1", "let a := inputs.url; fetch(a)"]),
        "inputs_schema": st.lists(ITEM, max_size=3) | ANY,
        "inputs": INPUTS | ANY,
        "filters": FILTERS | ANY,
        "masking": ANY,
        "mappings": st.lists(
            st.fixed_dictionaries(
                {}, optional={"inputs_schema": st.lists(ITEM, max_size=2), "inputs": INPUTS, "filters": FILTERS}
            ),
            max_size=2,
        )
        | ANY,
        "icon_url": ANY,
        "template_id": LEAF,
        "execution_order": ANY,
    },
)
PLENTY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fine(response: Any) -> bool:
    return response.status_code in (200, 201, 400, 404) and (
        response.status_code < 400 or set(response.json()) <= {"type", "code", "detail", "attr", "extra"}
    )


@pytest.mark.django_db
@given(body=BODY)
@PLENTY
def test_creating(functions: Functions, body: dict[str, Any]) -> None:
    response = functions.client.post(functions.url, body, format="json")
    assert fine(response), (body, response.content)
    if response.status_code == 201:
        created = response.json()
        again = functions.client.put(functions.of(created["id"]), {**created, "type": created["type"]}, format="json")
        assert again.status_code in (200, 404), (body, again.content)


@pytest.mark.django_db
@given(body=BODY)
@PLENTY
def test_changing(functions: Functions, body: dict[str, Any]) -> None:
    created = functions.create()
    response = functions.client.patch(functions.of(created["id"]), body, format="json")
    assert fine(response), (body, response.content)
    assert HogFunction.objects.get(pk=created["id"]).type == "destination"


@pytest.mark.django_db
@given(configuration=BODY, event=ANY, extra=ANY)
@PLENTY
def test_trying(functions: Functions, configuration: dict[str, Any], event: Any, extra: Any) -> None:
    seen = {
        "event": {"uuid": "u", "event": event, "properties": extra, "elements_chain": extra},
        "person": extra,
        "groups": event,
    }
    for body in (
        {"configuration": {**WEBHOOK, **configuration}, "globals": seen},
        {
            "configuration": WEBHOOK,
            "clickhouse_event": {"event": event, "properties": extra, "timestamp": event, "person_id": extra},
        },
        {"configuration": configuration, "globals": extra},
    ):
        response = functions.invoke(**body)
        assert fine(response), (body, response.content)
