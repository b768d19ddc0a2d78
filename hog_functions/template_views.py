"""/api/projects/:id/hog_function_templates/, its twin under environments, and the same for everybody."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from hog_functions import template_lists
from hogapi.api.errors import NotFound
from hogapi.api.viewsets import ApiViewSet, ProjectViewSet
from hogapi.runtime.fields import HogFunctionTemplateSerializer

_LIST = [
    OpenApiParameter("type", str, description="Only templates of this type; destination unless anything is given."),
    OpenApiParameter("types", str, description="Types, separated by commas; `type` wins over it."),
    OpenApiParameter("template_id", str, description="Only the template with exactly this id."),
]
_document = extend_schema_view(
    list=extend_schema(
        summary="List templates that functions can be made from",
        parameters=_LIST,
        responses=HogFunctionTemplateSerializer(many=True),
    ),
    retrieve=extend_schema(summary="Show a template"),
)


class _Templates(ApiViewSet):
    """Lists and shows templates."""

    serializer_class = HogFunctionTemplateSerializer
    lookup_field = "template_id"
    public = False

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List, those that most functions use first."""
        rows: Any = self.paginate_queryset(template_lists.listed(request.query_params, public=self.public))
        return self.get_paginated_response(template_lists.shown(rows))

    def retrieve(self, request: Request, template_id: str, **kwargs: Any) -> Response:
        """Show one."""
        template = template_lists.one(template_id, public=self.public)
        if template is None:
            raise NotFound
        return Response(template)


@_document
class HogFunctionTemplateViewSet(_Templates, ProjectViewSet):
    """What functions can be made from."""

    scope_object = "hog_function"


@_document
@extend_schema(tags=["public"])
class PublicHogFunctionTemplateViewSet(_Templates):
    """What functions can be made from, for callers without an account."""

    authentication_classes = ()
    permission_classes = ()
    documented = True
    public = True
