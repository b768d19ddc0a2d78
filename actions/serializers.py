"""What clients send and receive."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hogapi.api.users import UserBasicSerializer

MATCHING = ("contains", "regex", "exact")
MAX_STEPS = 1000


def _text(help_text: str) -> serializers.CharField:
    return serializers.CharField(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False, help_text=help_text
    )


def _matching(help_text: str) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=MATCHING, required=False, allow_null=True, help_text=help_text)


@extend_schema_field({"type": "object", "additionalProperties": {}})
class PropertyFilter(serializers.DictField):
    """One property filter."""


class ActionStepSerializer(serializers.Serializer[Any]):
    """One way for an event to match: all that the step asks for must hold. Elements count for $autocapture alone."""

    event = _text("Name of the event; null for any.")
    properties = serializers.ListField(
        child=PropertyFilter(), required=False, allow_null=True, help_text="Property filters that must all hold."
    )
    selector = _text("CSS selector that finds the element or one it lies in.")
    selector_regex = serializers.CharField(
        read_only=True, allow_null=True, help_text="Computed: the selector as an expression over the chain of elements."
    )
    tag_name = _text("Tag of the element.")
    text = _text("Text of the element.")
    text_matching = _matching("How `text` is compared; exactly unless given.")
    href = _text("Address that the element links to.")
    href_matching = _matching("How `href` is compared; exactly unless given.")
    url = _text("Address of the page.")
    url_matching = _matching("How `url` is compared; it need only be contained unless given.")


class ActionSerializer(serializers.Serializer[Any]):
    """A named kind of event, told by steps of which any may match."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(
        max_length=400, required=False, allow_null=True, allow_blank=True, help_text="No two actions share one."
    )
    description = serializers.CharField(required=False, allow_blank=True)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=255), required=False, help_text="Stored in lower case, once each."
    )
    post_to_slack = serializers.BooleanField(required=False)
    slack_message_format = serializers.CharField(max_length=1200, required=False, allow_blank=True)
    steps = ActionStepSerializer(many=True, required=False, max_length=MAX_STEPS)  # type: ignore[call-arg]
    created_at = serializers.DateTimeField(read_only=True)
    created_by = UserBasicSerializer(read_only=True, allow_null=True)
    deleted = serializers.BooleanField(required=False)
    is_calculating = serializers.BooleanField(read_only=True)
    last_calculated_at = serializers.DateTimeField(read_only=True, help_text="When the steps were last compiled.")
    team_id = serializers.IntegerField(read_only=True)
    is_action = serializers.BooleanField(read_only=True, help_text="Always true.")
    bytecode_error = serializers.CharField(
        read_only=True, allow_null=True, help_text="Why filters cannot use the action; null if they can."
    )
    pinned_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Any time pins the action now; null lets it go."
    )
    creation_context = serializers.CharField(read_only=True, allow_null=True)
