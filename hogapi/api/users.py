"""Users as other objects show them: `created_by` and the like (groups_auth_platform.md F.1)."""

from collections.abc import Sequence
from typing import Any

import orjson
from rest_framework import serializers

from hogapi.accounts.models import User
from hogapi.api.fields import AnyObject

ROLES = ("engineering", "data", "product", "founder", "leadership", "marketing", "sales", "other")
HEDGEHOG_FIELDS = ("use_as_profile", "color", "accessories", "skin")

# What is shown of a user, for `only()` and for SQL.
USER_COLUMNS = (
    "id",
    "uuid",
    "distinct_id",
    "first_name",
    "last_name",
    "email",
    "is_email_verified",
    "hedgehog_config",
    "role_at_organization",
)


class UserBasicSerializer(serializers.Serializer[Any]):
    """Who did something."""

    id = serializers.IntegerField(read_only=True)
    uuid = serializers.UUIDField(read_only=True)
    distinct_id = serializers.CharField(read_only=True, allow_null=True)
    first_name = serializers.CharField(read_only=True)
    last_name = serializers.CharField(read_only=True)
    email = serializers.EmailField(read_only=True)
    is_email_verified = serializers.BooleanField(read_only=True, allow_null=True)
    hedgehog_config = AnyObject(read_only=True, allow_null=True, help_text="How the user's mascot looks.")
    role_at_organization = serializers.ChoiceField(choices=ROLES, read_only=True, allow_null=True)


def present_user(user: User | None) -> dict[str, Any] | None:
    """Return a user in the shape of `UserBasicSerializer`; None for a user that is gone."""
    if user is None:
        return None
    shown = {name: getattr(user, name) for name in USER_COLUMNS}
    return {**shown, "hedgehog_config": present_hedgehog(user.hedgehog_config)}


def present_user_row(row: Sequence[Any]) -> dict[str, Any] | None:
    """Return the same from `USER_COLUMNS` as a cursor gives them, JSON as text; None when there is no such user."""
    if row[0] is None:
        return None
    shown = dict(zip(USER_COLUMNS, row, strict=True))
    config = shown["hedgehog_config"]
    return {**shown, "hedgehog_config": None if config is None else present_hedgehog(orjson.loads(config))}


def present_hedgehog(config: Any) -> dict[str, Any] | None:
    """Return the public part of a hedgehog's configuration; None when there is none."""
    if not isinstance(config, dict) or not config:
        return None
    return {name: config.get(name) for name in HEDGEHOG_FIELDS}
