"""``manage.py`` works for every command against the configuration of the server."""

from __future__ import annotations

import os
import subprocess

import pytest
from django.core.management import call_command
from django.db import connection

from hogapi.accounts.models import User


@pytest.mark.django_db
def test_createsuperuser_makes_a_member_of_staff_who_can_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a long password")
    call_command("createsuperuser", "--noinput", "--email", "Root@Example.com", verbosity=0)
    user = User.objects.get(email="root@example.com")
    assert user.is_staff and user.check_password("a long password")


@pytest.mark.django_db
@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="psql of a server is the operator's own")
def test_dbshell_opens_the_embedded_database() -> None:
    command, environment = connection.client.settings_to_cmd_args_env(
        connection.settings_dict, ["-Atc", "SELECT 40 + 2"]
    )
    done = subprocess.run(
        command, env={**os.environ, **(environment or {})}, capture_output=True, text=True, timeout=30
    )
    assert (done.stdout.strip(), done.stderr) == ("42", "")


def test_collectstatic_has_a_place_to_collect_to() -> None:
    call_command("collectstatic", "--noinput", "--dry-run", verbosity=0)
