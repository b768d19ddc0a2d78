"""The outbox: rows on their way to ClickHouse, durable in PostgreSQL until ClickHouse has them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class OutboxBatch(models.Model):
    """Outbox rows that are inserted together, under the batch's id as deduplication token.

    A batch's rows never change, so that sending it again after a crash inserts nothing twice. ``mark`` grows from batch
    to batch (microseconds since 1970) and is written with every row, as ``_offset``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    table = models.CharField(max_length=64)
    mark = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())
    retry_at = models.DateTimeField(db_default=Now())
    attempts = models.IntegerField(default=0)
    last_error = models.TextField(default="")

    class Meta:
        db_table = "telemetry_outbox_batch"
        indexes = [models.Index(fields=["retry_at"], name="telemetry_batch_retry_at")]

    def __str__(self) -> str:
        return f"{self.table} {self.id}"


class TelemetryOutbox(models.Model):
    """Rows of one ClickHouse table that one transaction recorded.

    ``payload`` is zlib-compressed JSON, one object a line; ``size`` is its length before compression, in bytes.
    """

    id = models.BigAutoField(primary_key=True)
    table = models.CharField(max_length=64)
    payload = models.BinaryField()
    rows = models.IntegerField()
    size = models.IntegerField()
    created_at = models.DateTimeField(db_default=Now())
    batch = models.ForeignKey(OutboxBatch, models.CASCADE, null=True, related_name="entries", db_index=False)

    class Meta:
        db_table = "telemetry_outbox"
        indexes = [
            models.Index(fields=["id"], condition=models.Q(batch=None), name="telemetry_outbox_waiting"),
            models.Index(fields=["batch"], condition=~models.Q(batch=None), name="telemetry_outbox_assigned"),
        ]

    def __str__(self) -> str:
        return f"{self.rows} rows of {self.table}"


class RefusedRow(models.Model):
    """A row that ClickHouse refuses for its content, kept for the operator with the reason."""

    id = models.BigAutoField(primary_key=True)
    table = models.CharField(max_length=64)
    payload = models.BinaryField()
    error = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "telemetry_refused_row"

    def __str__(self) -> str:
        return f"{self.table}: {self.error}"
