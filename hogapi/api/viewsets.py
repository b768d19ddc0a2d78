"""The classes that resources' views derive from: authentication, permission, throttling and headers are in place."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponseBase
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from hogapi.accounts.models import User
from hogapi.accounts.projects import AuthorizedProject
from hogapi.api import throttling
from hogapi.api.errors import RequestTooLarge
from hogapi.api.negotiation import Negotiation
from hogapi.api.pagination import LimitOffset


class ApiViewSet(GenericViewSet[Any]):
    """Any API resource.

    Subclasses name the object of their scopes (`scope_object`), for custom actions the scopes themselves
    (`required_scopes`: of an action, or a mapping from actions), and the custom actions whose operation ids end in
    `_list` rather than `_retrieve` (`listing_actions`).
    """

    scope_object: ClassVar[str | None] = None
    required_scopes: Any = None
    listing_actions: ClassVar[Collection[str]] = ()
    project_kwarg: ClassVar[str | None] = None
    pagination_class: Any = LimitOffset
    content_negotiation_class = Negotiation
    rate_headers: dict[str, str]
    format_suffix: str | None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Handle a request; a format suffix in the URL is not passed on to the action."""
        self.format_suffix = kwargs.pop("format", None)
        self.rate_headers = {}
        return super().dispatch(request, *args, **kwargs)

    def get_format_suffix(self, **kwargs: Any) -> str | None:
        """Return the format that the URL asks for by a suffix such as `.json`."""
        return self.format_suffix

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Negotiate, then ask: too large? who? too often? allowed? Each may refuse, in this order."""
        self.format_kwarg = self.get_format_suffix(**kwargs)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        _check_body_size(request)
        try:
            self.perform_authentication(request)
        finally:
            # Failed attempts count too, so that nobody can try keys without limit.
            self.check_throttles(request)
        self.check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """Count the request against its caller's rates. Raises `Throttled`."""
        self.rate_headers = throttling.charge(request)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer an exception, keeping the headers it carries."""
        response = super().handle_exception(exc)
        if isinstance(exc, APIException):
            self.rate_headers = getattr(exc, "headers", self.rate_headers)
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the RateLimit headers to every answer."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self.rate_headers.items():
            response[name] = value
        return response

    @property
    def user(self) -> User:
        """The calling user; permission has refused everybody else."""
        assert isinstance(self.request.user, User)  # noqa: S101 (for the type checker)
        return self.request.user

    @property
    def project(self) -> AuthorizedProject:
        """The project that the URL names (see `project_kwarg`), which the caller is a member of."""
        project: AuthorizedProject = self.request.project  # type: ignore[attr-defined]
        return project

    def validated(self, serializer_class: type[BaseSerializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """Return the body as validated by a serializer. Raises `ValidationError`."""
        serializer = serializer_class(data=self.request.data, partial=partial, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class ProjectViewSet(ApiViewSet):
    """A resource of a project, mounted under /api/projects/:id/ and /api/environments/:id/."""

    project_kwarg = "project_id"


class DeletedByUpdate:
    """For resources that `PATCH {"deleted": true}` deletes: DELETE answers 405 without a body (F.2)."""

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Refuse."""
        return Response(status=405)


def _check_body_size(request: Request) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > settings.MAX_BODY_BYTES:
        raise RequestTooLarge
