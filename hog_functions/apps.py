"""The hog_functions resource."""

from django.apps import AppConfig


class HogFunctionsConfig(AppConfig):
    name = "hog_functions"
    label = "hog_functions"
