"""What a project defines for its resources to refer to."""

from django.apps import AppConfig


class DefinitionsConfig(AppConfig):
    name = "hogapi.definitions"
    label = "definitions"
