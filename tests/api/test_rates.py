"""How often a key may call, and what every answer says about it (D)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from hogapi.api import throttling

pytestmark = pytest.mark.django_db


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_020.0  # 0 s into a minute

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: Any, settings: Any) -> Clock:
    clock = Clock()
    cache.clear()
    monkeypatch.setattr(throttling, "time", clock)
    settings.API_THROTTLE_BURST = 4
    settings.API_THROTTLE_SUSTAINED = 10
    return clock


def call(client: Any, project: Any) -> Any:
    return client.get(f"/api/projects/{project.pk}/insight_variables/")


def test_the_burst_is_refused_with_an_integer_retry_after_and_the_envelope(
    api: Any, project: Any, clock: Clock
) -> None:
    client = api()
    for remaining in (3, 2, 1, 0):
        response = call(client, project)
        assert response.status_code == 200
        assert response.headers["RateLimit-Policy"] == '"burst";q=4;w=60, "sustained";q=10;w=3600'
        assert response.headers["RateLimit"].startswith(f'"burst";r={remaining};t=60, "sustained";r={6 + remaining};')
    clock.now += 15
    response = call(client, project)
    assert response.status_code == 429
    wait = int(response.headers["Retry-After"])
    assert response.json() == {
        "type": "throttled_error",
        "code": "throttled",
        "detail": f"Request was throttled. Expected available in {wait} seconds.",
        "attr": None,
    }
    assert response.headers["RateLimit"].startswith(f'"burst";r=0;t={wait}, ')
    clock.now += wait - 1
    assert call(client, project).status_code == 429
    clock.now += 1
    assert call(client, project).status_code == 200, "Retry-After is kept"


def test_the_sustained_rate_counts_over_the_hour(api: Any, project: Any, clock: Clock) -> None:
    client = api()
    answers = []
    for _ in range(12):
        clock.now += 60
        answers.append(call(client, project).status_code)
    assert answers == [200] * 10 + [429] * 2
    clock.now += int(call(client, project).headers["Retry-After"])
    assert call(client, project).status_code == 200


def test_each_key_has_its_own_quota(api: Any, project: Any, clock: Clock) -> None:
    first, second = api(), api()
    for _ in range(5):
        last = call(first, project)
    assert last.status_code == 429
    assert call(second, project).status_code == 200


def test_refusals_tell_the_rate_too_and_unknown_callers_share_their_address(
    api: Any, project: Any, clock: Clock
) -> None:
    forbidden = call(api("user:read"), project)
    assert (forbidden.status_code, forbidden.headers["RateLimit"][:13]) == (403, '"burst";r=3;t')
    assert "RateLimit" in api().get("/api/projects/999/insight_variables/").headers
    strangers = [APIClient(raise_request_exception=False) for _ in range(5)]
    for number, stranger in enumerate(strangers):
        stranger.credentials(HTTP_AUTHORIZATION=f"Bearer guess{number}")
    assert [call(stranger, project).status_code for stranger in strangers] == [401] * 4 + [429]
    assert call(api(), project).status_code == 200, "a known key does not pay for them"


def test_sessions_are_not_limited(project: Any, user: Any, clock: Clock) -> None:
    client = APIClient()
    client.force_login(user)
    for _ in range(6):
        response = call(client, project)
        assert (response.status_code, "RateLimit" in response.headers) == (200, False)


def test_zero_turns_a_rate_off(api: Any, project: Any, clock: Clock, settings: Any) -> None:
    settings.API_THROTTLE_BURST = 0
    client = api()
    assert [call(client, project).status_code for _ in range(10)] == [200] * 10
    assert call(client, project).headers["RateLimit-Policy"] == '"sustained";q=10;w=3600'
    settings.API_THROTTLE_SUSTAINED = 0
    response = call(client, project)
    assert (response.status_code, "RateLimit" in response.headers) == (200, False)


def test_behind_a_trusted_proxy_strangers_are_told_apart_by_the_address_that_it_saw(
    project: Any, clock: Clock, settings: Any
) -> None:
    def strangers(*forwarded: str) -> list[int]:
        url = f"/api/projects/{project.pk}/"
        return [APIClient().get(url, headers={"x-forwarded-for": address}).status_code for address in forwarded]

    assert strangers(*[f"10.0.0.{number}" for number in range(5)]) == [401] * 4 + [429]
    settings.USE_X_FORWARDED_HOST = True
    assert strangers(*[f"1.1.1.1, 10.0.0.{number}" for number in range(5)]) == [401] * 5
    assert strangers(*[f"{number}.1.1.1, 10.0.1.1" for number in range(5)]) == [401] * 4 + [429]
