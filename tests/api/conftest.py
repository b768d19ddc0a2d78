"""Counters of rates do not reach from one test into the next."""

from __future__ import annotations

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    cache.clear()
