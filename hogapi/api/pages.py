"""Pages for people in a browser: logging in, and the entrance of the browsable API."""

import time
from collections.abc import Hashable
from functools import lru_cache
from typing import Any, cast

from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver
from django.utils.cache import patch_cache_control
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hogapi.accounts.models import User
from hogapi.api import throttling
from hogapi.api.tenants.personal_api_keys import LOGGED_IN_AT

LOGIN_ATTEMPTS = throttling.Rate("login", 10, 60)
DOCUMENT_CACHED_SECONDS = 600


class LogIn(auth_views.LoginView):
    """`/login/`: e-mail and password; ten attempts a minute and address."""

    template_name = "hogapi/login.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Try to log in."""
        wait = throttling.take(f"login:{throttling.address_of(request.META)}", LOGIN_ATTEMPTS)
        if wait:
            return HttpResponse(
                "Too many attempts. Please wait a minute.",
                status=429,
                content_type="text/plain",
                headers={"Retry-After": str(wait)},
            )
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Log in and note when, for actions that ask for a recent login."""
        response = super().form_valid(form)
        self.request.session[LOGGED_IN_AT] = time.time()
        return response


class ApiRoot(APIView):
    """Where to go from here. Links to the routes of your current project."""

    permission_classes = (AllowAny,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """List the routes."""
        links = {
            "users": "/api/users/@me/",
            "organizations": "/api/organizations/",
            "projects": "/api/projects/",
            "environments": "/api/environments/",
            "personal_api_keys": "/api/personal_api_keys/",
            "schema": "/api/schema/",
            "docs": "/api/docs/",
            "redoc": "/api/redoc/",
        }
        if isinstance(request.user, User):
            project = request.user.current_project_id or "@current"
            links |= {name: f"/api/projects/{project}/{name}/" for name in _project_routes()}
        return Response({name: request.build_absolute_uri(path) for name, path in links.items()})


class Document(SpectacularAPIView):
    """`/api/schema/`: made once per format and process, since anybody may ask for it as often as they like.

    Django's page cache would keep a copy for each query string, host and Accept header that a stranger thinks of.
    """

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer the OpenAPI document, as YAML or JSON."""
        renderer: Any = request.accepted_renderer
        kind = f"{renderer.media_type}; charset={renderer.charset}" if renderer.charset else renderer.media_type
        response = HttpResponse(_document(cast(Hashable, type(renderer))), content_type=kind)
        response["Content-Disposition"] = f'inline; filename="hogapi.{renderer.format.removeprefix("openapi-")}"'
        patch_cache_control(response, max_age=DOCUMENT_CACHED_SECONDS)
        return response


@lru_cache(maxsize=8)
def _document(renderer: type[BaseRenderer]) -> bytes:
    document = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    rendered: bytes | str = renderer().render(document, renderer_context={})
    return rendered.encode() if isinstance(rendered, str) else rendered


def _project_routes() -> list[str]:
    resolver = get_resolver().namespace_dict.get("projects")
    names = resolver[1].reverse_dict.keys() if resolver else ()
    return sorted({name.removesuffix("-list") for name in names if isinstance(name, str) and name.endswith("-list")})
