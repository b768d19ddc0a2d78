"""Django app of tenants: users, organizations, projects and personal API keys."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the tenant models under the label `accounts`."""

    name = "hogapi.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
