"""Prometheus counters of capture, in the default registry that ``/_metrics`` shows."""

from __future__ import annotations

from prometheus_client import Counter

ACCEPTED = Counter("hogapi_events_accepted", "Events made durable in the inbox")
UNKNOWN_TOKEN = Counter("hogapi_events_unknown_token", "Events answered with 200 and dropped: no project has the token")
REFUSED = Counter("hogapi_capture_refused", "Capture requests answered with an error", ["status"])
