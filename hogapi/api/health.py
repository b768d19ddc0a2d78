"""Liveness, readiness and metrics of the process, for whoever supervises it."""

import os
from collections.abc import Callable

import prometheus_client
import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string
from prometheus_client import multiprocess

log = structlog.get_logger(__name__)


def live(request: HttpRequest) -> HttpResponse:
    """`/_livez`: the process answers."""
    return HttpResponse("ok", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """`/_readyz`: every engine answers, else 503 and which one does not.

    The checks are `settings.READINESS_CHECKS`: name -> import path of a function that raises when all is not well.
    """
    states = {name: _state(name, import_string(path)) for name, path in settings.READINESS_CHECKS.items()}
    return JsonResponse(states, status=200 if all(state == "ok" for state in states.values()) else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """`/_metrics`: Prometheus text, of all processes when PROMETHEUS_MULTIPROC_DIR is set."""
    registry = prometheus_client.REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return HttpResponse(prometheus_client.generate_latest(registry), content_type=prometheus_client.CONTENT_TYPE_LATEST)


def check_postgres() -> None:
    """Raise when PostgreSQL does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _state(name: str, check: Callable[[], object]) -> str:
    try:
        check()
    except Exception as error:  # whatever an engine raises means the same here
        log.warning("engine is not ready", engine=name, error=str(error))
        return "unavailable"
    return "ok"
