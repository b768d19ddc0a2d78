"""URLs of the platform itself: tenants, documentation, pages for people, health."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path, re_path
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerView

from hogapi.api import envelope, health, pages
from hogapi.api.routing import OptionalSlashRouter
from hogapi.api.tenants.organizations import OrganizationsViewSet
from hogapi.api.tenants.personal_api_keys import PersonalAPIKeysViewSet
from hogapi.api.tenants.projects import EnvironmentsViewSet, OrganizationProjectsViewSet, ProjectsViewSet
from hogapi.api.tenants.users import UsersViewSet

_router = OptionalSlashRouter()
_router.register("api/users", UsersViewSet, "users")
_router.register("api/organizations", OrganizationsViewSet, "organizations")
_router.register(
    r"api/organizations/(?P<organization_id>[^/]+)/projects", OrganizationProjectsViewSet, "organization-projects"
)
_router.register("api/projects", ProjectsViewSet, "projects")
_router.register("api/environments", EnvironmentsViewSet, "environments")
_router.register("api/personal_api_keys", PersonalAPIKeysViewSet, "personal-api-keys")

urlpatterns: list[URLPattern | URLResolver] = [
    *_router.urls,
    re_path(r"^api/?$", pages.ApiRoot.as_view(), name="api-root"),
    re_path(r"^api/schema/?$", pages.Document.as_view(), name="schema"),
    re_path(r"^api/docs/?$", SpectacularSwaggerView.as_view(url_name="schema"), name="swagger"),
    re_path(
        r"^api/redoc/?$",
        SpectacularRedocView.as_view(url_name="schema", template_name="hogapi/redoc.html"),
        name="redoc",
    ),
    re_path(r"^login/?$", pages.LogIn.as_view(), name="login"),
    re_path(r"^logout/?$", LogoutView.as_view(), name="logout"),
    path("_livez", health.live),
    path("_readyz", health.ready),
    path("_metrics", health.metrics),
]

# Comes after every other route under /api/.
fallback: list[URLPattern | URLResolver] = [re_path(r"^api/", envelope.endpoint_not_found)]
