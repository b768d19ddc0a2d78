"""From a JSON document to events in one normal form, or a plain refusal (groups_auth_platform.md G).

One bad event refuses the whole request: an SDK then keeps or drops its batch as one, and nothing is half accepted.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from hogapi.capture.encodings import Refusal
from hogapi.runtime.identifiers import uuid7
from hogapi.telemetry import columns

DISTINCT_ID_LENGTH = 200
TOKEN_LENGTH = 64
MAX_EVENTS = 50_000
"""Of one request: what tiny events take in memory is many times their text."""
PART_EVENTS = 1_000
"""Of one row of the inbox, which the worker ingests in one transaction."""
# An event "from the future" is a client with a broken clock: it gets the time of its arrival.
FUTURE_TOLERANCE = timedelta(hours=23)
_ENCODED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class Part:
    """At most ``PART_EVENTS`` events of a request.

    ``payload`` is a JSON array of objects with the keys ``uuid``, ``event``, ``distinct_id``, ``properties`` and
    ``timestamp`` (ISO, UTC, corrected for clock skew); ``count`` is its length.
    """

    payload: bytes
    count: int


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of one request, all of one project, in parts that hold at least one event each."""

    token: str
    parts: tuple[Part, ...]

    @property
    def count(self) -> int:
        """The number of events."""
        return sum(part.count for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Clock:
    now: datetime
    skew: timedelta


def read(document: bytes, *, query: Mapping[str, str], engage: bool, now: datetime) -> Batch:
    """Read the JSON ``document`` of a request that arrived at ``now``.

    ``engage`` allows an event without a name (it is an ``$identify``). Raises Refusal with the status and text that
    the SDK is answered with.
    """
    try:
        parsed = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"failed to parse request: {error}") from error
    raw_events, batch_token, envelope = _open_envelope(parsed)
    if not raw_events:
        raise Refusal(400, "request holds no event")
    if len(raw_events) > MAX_EVENTS:
        raise Refusal(413, f"maximum event size exceeded: the request holds more than {MAX_EVENTS} events")
    token = _agreed_token(batch_token, raw_events)
    clock = _Clock(now=now, skew=_skew(envelope.get("sent_at"), query.get("_"), now))
    starts = range(0, len(raw_events), PART_EVENTS)
    parts = [_part(raw_events[start : start + PART_EVENTS], clock, engage=engage) for start in starts]
    return Batch(token=token, parts=tuple(part for part in parts if part.count))


def _part(raw_events: Sequence[dict[str, Any]], clock: _Clock, *, engage: bool) -> Part:
    events = [_normalise(event, clock, engage=engage) for event in raw_events]
    kept = [event for event in events if event["event"] != "$performance_event"]
    return Part(payload=_encode(kept), count=len(kept))


def _open_envelope(parsed: Any) -> tuple[list[dict[str, Any]], Any, dict[str, Any]]:
    """Return the events, the batch's own token if it has one, and the object around them."""
    if isinstance(parsed, list):
        events, token, envelope = parsed, None, {}
    elif isinstance(parsed, dict) and "batch" in parsed:
        events, token, envelope = parsed["batch"], parsed.get("api_key") or parsed.get("token"), parsed
    elif isinstance(parsed, dict):
        events, token, envelope = [parsed], None, parsed
    else:
        raise Refusal(400, "failed to parse request: expected an event, a list of events or a batch")
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise Refusal(400, "failed to parse request: every event must be an object")
    return events, token, envelope


def _agreed_token(batch_token: Any, events: Sequence[Mapping[str, Any]]) -> str:
    if batch_token is None:
        tokens = [_own_token(event) for event in events]
        if any(token != tokens[0] for token in tokens):
            raise Refusal(401, "batch submitted with inconsistent api_key values")
        batch_token = tokens[0]
    if batch_token is None:
        raise Refusal(401, "event submitted without an api_key")
    if not isinstance(batch_token, str):
        raise Refusal(401, "API key is not valid: not_a_string")
    return _checked_token(batch_token.strip())


def _own_token(event: Mapping[str, Any]) -> Any:
    properties = event.get("properties")
    inner = properties.get("token") if isinstance(properties, dict) else None
    return event.get("token") or event.get("$token") or event.get("api_key") or inner


def _checked_token(token: str) -> str:
    reason = ""
    if not token:
        reason = "empty"
    elif len(token) > TOKEN_LENGTH:
        reason = "too_long"
    elif not token.isascii():
        reason = "not_ascii"
    elif token.startswith("phx_"):
        reason = "personal_api_key"
    elif "\x00" in token:
        reason = "null_byte"
    if reason:
        raise Refusal(401, f"API key is not valid: {reason}")
    return token


def _skew(sent_at: Any, underscore: str | None, now: datetime) -> timedelta:
    """How much the client's clock is behind ours. Clients say when they sent in the body, or in ms in ``?_=``."""
    sent = _instant(sent_at)
    if sent is None and underscore and underscore.isascii() and underscore.isdigit() and len(underscore) == 13:
        sent = datetime.fromtimestamp(int(underscore) / 1000, UTC)  # 10 digits would be seconds: ignored as upstream
    return now - sent if sent is not None else timedelta()


def _normalise(event: dict[str, Any], clock: _Clock, *, engage: bool) -> dict[str, Any]:
    properties = event.get("properties")
    if properties is None:
        properties = {}
    if not isinstance(properties, dict):
        raise Refusal(400, "failed to parse request: properties must be an object")
    for name in ("$set", "$set_once"):
        if isinstance(event.get(name), dict):
            inner = properties.get(name)
            properties[name] = {**(inner if isinstance(inner, dict) else {}), **event[name]}
    return {
        "uuid": _event_uuid(event.get("uuid")),
        "event": _event_name(event, engage=engage),
        "distinct_id": _distinct_id(event, properties),
        "properties": properties,
        "timestamp": _timestamp(event, properties, clock),
    }


def _event_name(event: Mapping[str, Any], *, engage: bool) -> str:
    name = event.get("event")
    if name is None and engage:
        return "$identify"
    if name is None:
        raise Refusal(400, "failed to hydrate events from request: non-engage request missing event name attribute")
    if not isinstance(name, str):
        raise Refusal(400, "failed to parse request: event must be a string")
    if not name:
        raise Refusal(400, "event submitted with an empty event name")
    return name


def _distinct_id(event: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    for value in (event.get("distinct_id"), event.get("$distinct_id"), properties.get("distinct_id")):
        if value is None:
            continue
        text = value if isinstance(value, str) else _dump(value).decode()
        if text:
            return text[:DISTINCT_ID_LENGTH]
        break
    raise Refusal(400, "event submitted without a distinct_id")


def _event_uuid(value: Any) -> str:
    if value is None or value == "":
        return str(uuid7())
    try:
        return str(uuid.UUID(value))
    except (ValueError, AttributeError, TypeError) as error:
        raise Refusal(400, "failed to hydrate events from request: uuid is not valid") from error


def _timestamp(event: Mapping[str, Any], properties: Mapping[str, Any], clock: _Clock) -> datetime:
    stated = _instant(event.get("timestamp"))
    try:
        if stated is not None:
            moment = stated if properties.get("$ignore_sent_at") else stated + clock.skew
        else:
            offset = event.get("offset")
            behind = offset if isinstance(offset, int | float) and not isinstance(offset, bool) else 0
            moment = clock.now - timedelta(milliseconds=behind)
        return moment if columns.EARLIEST <= moment <= clock.now + FUTURE_TOLERANCE else clock.now
    except OverflowError:
        return clock.now


def _instant(value: Any) -> datetime | None:
    """Read an ISO date; what cannot be read counts as absent, as upstream does. Without a zone it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _dump(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError as error:  # it reads 1,024 levels of nesting, and writes 254
        raise Refusal(400, "failed to parse request: nested too deeply") from error


def _encode(events: list[dict[str, Any]]) -> bytes:
    payload = _dump(events)
    if b"\\u0000" in payload:
        # PostgreSQL's jsonb, where invocations keep their event, holds every character but this one
        payload = _ENCODED_NUL.sub(lambda match: match.group()[:-6] + "�".encode(), payload)
    return payload
