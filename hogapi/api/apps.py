"""What every API resource stands on."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "hogapi.api"
    label = "api"
