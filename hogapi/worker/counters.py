"""Prometheus counters of the worker, in the default registry that ``/_metrics`` shows."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

INGESTED = Counter("hogapi_events_ingested", "Events written to the outbox and offered to functions")
UNREADABLE = Counter("hogapi_events_unreadable", "Events that could not be ingested and were left out of their batch")
CONSUMER_FAILURES = Counter("hogapi_consumer_failures", "Events that a consumer could not handle", ["source"])
BATCHES_REFUSED = Counter("hogapi_batches_refused", "Inbox batches set aside because they could not be ingested")
INBOX_LAG = Gauge("hogapi_inbox_lag_seconds", "Age of the event batch that was ingested last, when it was taken")
DELIVERIES = Counter("hogapi_deliveries", "Runs by how they ended", ["source", "outcome"])
DELIVERY_SECONDS = Histogram("hogapi_delivery_job_seconds", "Time that a destination held a delivery slot")
