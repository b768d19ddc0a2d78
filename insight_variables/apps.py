"""The insight_variables resource."""

from django.apps import AppConfig


class InsightVariablesConfig(AppConfig):
    name = "insight_variables"
    label = "insight_variables"
