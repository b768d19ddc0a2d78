"""Serializer fields for what functions and flows nest: they check through the plain functions of this package, and
declare the published shapes (components of the OpenAPI document)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from hogapi.api.errors import InvalidInput
from hogapi.api.fields import AnyJSON
from hogapi.runtime import filters, input_schema, masking, shapes

_OBJECTS = {"type": "array", "items": {"type": "object", "additionalProperties": {}}}


@extend_schema_field(_OBJECTS)
class Objects(serializers.JSONField):
    """A list of objects."""


@extend_schema_field({"enum": list(input_schema.TEMPLATING)})
class TemplatingChoice(serializers.JSONField):
    """true, false, "hog" or "liquid"."""


class InputsSchemaItemSerializer(serializers.Serializer[Any]):
    """One input that a function declares."""

    type = serializers.ChoiceField(choices=input_schema.TYPES)
    key = serializers.CharField()
    label = serializers.CharField(required=False, allow_blank=True)  # type: ignore[assignment]
    choices = Objects(required=False)
    required = serializers.BooleanField(default=False)  # type: ignore[assignment]
    default = AnyJSON(required=False)
    secret = serializers.BooleanField(default=False)
    hidden = serializers.BooleanField(default=False)
    description = serializers.CharField(required=False)
    integration = serializers.CharField(required=False)
    integration_key = serializers.CharField(required=False)
    requires_field = serializers.CharField(required=False)
    integration_field = serializers.CharField(required=False)
    requiredScopes = serializers.CharField(required=False)
    templating = TemplatingChoice(required=False)


class InputsItemSerializer(serializers.Serializer[Any]):
    """The value of one input. A secret shows as ``{"secret": true}``."""

    value = AnyJSON(required=False, allow_null=True)
    templating = serializers.ChoiceField(choices=("hog", "liquid"), required=False)
    secret = serializers.BooleanField(required=False, help_text="A value is stored, and is not shown.")
    bytecode = AnyJSON(required=False, help_text="Computed: the value with compiled templates in place of texts.")
    order = serializers.IntegerField(required=False, help_text="Computed: when this input is built.")
    transpiled = AnyJSON(required=False, help_text="Computed, for programs that run in a browser.")


class HogFunctionFiltersSerializer(serializers.Serializer[Any]):
    """Which events a function runs on: all `properties`, and any of `events` and `actions`."""

    source = serializers.ChoiceField(choices=filters.SOURCES, default="events")  # type: ignore[assignment]
    actions = Objects(required=False)
    events = Objects(required=False)
    data_warehouse = Objects(required=False)
    properties = Objects(required=False)
    bytecode = AnyJSON(required=False, allow_null=True)
    transpiled = AnyJSON(required=False)
    filter_test_accounts = serializers.BooleanField(required=False)
    bytecode_error = serializers.CharField(required=False)


class HogFunctionMaskingSerializer(serializers.Serializer[Any]):
    """Of events with an equal `hash` within `ttl` seconds, only some run the function."""

    ttl = serializers.IntegerField(min_value=60, max_value=86400)
    threshold = serializers.IntegerField(required=False, allow_null=True)
    hash = serializers.CharField()
    bytecode = AnyJSON(required=False, allow_null=True)


class MappingsSerializer(serializers.Serializer[Any]):
    """One way in which a destination runs, with filters and inputs of its own."""

    name = serializers.CharField(required=False)
    inputs_schema = InputsSchemaItemSerializer(many=True, required=False)
    inputs = serializers.DictField(child=InputsItemSerializer(allow_null=True), required=False)
    filters = HogFunctionFiltersSerializer(required=False)


class HogFunctionMappingTemplateSerializer(serializers.Serializer[Any]):
    """A mapping that a template proposes."""

    name = serializers.CharField()
    include_by_default = serializers.BooleanField(required=False, allow_null=True)
    filters = AnyJSON(required=False, allow_null=True)
    inputs = AnyJSON(required=False, allow_null=True)
    inputs_schema = AnyJSON(required=False, allow_null=True)


class HogFunctionTemplateSerializer(serializers.Serializer[Any]):
    """What functions can be made from."""

    id = serializers.CharField()
    name = serializers.CharField(max_length=400)
    description = serializers.CharField(required=False, allow_null=True)
    code = serializers.CharField()
    code_language = serializers.CharField(required=False, max_length=20)
    inputs_schema = AnyJSON()
    type = serializers.CharField(max_length=50)
    status = serializers.CharField(required=False, max_length=20)
    category = AnyJSON(required=False)
    free = serializers.BooleanField(required=False)
    icon_url = serializers.CharField(required=False, allow_null=True)
    filters = AnyJSON(required=False, allow_null=True)
    masking = AnyJSON(required=False, allow_null=True)
    mapping_templates = HogFunctionMappingTemplateSerializer(many=True, required=False, allow_null=True)


class CheckedField(serializers.Field[Any, Any, Any, Any]):
    """A field whose value is checked by a function that raises InvalidInput with a path below the field's name."""

    def check(self, value: Any, attr: str) -> Any:
        """Return the clean value. Raises InvalidInput."""
        raise NotImplementedError

    def to_internal_value(self, data: Any) -> Any:
        """Return the clean value. Raises ValidationError at the path of the fault."""
        name = self.field_name or ""
        try:
            return self.check(data, name)
        except InvalidInput as error:
            below = (error.attr or name).removeprefix(name).removeprefix("__")
            detail = ErrorDetail(str(error.detail), str(error.get_codes()))
            raise serializers.ValidationError({below: [detail]} if below else [detail]) from None

    def to_representation(self, value: Any) -> Any:
        """Stored JSON is shown as it is."""
        return value


@extend_schema_field(InputsSchemaItemSerializer(many=True))
class InputsSchemaField(CheckedField):
    """``inputs_schema``."""

    def check(self, value: Any, attr: str) -> Any:
        """See `input_schema.validate`."""
        return input_schema.validate(value, attr=attr)


@extend_schema_field(serializers.DictField(child=InputsItemSerializer(allow_null=True)))
class InputsField(CheckedField):
    """``inputs``: their content is checked against the schema when that is known."""

    def check(self, value: Any, attr: str) -> Any:
        """An object that can be stored."""
        return shapes.storable(shapes.dictionary(value, attr), attr)


@extend_schema_field(HogFunctionFiltersSerializer)
class FiltersField(CheckedField):
    """``filters``, not compiled yet. Null stands for none."""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """Take null as an empty object."""
        return super().validate_empty_values({} if data is None else data)

    def check(self, value: Any, attr: str) -> Any:
        """See `filters.clean`."""
        return filters.clean(value, attr=attr)


@extend_schema_field(HogFunctionMaskingSerializer)
class MaskingField(CheckedField):
    """``masking``, with its hash compiled."""

    def check(self, value: Any, attr: str) -> Any:
        """See `masking.validate`."""
        return masking.validate(value, attr=attr)


@extend_schema_field(MappingsSerializer(many=True))
class MappingsField(CheckedField):
    """``mappings``: a list; their content is checked when the function's type and secrets are known."""

    def check(self, value: Any, attr: str) -> Any:
        """A list of objects."""
        return [shapes.mapping(one, shapes.path(attr, index)) for index, one in enumerate(shapes.items(value, attr))]
