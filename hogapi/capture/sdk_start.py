"""What SDKs ask for when they start: flags and remote configuration, answered with nothing enabled.

Answers are as quiet as the protocol allows (groups_auth_platform.md G, "What SDKs ask at start"): no flags, no
recordings, no surveys, so that a client sends events and asks for nothing else.
"""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse

from hogapi.capture.cors import open_to_browsers

_REMOTE_CONFIG: dict[str, Any] = {
    "supportedCompression": ["gzip", "gzip-js"],
    "hasFeatureFlags": False,
    "captureDeadClicks": False,
    "capturePerformance": False,
    "autocapture_opt_out": False,
    "autocaptureExceptions": False,
    "analytics": {"endpoint": "/i/v0/e/"},
    "elementsChainAsString": True,
    "sessionRecording": False,
    "heatmaps": False,
    "surveys": False,
    "defaultIdentifiedOnly": True,
    "siteApps": [],
}


@open_to_browsers
def flags(request: HttpRequest) -> HttpResponse:
    """``/flags/``: no feature flag is on. With ``?config=true`` the remote configuration comes along."""
    answer: dict[str, Any] = {"flags": {}, "errorsWhileComputingFlags": False, "requestId": str(uuid.uuid4())}
    if request.GET.get("config") == "true":
        answer |= _REMOTE_CONFIG
    return _json(answer)


@open_to_browsers
def decide(request: HttpRequest) -> HttpResponse:
    """``/decide/``: what older SDKs ask instead of ``/flags/``; it always carries the configuration."""
    flags_of_none = {"featureFlags": {}, "featureFlagPayloads": {}, "errorsWhileComputingFlags": False}
    return _json(flags_of_none | _REMOTE_CONFIG)


@open_to_browsers
def remote_config(request: HttpRequest, token: str) -> HttpResponse:
    """``/array/:token/config``: the configuration as JSON."""
    return _json({"token": token, **_REMOTE_CONFIG})


@open_to_browsers
def remote_config_script(request: HttpRequest, token: str) -> HttpResponse:
    """``/array/:token/config.js``: the same, as the script that posthog-js loads."""
    config = orjson.dumps({"config": {"token": token, **_REMOTE_CONFIG}, "siteApps": []}).decode()
    script = (
        "(function () {\n"
        "  window._POSTHOG_REMOTE_CONFIG = window._POSTHOG_REMOTE_CONFIG || {};\n"
        f'  window._POSTHOG_REMOTE_CONFIG["{token}"] = {config};\n'
        "})();\n"
    )
    return HttpResponse(script, content_type="application/javascript")


def _json(answer: dict[str, Any]) -> HttpResponse:
    return HttpResponse(orjson.dumps(answer), content_type="application/json")
