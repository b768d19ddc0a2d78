"""What running functions keeps in PostgreSQL: the library of templates, and the runs that are still to be done."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from hogapi.runtime.identifiers import uuid7


class HogFunctionTemplate(models.Model):
    """A template that functions are made from (hog_functions.md 5). `sha` tells its versions apart."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    template_id = models.CharField(max_length=400, unique=True)
    sha = models.CharField(max_length=100)
    name = models.CharField(max_length=400)
    description = models.TextField(null=True)  # noqa: DJ001 (null on the wire)
    code = models.TextField()
    code_language = models.CharField(max_length=20, default="hog")
    inputs_schema = models.JSONField(default=list)
    bytecode = models.JSONField(null=True)
    type = models.CharField(max_length=50)
    status = models.CharField(max_length=20, default="alpha")
    category = models.JSONField(default=list)
    free = models.BooleanField(default=False)
    icon_url = models.TextField(null=True)  # noqa: DJ001 (null on the wire)
    filters = models.JSONField(null=True)
    masking = models.JSONField(null=True)
    mapping_templates = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.template_id} ({self.sha})"


class InvocationStatus(models.TextChoices):
    """Where a queued run stands."""

    QUEUED = "queued"
    RUNNING = "running"


class Invocation(models.Model):
    """A run of a function for one event that is still to be done, or to be continued. Finished runs are removed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey("accounts.Project", models.CASCADE, related_name="+")
    source = models.CharField(max_length=32)
    """What the run belongs to: `hog_function`."""
    source_id = models.UUIDField()
    mapping = models.PositiveSmallIntegerField(null=True)
    """Index of the mapping that matched, if the function has mappings."""
    event: models.JSONField[Any, Any] = models.JSONField()
    """The globals of the run, inputs excepted."""
    state: models.JSONField[Any, Any] = models.JSONField(null=True)
    """The suspended program (``runtime.invocation``); null before the first step."""
    attempt = models.PositiveSmallIntegerField(default=0)
    """How often the call that the program waits for has failed."""
    status = models.CharField(max_length=16, choices=InvocationStatus, default=InvocationStatus.QUEUED)
    scheduled_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # Every round of every worker's timers asks for these, mostly to learn that there are none.
            models.Index(fields=["scheduled_at"], name="runtime_invocation_due", condition=Q(status="queued")),
        ]

    def __str__(self) -> str:
        return f"run {self.id} of {self.source} {self.source_id}"
