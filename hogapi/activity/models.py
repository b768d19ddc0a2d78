"""Entries of the activity log in PostgreSQL (groups_auth_platform.md F.3)."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone


class ActivityLog(models.Model):
    """That somebody did something to an object of a project; written in the transaction of the change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("accounts.Project", models.CASCADE, related_name="+")
    user = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    is_system = models.BooleanField(default=False)
    """Whether the server did it by itself, rather than a user who is gone."""
    activity = models.CharField(max_length=79)
    scope = models.CharField(max_length=79)
    """What kind of object, e.g. `HogFunction`."""
    item_id = models.CharField(max_length=72)
    detail: models.JSONField[Any, Any] = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index("project", models.F("created_at").desc(), name="activity_of_project"),
            models.Index("project", "scope", "item_id", models.F("created_at").desc(), name="activity_of_item"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.item_id} {self.activity}"
