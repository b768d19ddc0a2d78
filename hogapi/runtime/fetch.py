"""Outgoing HTTP for programs of users: guarded, bounded in time and size, pooled.

A call resolves its host once, checks every address it got (``addresses.is_reachable``) and connects to a checked one;
the host name stays what TLS verifies and what the ``Host`` header says. Redirects are answers like any other. One
deadline covers name resolution, connecting, TLS, sending and the whole answer, however slowly it drips.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings
from urllib3 import PoolManager, Timeout, exceptions
from urllib3.util import Url, parse_url

from hogapi.runtime.addresses import Network
from hogapi.runtime.sockets import POOL_CLASSES, AddressRefused, guard, tls_context

RETRIABLE_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
MAX_ATTEMPTS = 3
BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 30.0
MAX_RETRY_AFTER_SECONDS = 3600.0
MAX_HEADER_BYTES = 64 * 1024
"""Of names and values of one request together."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BODILESS = frozenset({"GET", "HEAD"})
# What frames the message or belongs to the connection is ours to say, or requests could be smuggled.
_OWN_HEADERS = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "upgrade",
        "te",
        "trailer",
        "expect",
        "proxy-connection",
    }
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}\Z")
_FORBIDDEN_IN_URL = re.compile(r"[\x00-\x20\x7f\\]")


class InvalidRequest(Exception):
    """The call cannot be made as the program asked for it; the text says why."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one call: seconds for all of it, bytes of the request's and the response's body."""

    seconds: float = 10.0
    request_bytes: int = 5 * 2**20
    response_bytes: int = 2**20


@dataclass(frozen=True)
class Request:
    """One outgoing call, checked: see `build_request`."""

    method: str
    url: Url
    headers: Mapping[str, Any]
    """Values are bytes, which http.client sends as they are."""
    body: bytes | None


@dataclass(frozen=True)
class Outcome:
    """What became of a call: a `status` and body, or an `error` when no answer came."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    truncated: bool = False
    error: str | None = None
    retriable: bool = False
    retry_after: float | None = None
    """Seconds that the receiver asked us to wait, capped."""

    @property
    def failed(self) -> bool:
        """Whether the log calls it a failure: no answer, or a status of 400 and above."""
        return self.status is None or self.status >= 400

    def parsed_body(self) -> Any:
        """The body as JSON if it is JSON, else as text."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return self.body.decode("utf-8", "replace")


def build_request(url: Any, options: Any = None, *, limits: Limits | None = None) -> Request:
    """Turn the arguments of Hog's ``fetch(url, {method, headers, body})`` into a checked request.

    A body that is no string is sent as JSON; GET and HEAD send none. Raises InvalidRequest.
    """
    limits = limits or Limits()
    options = {} if options is None else options
    if not isinstance(options, Mapping):
        raise InvalidRequest("The second argument of fetch must be an object.")
    method = options.get("method") or "GET"
    if not isinstance(method, str) or method.upper() not in _METHODS:
        raise InvalidRequest(f"The method {str(method)[:40]!r} is not supported.")
    method = method.upper()
    body = None if method in _BODILESS else _body(options.get("body"))
    if body is not None and len(body) > limits.request_bytes:
        raise InvalidRequest(f"The request body is larger than {limits.request_bytes} bytes.")
    return Request(method=method, url=_url(url), headers=_headers(options.get("headers")), body=body)


def _url(text: Any) -> Url:
    if not isinstance(text, str) or not text:
        raise InvalidRequest("The URL of fetch must be a string.")
    if len(text) > 8192 or _FORBIDDEN_IN_URL.search(text):
        raise InvalidRequest("The URL is not valid.")
    try:
        url = parse_url(text)
    except (exceptions.LocationParseError, UnicodeError):
        raise InvalidRequest("The URL is not valid.") from None
    if url.scheme not in ("http", "https"):
        raise InvalidRequest("Only http:// and https:// URLs can be called.")
    if url.auth is not None:
        raise InvalidRequest("The URL must not hold credentials.")
    # A zone names an interface of this machine, which is nothing a program can know of.
    if not url.host or url.port == 0 or "%" in url.host:
        raise InvalidRequest("The URL is not valid.")
    return url


def _headers(headers: Any) -> dict[str, Any]:
    if headers is None:
        headers = {}
    if not isinstance(headers, Mapping):
        raise InvalidRequest("The headers of fetch must be an object.")
    checked: dict[str, Any] = {"User-Agent": "hogapi"}
    for name, value in headers.items():
        name = str(name)
        if not _HEADER_NAME.match(name):
            raise InvalidRequest(f"The header name {name[:40]!r} is not valid.")
        if value is None or name.lower() in _OWN_HEADERS:
            continue
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        if any(character in text for character in "\r\n\0"):
            raise InvalidRequest(f"The value of the header {name!r} holds a line break.")
        if name.lower() == "user-agent":
            checked.pop("User-Agent", None)
        checked[name] = text.strip().encode()
    if sum(len(name) + len(value) for name, value in checked.items()) > MAX_HEADER_BYTES:
        raise InvalidRequest(f"The headers are larger than {MAX_HEADER_BYTES} bytes.")
    return checked


def _body(body: Any) -> bytes | None:
    if body is None:
        return None
    return body.encode("utf-8", "replace") if isinstance(body, str) else orjson.dumps(body)


class Fetcher:
    """Makes calls through pools of connections per host. Safe to share between threads."""

    def __init__(self, allowed: tuple[Network, ...] = ()) -> None:
        self._allowed = allowed
        self._manager = PoolManager(num_pools=256, maxsize=16, block=False, ssl_context=tls_context())
        self._manager.pool_classes_by_scheme = POOL_CLASSES

    def send(self, request: Request, *, limits: Limits | None = None) -> Outcome:
        """Make one call. Never raises for what the network or the receiver does: that is in the outcome."""
        limits = limits or Limits()
        with guard(limits.seconds, self._allowed):
            try:
                return self._exchange(request, limits)
            except AddressRefused as error:
                return Outcome(error=str(error))
            except exceptions.SSLError as error:
                return Outcome(error=f"TLS failed: {error}")
            except exceptions.NewConnectionError as error:  # to urllib3 a kind of timeout
                return Outcome(error=_plain_reason(error), retriable=True)
            except (exceptions.TimeoutError, TimeoutError):
                return Outcome(error=f"The call took longer than {limits.seconds:g} seconds", retriable=True)
            except (exceptions.HTTPError, OSError) as error:
                return Outcome(error=_plain_reason(error), retriable=True)
            except (UnicodeError, ValueError) as error:
                return Outcome(error=f"The request could not be sent: {error}")

    def close(self) -> None:
        """Close the idle connections."""
        self._manager.clear()

    def _exchange(self, request: Request, limits: Limits) -> Outcome:
        url = request.url
        pool = self._manager.connection_from_host(url.host, url.port, url.scheme)
        response = pool.urlopen(
            request.method,
            url.request_uri,
            body=request.body,
            headers=request.headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=Timeout(total=limits.seconds),
            preload_content=False,
        )
        try:
            body, truncated = _read(response, limits.response_bytes)
        except BaseException:
            response.close()
            raise
        if truncated:
            response.close()
        else:
            response.release_conn()
        return Outcome(
            status=response.status,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            truncated=truncated,
            retriable=response.status in RETRIABLE_STATUSES,
            retry_after=retry_after(response.headers.get("Retry-After")),
        )


def _read(response: Any, limit: int) -> tuple[bytes, bool]:
    parts: list[bytes] = []
    size = 0
    while chunk := response.read(65536):
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            return b"".join(parts)[:limit], True
    return b"".join(parts), False


def _plain_reason(error: Exception) -> str:
    if isinstance(error, exceptions.NameResolutionError):
        return "The host name could not be resolved"
    if isinstance(error, exceptions.NewConnectionError):
        return "The connection could not be opened: " + str(error).rpartition("): ")[2]
    if isinstance(error, exceptions.ProtocolError | exceptions.DecodeError):
        return "The receiver broke the connection or did not speak HTTP"
    return f"The call failed: {type(error).__name__}"


def retry_after(value: str | None, *, now: float | None = None) -> float | None:
    """Seconds to wait according to a ``Retry-After`` header (a number or an HTTP date), capped; None if unusable."""
    if not value:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        seconds = float(value[:12])
    else:
        try:
            date = parsedate_to_datetime(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        current = datetime.fromtimestamp(time.time() if now is None else now, UTC)
        seconds = (date - current).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


def delay_before_retry(outcome: Outcome, attempt: int, *, jitter: float) -> float:
    """Seconds until the next attempt after `attempt` (1-based) failed; `jitter` is a random number in 0..1.

    What the receiver asked for wins over our own growing delay, unless it asks for less.
    """
    own = min(BACKOFF_SECONDS * attempt + BACKOFF_SECONDS * jitter, MAX_BACKOFF_SECONDS)
    return max(own, outcome.retry_after or 0.0)


@lru_cache(maxsize=4)
def _fetcher(allowed: tuple[Network, ...]) -> Fetcher:
    return Fetcher(allowed)


def fetcher() -> Fetcher:
    """The process's fetcher, which reaches what ``settings.OUTBOUND_ALLOW`` adds to the public internet."""
    return _fetcher(tuple(settings.OUTBOUND_ALLOW))
