"""What the container files say agrees with the code: they cannot be run here, so they are read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from hogapi.settings import Environment
from tests.test_layers import APPS

ROOT = Path(__file__).parent.parent
SETTINGS = {name.upper() for name in Environment.model_fields}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


def test_compose_has_the_four_services_with_health_checks(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"db", "clickhouse", "web", "worker"}
    dockerfile = (ROOT / "Dockerfile").read_text()
    for name in ("db", "clickhouse"):
        assert compose["services"][name]["healthcheck"]["test"]
    assert "HEALTHCHECK" in dockerfile and "/_readyz" in dockerfile


def test_compose_sets_only_settings_that_exist(compose: dict[str, Any]) -> None:
    for name in ("web", "worker"):
        assert set(compose["services"][name]["environment"]) <= SETTINGS
    assert set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)) <= SETTINGS


def test_compose_runs_commands_that_exist(compose: dict[str, Any]) -> None:
    for name in ("web", "worker"):
        command = compose["services"][name]["command"]
        assert command[0] == "python"
        if command[1] == "-m":
            assert (ROOT / f"{command[2].replace('.', '/')}.py").exists()
        else:
            assert command[1] == "manage.py" and command[2] in get_commands()


def test_the_image_holds_every_package_and_runs_as_a_plain_user() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    for package in ["hogapi", *APPS]:
        assert f"COPY {package} {package}" in dockerfile
    assert dockerfile.count("FROM ") == 2
    assert re.search(r"^USER (?!root)\w+", dockerfile.split("FROM ")[2], re.MULTILINE)


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    documented = {name: (default.strip("`"), text) for name, default, text in rows}
    assert set(documented) == SETTINGS
    for name, field in Environment.model_fields.items():
        default, text = documented[name.upper()]
        assert text == field.description
        if field.default not in (None, []):
            expected = ",".join(field.default) if isinstance(field.default, list) else str(field.default).lower()
            assert default.lower() == expected
