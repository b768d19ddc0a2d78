"""Serializer fields for JSON of any content, as the OpenAPI document shows it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

_ANYTHING: dict[str, Any] = {}


@extend_schema_field(_ANYTHING)
class AnyJSON(serializers.JSONField):
    """Any JSON value."""


@extend_schema_field({"type": "object", "additionalProperties": {}})
class AnyObject(serializers.DictField):
    """A JSON object of any content."""


@extend_schema_field({"type": "array", "items": {}})
class AnyList(serializers.ListField):
    """A JSON array of any content."""
