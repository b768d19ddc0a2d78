"""/api/projects/:id/activity_log/ with its twin under environments, and the activity of single resources."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from hogapi.activity import services
from hogapi.activity.pagination import LARGEST_PAGE, ORDERINGS, ActivityLogPages, ShortPages
from hogapi.activity.presenters import present, present_short
from hogapi.activity.serializers import ActivityLogSerializer, ActivityPageSerializer
from hogapi.api import parameters
from hogapi.api.errors import InvalidInput
from hogapi.api.viewsets import ProjectViewSet

_FILTERS = [
    OpenApiParameter("user", str, description="Only what this user did: uuid or id."),
    OpenApiParameter("scope", str, description="Only objects of this kind, e.g. HogFunction."),
    OpenApiParameter("scopes", str, description="Kinds of objects, separated by commas."),
    OpenApiParameter("item_id", str, description="Only this object."),
    OpenApiParameter("page", int, description="Number of the page, from 1; without it pages go by cursor."),
    OpenApiParameter("page_size", int, description=f"Entries on a page: 100 unless given, at most {LARGEST_PAGE}."),
    OpenApiParameter("cursor", str, description="Where the page starts, from `next` or `previous`."),
    OpenApiParameter("ordering", str, enum=ORDERINGS, description="Newest first unless given."),
]
_PAGE = [
    OpenApiParameter("limit", int, description="Entries on a page, 10 unless given."),
    OpenApiParameter("page", int, description="Number of the page, from 1."),
]
_LARGEST_ID = 2**63 - 1


@extend_schema_view(list=extend_schema(summary="List what was changed in a project", parameters=_FILTERS))
class ActivityLogViewSet(ProjectViewSet):
    """Who changed what."""

    scope_object = "activity_log"
    serializer_class = ActivityLogSerializer
    pagination_class = ActivityLogPages

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List, newest first."""
        params = request.query_params
        scopes = [*parameters.text(params, "scopes").split(","), parameters.text(params, "scope")]
        found = services.entries(
            self.project.id,
            scopes=[scope for scope in scopes if scope],
            item_id=parameters.text(params, "item_id") or None,
            user=_user(parameters.text(params, "user")),
        )
        page = self.paginate_queryset(found) or ()
        organization_id = self.project.organization_id
        return self.get_paginated_response([present(entry, organization_id=organization_id) for entry in page])


class ShowsActivity(ProjectViewSet):
    """Resources that show their activity: of all objects, and of one."""

    activity_scope: ClassVar[str]
    # Both routes end alike: upstream's document numbers the second.
    operation_suffixes: ClassVar[dict[str, str]] = {"activity": "_2"}

    @extend_schema(
        summary="List what changed in all of them",
        parameters=_PAGE,
        responses=ActivityPageSerializer,
        filters=False,
    )
    @action(methods=["GET"], detail=False, url_path="activity", pagination_class=None)
    def all_activity(self, request: Request, **kwargs: Any) -> Response:
        """Newest first."""
        return self._activity(None)

    @extend_schema(
        summary="List what changed in one of them",
        parameters=_PAGE,
        responses=ActivityPageSerializer,
        filters=False,
    )
    @action(methods=["GET"], detail=True, pagination_class=None)
    def activity(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Newest first, also of one that is deleted."""
        return self._activity(self.activity_item(pk))

    def activity_item(self, pk: str) -> str:
        """Return the id under which the object's activity is logged. Raises `NotFound`."""
        raise NotImplementedError

    def _activity(self, item_id: str | None) -> Response:
        found = services.entries(self.project.id, scopes=[self.activity_scope], item_id=item_id)
        page = ShortPages(found, self.request)
        return Response(page.envelope([present_short(entry) for entry in page.entries]))


def _user(text: str) -> int | UUID | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 20:
        return min(int(text), _LARGEST_ID)
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput("Must be the uuid or id of a user.", attr="user") from None
