"""The shapes of entries."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hogapi.api.users import UserBasicSerializer

_ANY: dict[str, Any] = {}


@extend_schema_field(_ANY)
class AnyValue(serializers.JSONField):
    """Any JSON."""


class ActivityChangeSerializer(serializers.Serializer[Any]):
    """One field that was changed. Secrets read "masked"."""

    type = serializers.CharField(read_only=True)
    action = serializers.ChoiceField(choices=("changed", "created", "deleted"), read_only=True)
    field = serializers.CharField(read_only=True)
    before = AnyValue(read_only=True, allow_null=True)
    after = AnyValue(read_only=True, allow_null=True)


class ActivityDetailSerializer(serializers.Serializer[Any]):
    """What happened to which object."""

    name = serializers.CharField(read_only=True, allow_null=True)
    type = serializers.CharField(read_only=True, allow_null=True)
    short_id = serializers.CharField(read_only=True, allow_null=True)
    trigger = AnyValue(read_only=True, allow_null=True)
    changes = ActivityChangeSerializer(many=True, read_only=True, allow_null=True)


class ActivityLogSerializer(serializers.Serializer[Any]):
    """An entry of the activity log."""

    id = serializers.UUIDField(read_only=True)
    user = UserBasicSerializer(read_only=True, allow_null=True)
    unread = serializers.BooleanField(read_only=True)
    team_id = serializers.IntegerField(read_only=True)
    organization_id = serializers.UUIDField(read_only=True)
    was_impersonated = serializers.BooleanField(read_only=True)
    is_system = serializers.BooleanField(read_only=True)
    activity = serializers.CharField(read_only=True, help_text="created, updated, deleted.")
    item_id = serializers.CharField(read_only=True)
    scope = serializers.CharField(read_only=True, help_text="What kind of object.")
    detail = ActivityDetailSerializer(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class ActivityUserSerializer(serializers.Serializer[Any]):
    """Who did it, in short."""

    first_name = serializers.CharField(read_only=True)
    email = serializers.EmailField(read_only=True, allow_null=True)
    is_system = serializers.BooleanField(read_only=True, style={"may_be_absent": True})


class ActivityEntrySerializer(serializers.Serializer[Any]):
    """An entry on the page of an object."""

    id = serializers.UUIDField(read_only=True)
    user = ActivityUserSerializer(read_only=True, allow_null=True)
    activity = serializers.CharField(read_only=True)
    scope = serializers.CharField(read_only=True)
    item_id = serializers.CharField(read_only=True)
    detail = ActivityDetailSerializer(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class ActivityPageSerializer(serializers.Serializer[Any]):
    """A page of an object's entries."""

    results = ActivityEntrySerializer(many=True, read_only=True)
    next = serializers.URLField(read_only=True, allow_null=True)
    previous = serializers.URLField(read_only=True, allow_null=True)
    total_count = serializers.IntegerField(read_only=True)
