"""The activity log: who changed what."""

from django.apps import AppConfig


class ActivityConfig(AppConfig):
    name = "hogapi.activity"
    label = "activity"
