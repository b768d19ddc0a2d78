"""What the tests of this app share: a client with its project's URLs, and bodies of requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from hogapi.accounts.models import Project
from hogapi.runtime import templates

WEBHOOK: dict[str, Any] = {
    "name": "Webhook",
    "description": "Tells our server",
    "type": "destination",
    "enabled": True,
    "hog": "fetch(inputs.url, {'method': 'POST', 'body': inputs.body, 'headers': {'X-Key': inputs.key}});",
    "inputs_schema": [
        {"key": "url", "type": "string", "label": "URL", "required": True},
        {"key": "body", "type": "json", "default": {"event": "{event}"}},
        {"key": "key", "type": "string", "secret": True},
    ],
    "inputs": {
        "url": {"value": "https://example.com/{event.event}"},
        "body": {"value": {"name": "{event.event}", "count": 3}},
        "key": {"value": "open sesame"},
    },
    "filters": {"source": "events", "events": [{"id": "$pageview", "name": "$pageview", "type": "events", "order": 0}]},
}


class Functions:
    """Calls the API of one project."""

    def __init__(self, client: APIClient, project_id: int, parent: str = "projects") -> None:
        self.client = client
        self.url = f"/api/{parent}/{project_id}/hog_functions/"

    def of(self, function_id: str, rest: str = "") -> str:
        return f"{self.url}{function_id}/{rest}"

    def create(self, **changes: Any) -> dict[str, Any]:
        """Create the webhook with these changes; None leaves a key out."""
        response = self.post(**changes)
        assert response.status_code == 201, response.json()
        created: dict[str, Any] = response.json()
        return created

    def post(self, **changes: Any) -> Any:
        body = {key: value for key, value in {**WEBHOOK, **changes}.items() if value is not ...}
        return self.client.post(self.url, body, format="json")

    def patch(self, function_id: str, **changes: Any) -> Any:
        return self.client.patch(self.of(function_id), changes, format="json")

    def get(self, function_id: str) -> Any:
        return self.client.get(self.of(function_id))

    def list(self, **params: Any) -> Any:
        return self.client.get(self.url, params)

    def names(self, **params: Any) -> list[str]:
        response = self.list(**params)
        assert response.status_code == 200, response.json()
        return [one["name"] for one in response.json()["results"]]

    def invoke(self, function_id: str = "new", **body: Any) -> Any:
        return self.client.post(self.of(function_id, "invocations/"), body, format="json")


@pytest.fixture
def functions(api: Callable[..., APIClient], project: Project) -> Functions:
    return Functions(api(), project.pk)


@pytest.fixture
def webhook_template(db: None) -> None:
    """The catalogue of templates, in the database."""
    templates.sync()


def assert_refused(response: Any, *, attr: str | None, code: str = "invalid_input", detail: str | None = None) -> None:
    """The response is a 400 in the standard envelope with these parts."""
    body = response.json()
    assert response.status_code == 400, body
    assert body["type"] == "validation_error"
    assert (body["attr"], body["code"]) == (attr, code), body
    if detail is not None:
        assert body["detail"] == detail
