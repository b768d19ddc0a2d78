"""Making tenants, and finding projects by token."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from hogapi.accounts import projects, services
from hogapi.accounts.errors import AccountError
from hogapi.accounts.models import Environment, User

pytestmark = pytest.mark.django_db


def test_a_project_comes_with_its_environment_of_the_same_id(organization: Any) -> None:
    project = services.create_project(organization=organization, name=" Burrow ", api_token="phc_fixed")
    environment = Environment.objects.get(api_token="phc_fixed")
    assert (project.name, environment.pk, environment.timezone) == ("Burrow", project.pk, "UTC")


@pytest.mark.parametrize("token", ["", "phx_abc", "x" * 65, "ä", "a\0b", "a\nb"])
def test_a_malformed_token_is_refused(organization: Any, token: str) -> None:
    with pytest.raises(AccountError) as refused:
        services.create_project(organization=organization, name="x", api_token=token)
    assert refused.value.attr == "api_token"


def test_a_token_belongs_to_one_project(organization: Any) -> None:
    services.create_project(organization=organization, name="x", api_token="phc_fixed")
    with pytest.raises(AccountError, match="Another project"):
        services.create_project(organization=organization, name="y", api_token="phc_fixed")


def test_organizations_of_one_name_have_different_slugs() -> None:
    slugs = {services.create_organization(name="Hog & Friends").slug for _ in range(3)}
    assert len(slugs) == 3
    assert "hog-friends" in slugs
    assert services.create_organization(name="刺猬").slug


@pytest.mark.parametrize("name", ["", "  ", "x" * 65])
def test_an_organization_needs_a_name_of_1_to_64_letters(name: str) -> None:
    with pytest.raises(AccountError):
        services.create_organization(name=name)


@pytest.mark.parametrize(
    ("email", "password", "attr"),
    [("nobody", "a long password", "email"), ("ADA@example.com", "a long password", "email"),
     ("x@example.com", "short", "password")],
)  # fmt: skip
def test_users_have_a_valid_address_of_their_own_and_a_long_password(
    user: Any, email: str, password: str, attr: str
) -> None:
    with pytest.raises(AccountError) as refused:
        services.create_user(email=email, password=password)
    assert refused.value.attr == attr


def test_the_first_project_becomes_current_for_members_without_one(user: Any, organization: Any) -> None:
    first = services.create_project(organization=organization, name="First")
    services.create_project(organization=organization, name="Second")
    late = services.create_user(email="late@example.com", organization=organization)
    assert User.objects.get(pk=user.pk).current_project_id == late.current_project_id == first.pk


def test_a_token_is_looked_up_once_in_half_a_minute(
    project: Any, django_assert_num_queries: Any, monkeypatch: Any
) -> None:
    projects.token_cache.clear()
    token = project.environment.api_token
    with django_assert_num_queries(1):
        assert [projects.by_token(token) for _ in range(3)] == [project.pk] * 3
    with django_assert_num_queries(2):
        assert [projects.by_token("phc_unknown"), projects.by_token("phc_unknown")] == [None, None]
    with django_assert_num_queries(0):
        assert [projects.by_token(""), projects.by_token("a\0")] == [None, None]
    monkeypatch.setattr(projects, "TOKEN_CACHE_SECONDS", -1)
    projects.token_cache.clear()
    with django_assert_num_queries(2):
        assert [projects.by_token(token), projects.by_token(token)] == [project.pk] * 2
    projects.token_cache.clear()


def test_the_token_cache_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(projects, "TOKEN_CACHE_ENTRIES", 3)
    projects.token_cache.clear()
    for number in range(10):
        projects.token_cache.put(str(uuid.uuid4()), number)
    assert len(projects.token_cache._entries) <= 3
    projects.token_cache.clear()


def test_a_setting_nobody_knows_is_a_programming_error(project: Any) -> None:
    with pytest.raises(KeyError):
        services.update_project(project_id=project.pk, changes={"nonsense": 1})
