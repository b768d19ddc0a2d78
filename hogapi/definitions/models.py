"""What functions refer to in their project, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone


class ActionQuerySet(models.QuerySet["Action"]):
    """Actions of one or more projects."""

    def steps(self, project_id: int, ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
        """Return the steps of those of the project's actions that have one of these ids and are not deleted."""
        return dict(self.filter(project_id=project_id, deleted=False, pk__in=ids).values_list("pk", "steps"))


class Action(models.Model):
    """A named kind of event: an event is of it that matches any of the steps (hog_language.md 9)."""

    project = models.ForeignKey("accounts.Project", models.CASCADE, related_name="+")
    name = models.CharField(max_length=400, null=True)  # noqa: DJ001 (null on the wire)
    description = models.TextField(default="", blank=True)
    post_to_slack = models.BooleanField(default=False)
    slack_message_format = models.CharField(max_length=1200, default="", blank=True)
    steps: models.JSONField[Any, Any] = models.JSONField(default=list)
    bytecode_error = models.TextField(null=True)  # noqa: DJ001 (null: the steps can be matched with events)
    last_calculated_at = models.DateTimeField(default=timezone.now)
    """When the steps were last compiled."""
    tags = ArrayField(models.CharField(max_length=255), default=list)
    pinned_at = models.DateTimeField(null=True)
    deleted = models.BooleanField(default=False)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager[Action]] = ActionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(deleted=False), name="definitions_action_name_in_project"
            )
        ]

    def __str__(self) -> str:
        return self.name or f"action {self.pk}"


class Integration(models.Model):
    """A project's account at another service, which inputs of functions refer to by id."""

    project = models.ForeignKey("accounts.Project", models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32)
    display_name = models.CharField(max_length=400)
    config: models.JSONField[Any, Any] = models.JSONField(default=dict)
    sensitive_config = models.TextField(null=True)  # noqa: DJ001 (null: there is nothing to decrypt)
    """The secret part of the configuration, encrypted by `hogapi.runtime.secrets`."""
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["project", "kind"], name="definitions_integration_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.display_name}"
