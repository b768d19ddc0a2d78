"""The whole URL table. Project routes are listed once and mounted under both prefixes."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
