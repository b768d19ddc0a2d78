"""How often a caller may call: a burst a minute and a sustained rate an hour, per key (groups_auth_platform.md D).

Counted in windows that slide: the requests of the present window and of the part of the one before that still counts.
Two small integers per key and rate in Django's cache, which several processes share when it is Redis. Callers with a
session are not limited; callers that nobody knows share the limit of their address.
"""

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from hogapi.accounts.keys import Credential


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `quota` requests in any `window` seconds."""

    name: str
    quota: int
    window: int

    def policy(self) -> str:
        """Return the rate as a member of the RateLimit-Policy header."""
        return f'"{self.name}";q={self.quota};w={self.window}'


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands with one rate before the present request: counts of this window and of the last."""

    rate: Rate
    here: int
    before: int
    passed: float

    @property
    def remaining(self) -> int:
        """Requests that the caller may make at this moment."""
        return max(0, math.floor(self.rate.quota - self.here - self.before * (1 - self.passed / self.rate.window)))

    @property
    def reset(self) -> int:
        """Seconds until this window ends, or, with nothing remaining, until one request is possible."""
        window, room = self.rate.window, self.rate.quota - 1
        if self.remaining:
            return math.ceil(window - self.passed)
        if self.here <= room:
            free_at = window * (1 - (room - self.here) / self.before)
        else:
            free_at = window + window * (1 - room / self.here)
        return max(1, math.ceil(free_at - self.passed))


def rates() -> Iterator[Rate]:
    """Yield the rates that settings ask for; 0 turns one off."""
    if settings.API_THROTTLE_BURST:
        yield Rate("burst", settings.API_THROTTLE_BURST, 60)
    if settings.API_THROTTLE_SUSTAINED:
        yield Rate("sustained", settings.API_THROTTLE_SUSTAINED, 3600)


def charge(request: Request) -> dict[str, str]:
    """Count the request and return the RateLimit headers of its answer. Raises `Throttled` when it is one too many.

    What is refused is not counted: a client that keeps trying is let in as soon as its quota allows.
    """
    caller = _caller(request)
    if caller is None:
        return {}
    now = time.time()
    standings = [_standing(caller, rate, now) for rate in rates()]
    waits = [standing.reset for standing in standings if not standing.remaining]
    if waits:
        throttled = Throttled(max(waits))
        throttled.headers = _headers(standings, taken=0)  # type: ignore[attr-defined]
        raise throttled
    for standing in standings:
        _increment(_counter(caller, standing.rate, now), standing.rate.window * 2)
    return _headers(standings, taken=1)


def take(caller: str, rate: Rate) -> int:
    """Count an attempt outside of the API against one rate; return the seconds to wait, 0 when it is allowed."""
    now = time.time()
    standing = _standing(caller, rate, now)
    if not standing.remaining:
        return standing.reset
    _increment(_counter(caller, rate, now), rate.window * 2)
    return 0


def _headers(standings: list[Standing], *, taken: int) -> dict[str, str]:
    if not standings:
        return {}
    return {
        "RateLimit-Policy": ", ".join(standing.rate.policy() for standing in standings),
        "RateLimit": ", ".join(f'"{s.rate.name}";r={s.remaining - taken};t={s.reset}' for s in standings),
    }


def _caller(request: Request) -> str | None:
    if isinstance(request.auth, Credential):
        return f"key:{request.auth.key_id}"
    if request.user is not None and request.user.is_authenticated:
        return None
    return f"address:{address_of(request.META)}"


def address_of(meta: Mapping[str, Any]) -> str:
    """Return the caller's address: what the nearest proxy saw when it is to be trusted, else who is connected."""
    if settings.USE_X_FORWARDED_HOST:
        forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", "")).rsplit(",", 1)[-1].strip()
        if forwarded:
            return forwarded[:64]
    return str(meta.get("REMOTE_ADDR", ""))


def _counter(caller: str, rate: Rate, now: float) -> str:
    return f"throttle:{rate.name}:{caller}:{int(now // rate.window)}"


def _standing(caller: str, rate: Rate, now: float) -> Standing:
    here, before = _counter(caller, rate, now), _counter(caller, rate, now - rate.window)
    counts = cache.get_many([here, before])
    return Standing(rate, counts.get(here, 0), counts.get(before, 0), now % rate.window)


def _increment(key: str, lifetime: int) -> None:
    try:
        cache.incr(key)
    except ValueError:
        if not cache.add(key, 1, lifetime):
            cache.incr(key)
