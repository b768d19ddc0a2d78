"""The whole URL table. Project routes are listed once and mounted under both prefixes."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from actions.views import ActionViewSet
from hog_functions.template_views import HogFunctionTemplateViewSet, PublicHogFunctionTemplateViewSet
from hog_functions.views import HogFunctionViewSet
from hogapi.activity.views import ActivityLogViewSet
from hogapi.api import urls as platform
from hogapi.api.routing import Route, plain_urls, project_urls
from hogapi.capture import urls as capture
from insight_variables.views import InsightVariableViewSet
from integrations.views import IntegrationViewSet

PROJECT_ROUTES: list[Route] = [
    ("actions", ActionViewSet, "actions"),
    ("activity_log", ActivityLogViewSet, "activity_log"),
    ("hog_function_templates", HogFunctionTemplateViewSet, "hog_function_templates"),
    ("hog_functions", HogFunctionViewSet, "hog_functions"),
    ("insight_variables", InsightVariableViewSet, "insight_variables"),
    ("integrations", IntegrationViewSet, "integrations"),
]

PUBLIC_ROUTES: list[Route] = [
    ("api/public_hog_function_templates", PublicHogFunctionTemplateViewSet, "public_hog_function_templates"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *capture.urlpatterns,
    *project_urls(PROJECT_ROUTES),
    *plain_urls(PUBLIC_ROUTES),
    *platform.urlpatterns,
    *platform.fallback,
]

handler400 = "hogapi.api.envelope.bad_request"
handler403 = "hogapi.api.envelope.permission_denied"
handler404 = "hogapi.api.envelope.page_not_found"
handler500 = "hogapi.api.envelope.server_error"
