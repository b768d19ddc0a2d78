"""What the first start creates: an organization, a project, a user, a personal API key."""

from __future__ import annotations

import secrets

from django.db import transaction

from hogapi.accounts import keys, services
from hogapi.accounts.models import Environment, MembershipLevel, Organization
from hogapi.settings import ENVIRONMENT
from hogapi.welcome import ADMIN_EMAIL, FirstRun


@transaction.atomic
def ensure_first_run() -> FirstRun:
    """Create the first tenant in an empty database; the HOGAPI_ settings can fix its credentials."""
    if Organization.objects.exists():
        environment = Environment.objects.order_by("pk").first()
        return FirstRun(environment.pk, environment.api_token) if environment else FirstRun(0, "")
    password = ENVIRONMENT.hogapi_admin_password or secrets.token_urlsafe(12)
    organization = services.create_organization(name="My organization")
    project = services.create_project(
        organization=organization, name="Default project", api_token=ENVIRONMENT.hogapi_project_token
    )
    user = services.create_user(
        email=ADMIN_EMAIL, password=password, first_name="Admin", organization=organization, level=MembershipLevel.OWNER
    )
    _, value = keys.create_key(user=user, label="First key", scopes=["*"], value=ENVIRONMENT.hogapi_personal_api_key)
    return FirstRun(project.pk, project.environment.api_token, value, password)
