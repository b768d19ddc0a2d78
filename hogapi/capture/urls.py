"""Routes of capture and of what SDKs ask at start. Both spellings, with and without the slash, never a redirect."""

from __future__ import annotations

from django.urls import re_path

from hogapi.capture import sdk_start, views

urlpatterns = [
    re_path(r"^(?:e|i/v0/e|capture|track)/?$", views.capture_event),
    re_path(r"^batch/?$", views.capture_batch),
    re_path(r"^engage/?$", views.capture_engage),
    re_path(r"^flags/?$", sdk_start.flags),
    re_path(r"^decide/?$", sdk_start.decide),
    re_path(r"^array/(?P<token>[A-Za-z0-9_-]{1,64})/config/?$", sdk_start.remote_config),
    re_path(r"^array/(?P<token>[A-Za-z0-9_-]{1,64})/config\.js$", sdk_start.remote_config_script),
]
