"""What clients send and receive."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hogapi.api.users import UserBasicSerializer

KINDS = (
    "apns", "azure-blob", "bing-ads", "clickup", "customerio-app", "databricks", "email", "firebase", "github",
    "gitlab", "google-ads", "google-cloud-service-account", "google-cloud-storage", "google-pubsub", "google-sheets",
    "hubspot", "intercom", "jira", "linear", "linkedin-ads", "meta-ads", "pinterest-ads", "reddit-ads", "salesforce",
    "slack", "snapchat", "stripe", "tiktok-ads", "twilio", "vercel",
)  # fmt: skip


@extend_schema_field({"type": "object", "additionalProperties": {}})
class Configuration(serializers.DictField):
    """An object with any keys."""


class IntegrationSerializer(serializers.Serializer[Any]):
    """An account at another service. Secrets are taken and kept, and never shown."""

    id = serializers.IntegerField(read_only=True)
    kind = serializers.ChoiceField(choices=KINDS)
    display_name = serializers.CharField(
        max_length=400, required=False, help_text="Taken from the configuration unless given."
    )
    config = Configuration(
        required=False, help_text="Shown as it is, without keys that are named like secrets, e.g. access_token."
    )
    sensitive_config = Configuration(
        required=False, write_only=True, help_text="Secrets: stored encrypted, seen by programs alone."
    )
    errors = serializers.CharField(  # type: ignore[assignment]
        read_only=True, help_text="Why the integration cannot be used; empty if it can."
    )
    created_at = serializers.DateTimeField(read_only=True)
    created_by = UserBasicSerializer(read_only=True, allow_null=True)
