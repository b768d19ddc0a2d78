"""Answers are held to the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.contract import ContractClient


@pytest.fixture
def api(api: Callable[..., APIClient]) -> Callable[..., APIClient]:
    """The clients of this folder hold every answer to the OpenAPI document."""

    def make(*scopes: str, **options: Any) -> APIClient:
        client = api(*scopes, **options)
        client.__class__ = ContractClient
        return client

    return make
