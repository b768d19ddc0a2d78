"""URLs of viewsets: a trailing slash and `.json` are optional, nothing redirects (groups_auth_platform.md C)."""

from collections.abc import Iterable

from django.urls import URLPattern, URLResolver, include, re_path
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSetMixin

Route = tuple[str, type[ViewSetMixin], str]


class OptionalSlashRouter(SimpleRouter):
    """Routes `/things`, `/things/` and `/things.json` alike."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = r"(?:\.(?P<format>json))?/?"


class ProjectRouter(OptionalSlashRouter):
    """Routes of the resources that belong to a project."""

    def mounted(self, parent: str, *, namespace: str) -> URLResolver:
        """Return the routes under /api/<parent>/<project_id>/, reversed by `<namespace>:<basename>-list`."""
        return re_path(rf"^api/{parent}/(?P<project_id>[^/]+)/", include((self.urls, namespace)))


def project_urls(routes: Iterable[Route]) -> list[URLPattern | URLResolver]:
    """Mount every route under /api/projects/ and under /api/environments/."""
    router = ProjectRouter()
    for prefix, viewset, basename in routes:
        router.register(prefix, viewset, basename)
    return [
        router.mounted("projects", namespace="projects"),
        router.mounted("environments", namespace="environments"),
    ]


def plain_urls(routes: Iterable[Route]) -> list[URLPattern | URLResolver]:
    """Mount routes that belong to no project where their prefixes say."""
    router = OptionalSlashRouter()
    for prefix, viewset, basename in routes:
        router.register(prefix, viewset, basename)
    return list(router.urls)
