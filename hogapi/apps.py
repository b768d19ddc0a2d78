"""The composition root as a Django app, so that it can offer ``manage.py hog``."""

from django.apps import AppConfig


class HogapiConfig(AppConfig):
    name = "hogapi"
    label = "hogapi"
