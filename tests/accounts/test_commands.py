"""`manage.py create_user | create_project | create_key`."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from hogapi.accounts.models import Project, User

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().strip()


def test_from_nothing_to_a_working_key() -> None:
    said = run("create_project", "Website", "--create-organization", "Hogs", "--token", "phc_mine")
    project = Project.objects.get()
    assert said == f"Project {project.pk} with token phc_mine"
    run("create_user", "Grace@Example.com", "--password", "a long password", "--level", "owner")
    user = User.objects.get()
    assert (user.email, user.memberships.get().level, user.current_project_id) == ("grace@example.com", 15, project.pk)
    value = run("create_key", "--scope", "project:read", "--project", str(project.pk))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {value}")
    assert client.get(f"/api/projects/{project.pk}/").status_code == 200
    assert client.patch(f"/api/projects/{project.pk}/", {}).status_code == 403


def test_the_password_may_come_from_the_environment(organization: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("HOGAPI_PASSWORD", "from the environment")
    run("create_user", "grace@example.com", "--organization", "hedgehogs")
    assert User.objects.get().check_password("from the environment")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create_user", "nobody", "--password", "a long password"], "Enter a valid email address."),
        (["create_user", "x@example.com", "--password", "short"], "at least 8 characters"),
        (["create_user", "ada@example.com", "--password", "a long password"], "already an account"),
        (["create_user", "x@example.com", "--password", "a long password", "--organization", "None"],
         "No organization is called None."),
        (["create_project", " "], "may not be blank"),
        (["create_project", "x", "--token", "phx_x"], "project token"),
        (["create_key", "nobody@example.com"], "There is no user nobody@example.com."),
        (["create_key", "ada@example.com", "--scope", "hog:eat"], "Invalid scope: hog:eat"),
        (["create_key", "--project", "999999"], "member of all teams"),
        (["create_key", "--organization", "x"], "Invalid organization UUID"),
        (["create_key", "--value", "short"], "at least 16 letters"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_one_sentence(
    user: Any, organization: Any, arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)


def test_an_empty_or_ambiguous_database_is_explained(user: Any, other_user: Any) -> None:
    with pytest.raises(CommandError, match="more than one user: name it with the e-mail address"):
        run("create_key")
    with pytest.raises(CommandError, match="more than one organization: name it with --organization"):
        run("create_project", "x")
    User.objects.all().delete()
    with pytest.raises(CommandError, match="There is no user yet"):
        run("create_key")
