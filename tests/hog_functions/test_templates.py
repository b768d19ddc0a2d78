"""Functions made from templates (hog_functions.md 2.2.6-8, 5)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command

from hogapi.runtime import templates
from hogapi.runtime.models import HogFunctionTemplate
from tests.hog_functions.conftest import Functions, assert_refused

TEMPLATE_KEYS = [
    "id",
    "name",
    "description",
    "code",
    "code_language",
    "inputs_schema",
    "type",
    "status",
    "category",
    "free",
    "icon_url",
    "filters",
    "masking",
    "mapping_templates",
]


def test_a_template_fills_what_is_not_given_but_never_inputs(functions: Functions, webhook_template: None) -> None:
    body = {"template_id": "template-webhook", "name": "", "inputs": {"url": {"value": "https://example.com"}}}
    response = functions.client.post(functions.url, body, format="json")
    created = response.json()
    assert response.status_code == 201, created
    template = HogFunctionTemplate.objects.get(template_id="template-webhook")
    assert (created["name"], created["hog"]) == (template.name, template.code)
    assert created["inputs_schema"] == template.inputs_schema
    assert created["inputs"]["url"]["value"] == "https://example.com"
    assert created["inputs"]["method"] is None
    assert list(created["template"]) == TEMPLATE_KEYS
    assert created["template"]["id"] == "template-webhook"


def test_what_is_given_wins_over_the_template(functions: Functions, webhook_template: None) -> None:
    created = functions.create(template_id="template-webhook", name="Mine", hog="return 1", type="transformation")
    assert (created["name"], created["hog"], created["type"]) == ("Mine", "return 1", "transformation")


def test_a_required_input_of_the_template_must_be_given(functions: Functions, webhook_template: None) -> None:
    response = functions.client.post(functions.url, {"template_id": "template-webhook"}, format="json")
    assert_refused(response, attr="inputs__url", detail="This field is required.")


def test_the_template_of_a_function_does_not_change(functions: Functions, webhook_template: None) -> None:
    created = functions.create(template_id="template-webhook")
    changed = functions.patch(created["id"], template_id="another", name="New")
    assert changed.status_code == 200
    assert changed.json()["template"]["id"] == "template-webhook"


def test_an_edited_template_shows_in_answers_but_leaves_code_alone(
    functions: Functions, webhook_template: None
) -> None:
    created = functions.create(template_id="template-webhook")
    HogFunctionTemplate.objects.filter(template_id="template-webhook").update(name="Edited", sha="00000000")
    shown = functions.get(created["id"]).json()
    assert shown["template"]["name"] == "Edited"
    assert shown["hog"] == created["hog"]


def test_syncing_twice_changes_nothing(db: None, capsys: Any) -> None:
    assert "template-webhook" in templates.sync()
    assert templates.sync() == []
    call_command("sync_templates")
    assert "up to date" in capsys.readouterr().out


def test_syncing_brings_an_edited_template_back(db: None) -> None:
    templates.sync()
    HogFunctionTemplate.objects.filter(template_id="template-webhook").update(name="Old", sha="00000000")
    assert templates.sync() == ["template-webhook"]
    assert HogFunctionTemplate.objects.get(template_id="template-webhook").name == "HTTP Webhook"


@pytest.mark.parametrize("value", [5, ["a"], {"a": 1}])
def test_a_template_id_is_text(functions: Functions, value: Any) -> None:
    response = functions.post(template_id=value)
    assert response.status_code == 400
    assert response.json()["attr"] == "template_id"
