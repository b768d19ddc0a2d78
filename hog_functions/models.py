"""Hog functions in PostgreSQL (hog_functions.md 1.1).

JSON columns hold exactly what the API shows, so that reads can pass their text through: secrets stand there as
``{"secret": true}``, and their values are in `encrypted_inputs` alone.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from hogapi.runtime import secrets
from hogapi.runtime.identifiers import uuid7
from hogapi.runtime.inputs import Item

SOURCE = "hog_function"
"""What runs, logs and metrics of hog functions carry as their source."""
FULL_TOKENS = 10_000
MAX_EXECUTION_ORDER = 32767


class FunctionType(models.TextChoices):
    """What a function is for, which decides when and where it runs (hog_functions.md 2.1)."""

    DESTINATION = "destination"
    SITE_DESTINATION = "site_destination"
    INTERNAL_DESTINATION = "internal_destination"
    SOURCE_WEBHOOK = "source_webhook"
    WAREHOUSE_SOURCE_WEBHOOK = "warehouse_source_webhook"
    SITE_APP = "site_app"
    TRANSFORMATION = "transformation"


class HealthState(models.IntegerChoices):
    """How a function fares (hog_functions.md 3.7); the last two are set by hand."""

    UNKNOWN = 0
    HEALTHY = 1
    DEGRADED = 2
    DISABLED = 3
    FORCEFULLY_DEGRADED = 11
    FORCEFULLY_DISABLED = 12


class HogFunction(models.Model):
    """A user's program with its inputs and the filters that say which events it runs on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey("accounts.Project", models.CASCADE, related_name="hog_functions")
    type = models.CharField(max_length=24, choices=FunctionType, null=True)  # noqa: DJ001 (null on the wire)
    name = models.CharField(max_length=400, null=True)  # noqa: DJ001 (null on the wire)
    description = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)
    enabled = models.BooleanField(default=False)
    deleted = models.BooleanField(default=False)
    hog = models.TextField()
    bytecode: models.JSONField[Any, Any] = models.JSONField(null=True)
    transpiled = models.TextField(null=True)  # noqa: DJ001 (null on the wire)
    inputs_schema: models.JSONField[Any, Any] = models.JSONField(default=list)
    inputs: models.JSONField[Any, Any] = models.JSONField(default=dict)
    encrypted_inputs = models.TextField(null=True)  # noqa: DJ001 (null: there is nothing to decrypt)
    """``{"inputs": {key: item}, "mappings": [{key: item}, ...]}``, encrypted; null when there is no secret."""
    filters: models.JSONField[Any, Any] = models.JSONField(default=dict)
    masking: models.JSONField[Any, Any] = models.JSONField(null=True)
    mappings: models.JSONField[Any, Any] = models.JSONField(null=True)
    icon_url = models.TextField(null=True)  # noqa: DJ001 (null on the wire)
    template_id = models.CharField(max_length=400, null=True)  # noqa: DJ001 (null on the wire)
    hog_function_template = models.ForeignKey(
        "runtime.HogFunctionTemplate", models.SET_NULL, null=True, related_name="+"
    )
    execution_order = models.PositiveSmallIntegerField(null=True)
    batch_export_id = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                models.F("project"),
                models.F("execution_order"),
                models.F("updated_at").desc(),
                name="hog_functions_listed",
                condition=Q(deleted=False),
            ),
            models.Index(
                fields=["project", "type"], name="hog_functions_running", condition=Q(deleted=False, enabled=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.id)

    @property
    def runs_in_browser(self) -> bool:
        """Whether the program is JavaScript that a web page runs."""
        return self.type in (FunctionType.SITE_DESTINATION, FunctionType.SITE_APP)

    def decrypted(self) -> tuple[dict[str, Item], list[dict[str, Item]]]:
        """The secret items of the inputs, and those of each mapping. Raises `secrets.UnreadableSecrets`."""
        if self.encrypted_inputs is None:
            return {}, []
        stored = secrets.decrypt(self.encrypted_inputs)
        return stored["inputs"], stored["mappings"]

    def encrypt(self, inputs: dict[str, Item], mappings: list[dict[str, Item]]) -> None:
        """Set the secret items of the inputs and of each mapping."""
        any_secret = bool(inputs) or any(mappings)
        self.encrypted_inputs = secrets.encrypt({"inputs": inputs, "mappings": mappings}) if any_secret else None


class FunctionHealth(models.Model):
    """How an enabled function fares. A function without a row is healthy and has all its tokens."""

    function = models.OneToOneField(HogFunction, models.CASCADE, primary_key=True, related_name="health")
    state = models.SmallIntegerField(choices=HealthState, default=HealthState.HEALTHY)
    tokens = models.IntegerField(default=FULL_TOKENS)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.get_state_display()} ({self.tokens} tokens)"
