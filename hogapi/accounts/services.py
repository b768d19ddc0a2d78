"""Making organizations, projects and users."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify

from hogapi.accounts import client_settings, filter_owners, tokens
from hogapi.accounts.errors import AccountError
from hogapi.accounts.models import (
    Environment,
    MembershipLevel,
    Organization,
    OrganizationMembership,
    Project,
    User,
)

LONGEST_TOKEN = 64
LONGEST_SLUG = 48
SHORTEST_PASSWORD = 8


@transaction.atomic
def create_organization(*, name: str) -> Organization:
    """Make an organization with a slug of its own. Raises `AccountError` for a blank or long name."""
    name = _checked_text(name, attr="name", longest=64)
    slug = slugify(name)[:LONGEST_SLUG] or "organization"
    if Organization.objects.filter(slug=slug).exists():
        slug = f"{slug[: LONGEST_SLUG - 5]}-{tokens.random_base57(3)[:4].lower()}"
    return Organization.objects.create(name=name, slug=slug)


@transaction.atomic
def create_project(*, organization: Organization, name: str, api_token: str | None = None) -> Project:
    """Make a project and its environment; members without a current project get it as theirs.

    `api_token` pins the token that events will carry.

    Raises `AccountError` for a blank or long name and for a token that is malformed or taken.
    """
    name = _checked_text(name, attr="name", longest=200)
    if api_token is not None:
        _check_project_token(api_token)
    project = Project.objects.create(organization=organization, name=name)
    Environment.objects.create(project=project, api_token=api_token or tokens.project_token())
    User.objects.filter(memberships__organization=organization, current_project=None).update(current_project=project)
    return project


@transaction.atomic
def create_user(
    *,
    email: str,
    password: str | None = None,
    first_name: str = "",
    last_name: str = "",
    organization: Organization | None = None,
    level: int = MembershipLevel.MEMBER,
    is_staff: bool = False,
) -> User:
    """Make a user, a member of `organization` if one is given; its oldest project becomes their current one.

    Without a password the user cannot log in and acts by keys alone. Raises `AccountError` for an address that is
    malformed or taken and for a password under 8 letters.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise AccountError("Enter a valid email address.", attr="email") from None
    if User.objects.filter(email=email).exists():
        raise AccountError("There is already an account with this email address.", attr="email", code="unique")
    if password is not None and len(password) < SHORTEST_PASSWORD:
        raise AccountError(
            f"Ensure this field has at least {SHORTEST_PASSWORD} characters.", attr="password", code="min_length"
        )
    user = User.objects.create(
        email=email,
        password=make_password(password),
        first_name=first_name,
        last_name=last_name,
        is_staff=is_staff,
    )
    if organization is not None:
        add_member(user=user, organization=organization, level=level)
    return user


@transaction.atomic
def add_member(
    *, user: User, organization: Organization, level: int = MembershipLevel.MEMBER
) -> OrganizationMembership:
    """Make `user` a member of `organization`, or change their level; sets what is current for them when unset."""
    membership, _ = OrganizationMembership.objects.update_or_create(
        user=user, organization=organization, defaults={"level": level}
    )
    if user.current_organization_id is None:
        user.current_organization = organization
    if user.current_project_id is None:
        user.current_project = Project.objects.filter(organization=organization).order_by("id").first()
    user.save(update_fields=["current_organization", "current_project"])
    return membership


@transaction.atomic
def update_project(*, project_id: int, changes: Mapping[str, Any]) -> None:
    """Store settings of a project: fields of `Project`, of its `Environment`, and client settings by name.

    `changes` holds validated values only; names that are none of these raise `KeyError`.
    """
    if "test_account_filters" in changes:
        filter_owners.change_references(project_id=project_id)
    project = Project.objects.select_for_update().get(pk=project_id)
    environment = Environment.objects.select_for_update().get(pk=project_id)
    columns = {field.name for field in Environment._meta.concrete_fields}
    for name, value in changes.items():
        if name in {"name", "product_description"}:
            setattr(project, name, value)
        elif name in columns:
            setattr(environment, name, value)
        elif name in client_settings.DEFAULTS:
            environment.client_settings[name] = value
        else:
            raise KeyError(name)
    project.save()
    environment.save()
    if "test_account_filters" in changes:
        filter_owners.recompile_filters(project_id=project_id)


def _checked_text(text: str, *, attr: str, longest: int) -> str:
    text = text.strip()
    if not text:
        raise AccountError("This field may not be blank.", attr=attr, code="blank")
    if len(text) > longest:
        raise AccountError(f"Ensure this field has no more than {longest} characters.", attr=attr, code="max_length")
    return text


def _check_project_token(token: str) -> None:
    if not (token.isascii() and token.isprintable() and 0 < len(token) <= LONGEST_TOKEN) or token.startswith("phx_"):
        raise AccountError(
            "A project token has at most 64 ASCII characters and does not start with phx_.", attr="api_token"
        )
    if Environment.objects.filter(api_token=token).exists():
        raise AccountError("Another project has this token.", attr="api_token", code="unique")
