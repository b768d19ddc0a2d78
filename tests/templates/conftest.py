"""Functions made from templates through the API, and the way of an event through the worker to the receiver."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient
from urllib3.util import parse_url

from hogapi.accounts.models import Project
from hogapi.runtime import fetch, templates
from hogapi.runtime.models import HogFunctionTemplate, Invocation, InvocationStatus
from hogapi.worker import delivery
from hogapi.worker.ingestion import ingest_once
from tests.conftest import Received, Receiver

EVENT: dict[str, Any] = {
    "uuid": "0190a5c8-1111-7000-8000-000000000001",
    "event": "order completed",
    "distinct_id": "user-1",
    "timestamp": "2024-05-06T07:08:09Z",
    "properties": {
        "total": 42.5,
        "coupon": "SPRING",
        "$current_url": "https://shop.example/thanks?order=7",
        "$set": {
            "email": "Ada@Example.com",
            "name": "Ada Lovelace",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "plan": "pro",
            "$browser": "Firefox",
        },
    },
}
ANONYMOUS: dict[str, Any] = {**EVENT, "properties": {"total": 42.5}}


class Redirected(fetch.Fetcher):
    """Calls the receiver instead of whom a program names; everything else is as ever."""

    def __init__(self, receiver: Receiver) -> None:
        super().__init__((ip_network("127.0.0.0/8"),))
        self._base = receiver.url
        self.urls: list[str] = []

    def send(self, request: fetch.Request, *, limits: fetch.Limits | None = None) -> fetch.Outcome:
        """Make the call to the receiver, on the path that was asked for."""
        self.urls.append(request.url.url)
        return super().send(replace(request, url=parse_url(self._base + request.url.request_uri)), limits=limits)


@dataclass
class Library:
    """The project's functions from templates, and what reaches the outside world."""

    client: APIClient
    project: Project
    receiver: Receiver
    outside: Redirected

    def create(self, template_id: str, inputs: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """Create an enabled function from a template with these values of inputs."""
        described = _read(template_id)
        HogFunctionTemplate.objects.get_or_create(template_id=template_id, defaults=described)
        body = {
            "template_id": template_id,
            "type": described["type"],
            "enabled": True,
            "inputs": {**_form_values(described), **{key: {"value": value} for key, value in inputs.items()}},
            **more,
        }
        response = self.client.post(f"/api/projects/{self.project.pk}/hog_functions/", body, format="json")
        assert response.status_code == 201, response.json()
        created: dict[str, Any] = response.json()
        return created

    def deliver(self, function: Mapping[str, Any], event: Mapping[str, Any] = EVENT) -> list[Received]:
        """Capture `event`, ingest it, carry out the function's runs; return the requests that were received."""
        token = self.project.environment.api_token
        body = {"api_key": token, "batch": [event]}
        assert self.client.post("/batch/", body, format="json").status_code == 200
        ingest_once()
        runs = list(Invocation.objects.filter(source_id=function["id"], status=InvocationStatus.RUNNING))
        assert len(runs) == 1
        ids = [run.id for run in runs]
        delivery.carry_out("hog_function", UUID(function["id"]), ids, stopping=threading.Event())
        return self.receiver.requests

    def test_run(self, function: Mapping[str, Any], event: Mapping[str, Any], *, mocked: bool = False) -> Any:
        """Run the function by the endpoint for tests; return its answer."""
        stated = (event["properties"] or {}).get("$set")
        person = {"id": "p", "name": "p", "url": "", "properties": stated or {}}
        response = self.client.post(
            f"/api/projects/{self.project.pk}/hog_functions/{function['id']}/invocations/",
            {
                "configuration": {},
                "globals": {"event": event, "person": person},
                "mock_async_functions": mocked,
            },
            format="json",
        )
        assert response.status_code == 200, response.json()
        return response.json()

    def transform(self, template_id: str, inputs: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the event that the transformation makes of `event`; None if it drops it."""
        answer = self.test_run(self.create(template_id, inputs), event)
        assert (answer["status"], answer["errors"]) == ("success", []), answer
        result: dict[str, Any] | None = answer["result"]
        return result


@cache
def _read(template_id: str) -> dict[str, Any]:
    """The columns of a template. Bringing the whole catalogue into the database for each test would take longer."""
    return templates.read(templates.CATALOGUE / template_id)


def _form_values(described: Mapping[str, Any]) -> dict[str, Any]:
    """What a form fills in before a person changes it: the defaults of required inputs."""
    return {
        one["key"]: {"value": one["default"]}
        for one in described["inputs_schema"]
        if one["required"] and "default" in one
    }


@pytest.fixture
def library(
    api: Callable[..., APIClient], project: Project, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> Library:
    """Functions can be made from the catalogue, and every call is led to the receiver."""
    outside = Redirected(receiver)
    monkeypatch.setattr(fetch, "fetcher", lambda: outside)
    return Library(api(), project, receiver, outside)
