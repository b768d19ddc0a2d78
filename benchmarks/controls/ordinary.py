"""The control: the same resource as an ordinary viewset, as the framework's documentation teaches it.

ModelSerializer, nested serializers, ``select_related``, its own JSON renderer and parser. It stores the same rows and
compiles the same programs, so that the difference is the way of writing an API.
"""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hogapi.settings")

import django
from django.conf import settings

django.setup()

from typing import Any

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import include, path
from rest_framework import exceptions, serializers, viewsets
from rest_framework.authentication import BaseAuthentication
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.parsers import JSONParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.routers import DefaultRouter

from hog_functions.models import HogFunction
from hogapi.accounts.models import OrganizationMembership, PersonalAPIKey, Project, User
from hogapi.accounts.tokens import secure_value
from hogapi.gateway import Gateway
from hogapi.hog.compiler import compile_expression, compile_program
from hogapi.hog.templates import compile_template
from hogapi.runtime.models import HogFunctionTemplate


class KeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Any) -> tuple[User, PersonalAPIKey]:
        value = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            key = PersonalAPIKey.objects.select_related("user").get(secure_value=secure_value(value))
        except PersonalAPIKey.DoesNotExist:
            raise exceptions.AuthenticationFailed from None
        return key.user, key


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = [
            "id",
            "uuid",
            "distinct_id",
            "first_name",
            "last_name",
            "email",
            "is_email_verified",
            "hedgehog_config",
            "role_at_organization",
        ]


class TemplateSerializer(serializers.ModelSerializer[HogFunctionTemplate]):
    class Meta:
        model = HogFunctionTemplate
        fields = "__all__"


class InputsSchemaItemSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(["string", "number", "boolean", "dictionary", "choice", "json", "integration"])
    key = serializers.CharField()
    label = serializers.CharField(required=False)
    required = serializers.BooleanField(default=False)
    default = serializers.JSONField(required=False)
    secret = serializers.BooleanField(default=False)
    hidden = serializers.BooleanField(default=False)
    description = serializers.CharField(required=False)


class HogFunctionSerializer(serializers.ModelSerializer[HogFunction]):
    created_by = UserSerializer(read_only=True)
    hog_function_template = TemplateSerializer(read_only=True)
    inputs_schema = InputsSchemaItemSerializer(many=True, required=False)
    filters = serializers.JSONField(required=False)

    class Meta:
        model = HogFunction
        exclude = ["project", "encrypted_inputs"]
        read_only_fields = ["bytecode", "created_at", "updated_at", "transpiled"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "hog" in attrs:
            attrs["bytecode"] = compile_program(attrs["hog"])
        for item in attrs.get("inputs", {}).values():
            item["bytecode"] = compile_template(item["value"])
        for event in attrs.get("filters", {}).get("events", []):
            attrs["filters"]["bytecode"] = compile_expression(f"event = '{event['id']}'")
        return attrs


class HogFunctionMinimalSerializer(HogFunctionSerializer):
    class Meta:
        model = HogFunction
        fields = [
            "id",
            "type",
            "name",
            "description",
            "created_at",
            "created_by",
            "updated_at",
            "enabled",
            "hog",
            "filters",
            "icon_url",
            "hog_function_template",
            "execution_order",
        ]


class HogFunctionViewSet(viewsets.ModelViewSet[HogFunction]):
    authentication_classes = [KeyAuthentication]
    permission_classes = [IsAuthenticated]
    renderer_classes = [JSONRenderer]
    parser_classes = [JSONParser]
    pagination_class = LimitOffsetPagination

    def get_serializer_class(self) -> Any:
        minimal = self.action == "list" and self.request.query_params.get("full") != "true"
        return HogFunctionMinimalSerializer if minimal else HogFunctionSerializer

    def _project(self) -> Project:
        project = Project.objects.get(pk=self.kwargs["project_id"])
        membership = OrganizationMembership.objects.filter(organization=project.organization_id, user=self.request.user)
        if not membership.exists():
            raise exceptions.PermissionDenied
        return project

    def get_queryset(self) -> Any:
        functions = HogFunction.objects.filter(project=self._project(), deleted=False)
        return functions.select_related("created_by", "hog_function_template").order_by(
            "execution_order", "-updated_at"
        )

    def perform_create(self, serializer: Any) -> None:
        serializer.save(project=self._project(), created_by=self.request.user)


router = DefaultRouter()
router.register("hog_functions", HogFunctionViewSet, "hog_function")
urlpatterns = [
    path("api/projects/<int:project_id>/", include(router.urls)),
    path("ready", lambda request: HttpResponse(b"")),
]
settings.ROOT_URLCONF = "benchmarks.controls.ordinary"
settings.REST_FRAMEWORK = {"PAGE_SIZE": 100}
settings.MIDDLEWARE = []
application = Gateway(get_wsgi_application(), threads=4, body_bytes=20 * 2**20)
