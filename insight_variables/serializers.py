"""What clients send and receive."""

from typing import Any

from rest_framework import serializers

from insight_variables.models import VariableType


class InsightVariableSerializer(serializers.Serializer[Any]):
    """A named placeholder that queries of the project can refer to."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=400)
    type = serializers.ChoiceField(choices=VariableType.choices)
    default_value = serializers.JSONField(
        required=False, allow_null=True, help_text="Used where a query gives no value. Any JSON."
    )
    created_by = serializers.IntegerField(read_only=True, allow_null=True, help_text="Id of the user.")
    created_at = serializers.DateTimeField(read_only=True)
    code_name = serializers.CharField(
        read_only=True, help_text="Derived from the first name; queries say {variables.code_name}."
    )
    values = serializers.JSONField(
        required=False, allow_null=True, help_text="The choices of a List variable, an array of text; else any JSON."
    )
