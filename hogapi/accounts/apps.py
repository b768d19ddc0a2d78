"""Tenants, users and keys."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "hogapi.accounts"
    label = "accounts"
