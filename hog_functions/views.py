"""/api/projects/:id/hog_functions/ and its twin under environments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from hog_functions import listing, querysets, services, trials
from hog_functions.activity import SCOPE
from hog_functions.models import SOURCE
from hog_functions.presenters import present_full, present_minimal
from hog_functions.serializers import (
    AppMetricsSerializer,
    AppMetricsTotalsSerializer,
    HogFunctionInvocationResultSerializer,
    HogFunctionInvocationSerializer,
    HogFunctionMinimalSerializer,
    HogFunctionSerializer,
    LogLineSerializer,
)
from hogapi.activity.views import ShowsActivity
from hogapi.api.errors import NotFound
from hogapi.api.parameters import object_id
from hogapi.api.viewsets import DeletedByUpdate, ProjectViewSet
from hogapi.runtime import observations
from hogapi.runtime.globals import Subject

_READ, _WRITE = ["hog_function:read"], ["hog_function:write"]
_ACTIVITY = ["activity_log:read"]


def _parameter(name: str, description: str, kind: Any = str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=description, **more)


_LIST = [
    _parameter("type", "Types, separated by commas."),
    _parameter("enabled", "true or false; anything else shows both.", bool),
    _parameter("id", "Exactly this function.", UUID),
    _parameter("created_by", "Id of the user who made it.", int),
    _parameter("created_at", "Exactly this time."),
    _parameter("updated_at", "Exactly this time."),
    _parameter("search", "Words that the name or the description must hold."),
    _parameter("filters", "JSON that the function's filters must contain."),
    _parameter("filter_groups", "JSON array of which the function's filters must contain one."),
    _parameter("full", 'With "true", whole functions instead of the short form.'),
]
_LOGS = [
    _parameter("limit", "How many lines at most: 1 to 500, 50 unless given.", int),
    _parameter("after", "Only lines after this time (ISO 8601)."),
    _parameter("before", "Only lines before this time (ISO 8601)."),
    _parameter("level", "Levels, separated by commas."),
    _parameter("search", "Text that the message must hold; % and _ are wildcards."),
    _parameter("instance_id", "Only lines of this run."),
]
_METRICS = [
    _parameter("after", "From when on: ISO 8601 or relative, -7d unless given."),
    _parameter("before", "Until when: ISO 8601 or relative, now unless given."),
    _parameter("interval", "Width of a bucket, day unless given.", enum=["hour", "day", "week"]),
    _parameter("name", "Names to count, separated by commas."),
    _parameter("kind", "Kinds to count, separated by commas."),
    _parameter("breakdown_by", "What to tell apart, kind unless given.", enum=["kind", "name"]),
    _parameter("instance_id", "Count only this run."),
]


@extend_schema_view(
    list=extend_schema(
        summary="List the functions of a project", parameters=_LIST, responses=HogFunctionMinimalSerializer(many=True)
    ),
    retrieve=extend_schema(summary="Show a function"),
    create=extend_schema(summary="Create a function"),
    update=extend_schema(summary="Replace a function"),
    partial_update=extend_schema(summary="Change, delete or restore a function"),
    destroy=extend_schema(
        summary="Refused: functions are deleted by changing `deleted` to true", responses={405: None}
    ),
)
class HogFunctionViewSet(DeletedByUpdate, ShowsActivity, ProjectViewSet):
    """Programs that run for events: destinations, transformations and others."""

    scope_object = "hog_function"
    activity_scope = SCOPE
    required_scopes = {
        "activity": _ACTIVITY,
        "all_activity": _ACTIVITY,
        "invocations": _WRITE,
        "logs": _READ,
        "metrics": _READ,
        "metrics_totals": _READ,
    }
    serializer_class = HogFunctionSerializer

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List, in order of execution, then latest change first."""
        full = request.query_params.get("full") == "true"
        columns = querysets.FULL_COLUMNS if full else querysets.MINIMAL_COLUMNS
        criteria = listing.criteria(self.project.id, request.query_params)
        rows: Any = self.paginate_queryset(querysets.FunctionRows(criteria, columns=columns))  # type: ignore[arg-type]
        return self.get_paginated_response((present_full if full else present_minimal)(rows))

    def retrieve(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Show one."""
        return Response(self._shown(object_id(pk)))

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Create one; 201."""
        data = self.validated(HogFunctionSerializer)
        saved = services.create(project_id=self.project.id, user_id=self.user.pk, data=data)
        return Response(self._saved(saved), status=201)

    def update(self, request: Request, pk: str, partial: bool = False, **kwargs: Any) -> Response:
        """Replace or change one; only a change may restore a deleted one, by a literal false."""
        data = self.validated(HogFunctionSerializer, partial=partial)
        undelete = partial and isinstance(request.data, dict) and request.data.get("deleted") is False
        saved = services.update(
            project_id=self.project.id,
            user_id=self.user.pk,
            function_id=object_id(pk),
            data=data,
            undelete=undelete,
        )
        return Response(self._saved(saved, deleted=bool(data.get("deleted"))))

    def partial_update(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Change one."""
        return self.update(request, pk, partial=True)

    @extend_schema(
        summary="Run a function on a test event",
        request=HogFunctionInvocationSerializer,
        responses=HogFunctionInvocationResultSerializer,
    )
    @action(methods=["POST"], detail=True)
    def invocations(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Test a stored function, or with the id `new` one that is not stored."""
        data = self.validated(HogFunctionInvocationSerializer)
        subject = Subject(self.project.id, self.project.name)
        return Response(trials.run_trial(project=subject, function_id=pk, data=data))

    @extend_schema(
        summary="Show what a function logged", parameters=_LOGS, responses=LogLineSerializer(many=True), filters=False
    )
    @action(methods=["GET"], detail=True)
    def logs(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Newest first; the limit also bounds the page."""
        lines = observations.log_lines(
            project_id=self.project.id, source=SOURCE, source_id=self._existing(pk), params=request.query_params
        )
        return self.get_paginated_response(self.paginate_queryset(lines) or [])

    @extend_schema(
        summary="Count a function's runs over time", parameters=_METRICS, responses=AppMetricsSerializer, filters=False
    )
    @action(methods=["GET"], detail=True, pagination_class=None)
    def metrics(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """By interval and kind or name."""
        return Response(observations.series(**self._observed(request, pk)))

    @extend_schema(
        summary="Count a function's runs", parameters=_METRICS, responses=AppMetricsTotalsSerializer, filters=False
    )
    @action(methods=["GET"], detail=True, url_path="metrics/totals", pagination_class=None)
    def metrics_totals(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """By kind or name."""
        return Response(observations.totals(**self._observed(request, pk)))

    def activity_item(self, pk: str) -> str:
        """Return the id in the log; functions keep their activity when they are deleted."""
        return str(services.find(project_id=self.project.id, function_id=object_id(pk), deleted=True).pk)

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell the serializer whether a function is being created."""
        return {**super().get_serializer_context(), "creating": self.action == "create"}

    def _observed(self, request: Request, pk: str) -> dict[str, Any]:
        return {
            "project_id": self.project.id,
            "timezone": self.project.timezone,
            "source": SOURCE,
            "source_id": self._existing(pk),
            "params": request.query_params,
        }

    def _existing(self, pk: str) -> UUID:
        function_id = object_id(pk)
        if not querysets.exists(self.project.id, function_id):
            raise NotFound
        return function_id

    def _shown(self, function_id: UUID, *, deleted: bool = False) -> dict[str, Any]:
        row = querysets.full_row(self.project.id, function_id, deleted=deleted)
        if row is None:
            raise NotFound
        return present_full([row])[0]

    def _saved(self, saved: services.Saved, *, deleted: bool = False) -> dict[str, Any]:
        shown = self._shown(saved.id, deleted=deleted)
        return {**shown, "warnings": list(saved.warnings)} if saved.warnings else shown
