"""What every API resource stands on."""

from django.apps import AppConfig
from django.conf import settings

from hogapi.api import logging


class ApiConfig(AppConfig):
    """Sets up logging when the process starts."""

    name = "hogapi.api"
    label = "api"

    def ready(self) -> None:
        """Log as settings say."""
        logging.configure(settings.LOG_LEVEL)
