"""What clients send and receive (hog_functions.md 1.1-1.3, 3.1, 3.5, 3.6)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from hog_functions import sizes
from hog_functions.models import MAX_EXECUTION_ORDER, FunctionType, HealthState
from hogapi.api.errors import InvalidInput
from hogapi.api.fields import AnyJSON, AnyObject
from hogapi.api.users import UserBasicSerializer
from hogapi.runtime.fields import (
    FiltersField,
    HogFunctionTemplateSerializer,
    InputsField,
    InputsSchemaField,
    MappingsField,
    MaskingField,
)


class HogFunctionStatusSerializer(serializers.Serializer[Any]):
    """How a function fares; zeros while it is disabled."""

    state = serializers.ChoiceField(choices=HealthState.choices, read_only=True)
    tokens = serializers.IntegerField(read_only=True)


class Warnings(serializers.ListField):
    """Answered, sometimes; ignored when sent. (A read-only field would be documented as always there.)"""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Ignore what was sent."""
        raise serializers.SkipField


class HogFunctionSerializer(serializers.Serializer[Any]):
    """A program with its inputs and the filters that say when it runs."""

    # Shapes are checked here; what depends on the type, the template or stored values is the services' task.

    id = serializers.UUIDField(read_only=True)
    type = serializers.ChoiceField(choices=FunctionType.choices, required=False, allow_null=True)
    name = serializers.CharField(max_length=400, required=False, allow_null=True, allow_blank=True)
    description = serializers.CharField(required=False, allow_blank=True)
    created_at = serializers.DateTimeField(read_only=True)
    created_by = UserBasicSerializer(read_only=True, allow_null=True)
    updated_at = serializers.DateTimeField(read_only=True)
    enabled = serializers.BooleanField(required=False)
    deleted = serializers.BooleanField(required=False, write_only=True)
    hog = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    bytecode = AnyJSON(read_only=True, allow_null=True)
    transpiled = serializers.CharField(read_only=True, allow_null=True)
    inputs_schema = InputsSchemaField(required=False)
    inputs = InputsField(required=False)
    filters = FiltersField(required=False)
    masking = MaskingField(required=False, allow_null=True)
    mappings = MappingsField(required=False, allow_null=True)
    icon_url = serializers.CharField(required=False, allow_null=True)
    template = HogFunctionTemplateSerializer(read_only=True, allow_null=True)
    template_id = serializers.CharField(max_length=400, required=False, allow_null=True, write_only=True)
    status = HogFunctionStatusSerializer(read_only=True)
    execution_order = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=MAX_EXECUTION_ORDER
    )
    _create_in_folder = serializers.CharField(required=False, allow_blank=True, write_only=True)
    batch_export_id = serializers.UUIDField(read_only=True, allow_null=True)
    warnings = Warnings(
        child=serializers.CharField(), required=False, help_text="Only when something that was sent was left out."
    )

    def to_internal_value(self, data: Any) -> Any:
        """Check the body. When creating, null and empty are as good as absent where a template may fill in."""
        if self.context.get("creating") and isinstance(data, dict):
            data = {key: value for key, value in data.items() if value is not None or key not in _FILLED}
        if isinstance(data, dict):
            _refuse_larger(data)
        return super().to_internal_value(data)


_FILLED = frozenset({"inputs_schema", "inputs", "hog", "description", "icon_url"})


def _refuse_larger(data: dict[str, Any]) -> None:
    try:
        sizes.refuse_larger(data)
    except InvalidInput as error:
        raise serializers.ValidationError(
            {error.attr or "": [ErrorDetail(str(error.detail), "invalid_input")]}
        ) from None


class HogFunctionMinimalSerializer(serializers.Serializer[Any]):
    """A hog function in a list."""

    id = serializers.UUIDField(read_only=True)
    type = serializers.CharField(read_only=True, allow_null=True)
    name = serializers.CharField(read_only=True, allow_null=True)
    description = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    created_by = UserBasicSerializer(read_only=True, allow_null=True)
    updated_at = serializers.DateTimeField(read_only=True)
    enabled = serializers.BooleanField(read_only=True)
    hog = serializers.CharField(read_only=True)
    filters = AnyJSON(read_only=True, allow_null=True)
    icon_url = serializers.CharField(read_only=True, allow_null=True)
    template = HogFunctionTemplateSerializer(read_only=True, allow_null=True)
    status = HogFunctionStatusSerializer(read_only=True)
    execution_order = serializers.IntegerField(read_only=True, allow_null=True)


@extend_schema_field(HogFunctionSerializer)
class ConfigurationField(serializers.JSONField):
    """A whole function, checked when it is known which stored function it stands for."""


class HogFunctionInvocationSerializer(serializers.Serializer[Any]):
    """A test run: a function and the event to run it on."""

    configuration = ConfigurationField()
    globals = AnyObject(required=False)
    clickhouse_event = AnyObject(required=False)
    mock_async_functions = serializers.BooleanField(default=True)
    invocation_id = serializers.CharField(required=False, allow_null=True)


class LogEntrySerializer(serializers.Serializer[Any]):
    """A line that a run wrote."""

    level = serializers.ChoiceField(choices=("debug", "info", "warn", "error"), read_only=True)
    timestamp = serializers.DateTimeField(read_only=True)
    message = serializers.CharField(read_only=True)


class HogFunctionInvocationResultSerializer(serializers.Serializer[Any]):
    """What a test run came to."""

    result = AnyJSON(read_only=True, allow_null=True, help_text="The event that a transformation made; else null.")
    status = serializers.ChoiceField(choices=("success", "error", "skipped"), read_only=True)
    errors = serializers.ListField(child=serializers.CharField(), read_only=True)  # type: ignore[assignment]
    logs = LogEntrySerializer(many=True, read_only=True)


class LogLineSerializer(serializers.Serializer[Any]):
    """A stored line of a run."""

    log_source_id = serializers.CharField(read_only=True)
    instance_id = serializers.CharField(read_only=True, help_text="The run that wrote it.")
    timestamp = serializers.DateTimeField(read_only=True)
    level = serializers.CharField(read_only=True, help_text="In upper case.")
    message = serializers.CharField(read_only=True)


class MetricSeriesSerializer(serializers.Serializer[Any]):
    """Counts of one kind or name, one value a label."""

    name = serializers.CharField(read_only=True)
    values = serializers.ListField(child=serializers.IntegerField(), read_only=True)


class AppMetricsSerializer(serializers.Serializer[Any]):
    """Counts over time; labels are the starts of the intervals in the project's time zone."""

    labels = serializers.ListField(child=serializers.CharField(), read_only=True)
    series = MetricSeriesSerializer(many=True, read_only=True)


class AppMetricsTotalsSerializer(serializers.Serializer[Any]):
    """Counts of the whole period by kind or name."""

    totals = serializers.DictField(child=serializers.IntegerField(), read_only=True)
