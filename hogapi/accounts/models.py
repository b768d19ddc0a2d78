"""Tenants and credentials in PostgreSQL (groups_auth_platform.md B).

Organization 1 - n Project 1 - 1 Environment (upstream's "team": same id, holds the settings)
Organization n - m User (through OrganizationMembership)
User 1 - n PersonalAPIKey
"""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.postgres.fields import ArrayField
from django.db import models

from hogapi.accounts.tokens import key_id, project_token, unique_text


class MembershipLevel(models.IntegerChoices):
    """How much a member may do in an organization; higher includes lower."""

    MEMBER = 1
    ADMIN = 8
    OWNER = 15


class UserAccounts(BaseUserManager["User"]):
    """Looks users up by e-mail address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user who logs in as `username`. Raises `User.DoesNotExist`."""
        return self.get(email=(username or "").strip().lower())

    def create_superuser(self, email: str, password: str | None = None) -> "User":
        """Make a user for `manage.py createsuperuser`: staff, of no organization yet."""
        return self.create(email=email.strip().lower(), password=make_password(password), is_staff=True)


class Organization(models.Model):
    """A tenant: owns projects, has members."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=64)
    slug = models.SlugField(max_length=48, unique=True)
    members_can_use_personal_api_keys = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class Project(models.Model):
    """What resources belong to. ClickHouse calls its id `team_id`."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="projects")
    name = models.CharField(max_length=200)
    product_description = models.TextField(null=True, blank=True, max_length=1000)  # noqa: DJ001 (null on the wire)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class Environment(models.Model):
    """The settings of a project; upstream's "team". Shares the project's id."""

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True, related_name="environment")
    api_token = models.CharField(max_length=200, unique=True, default=project_token)
    timezone = models.CharField(max_length=240, default="UTC")
    week_start_day = models.SmallIntegerField(null=True)
    anonymize_ips = models.BooleanField(default=False)
    test_account_filters = models.JSONField(default=list)
    test_account_filters_default_checked = models.BooleanField(null=True)
    path_cleaning_filters = models.JSONField(null=True)
    data_attributes = models.JSONField(default=list)
    person_display_name_properties = ArrayField(models.CharField(max_length=400), null=True)
    app_urls = ArrayField(models.CharField(max_length=200), default=list)
    recording_domains = ArrayField(models.CharField(max_length=200), null=True)
    modifiers = models.JSONField(null=True)
    ingested_event = models.BooleanField(default=False)
    client_settings = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"environment {self.pk}"


class User(AbstractBaseUser):
    """A person who logs in by e-mail, or whose keys act for them."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    distinct_id = models.CharField(max_length=200, unique=True, default=unique_text)
    email = models.EmailField(unique=True)  # in lower case, see services.create_user
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    is_email_verified = models.BooleanField(null=True)
    role_at_organization = models.CharField(max_length=64, null=True)  # noqa: DJ001 (null on the wire)
    hedgehog_config = models.JSONField(null=True)
    theme_mode = models.CharField(max_length=20, null=True)  # noqa: DJ001 (null on the wire)
    current_organization = models.ForeignKey(Organization, models.SET_NULL, null=True, related_name="+")
    current_project = models.ForeignKey(Project, models.SET_NULL, null=True, related_name="+")
    date_joined = models.DateTimeField(auto_now_add=True)
    organizations: "models.ManyToManyField[Organization, OrganizationMembership]" = models.ManyToManyField(
        Organization, through="OrganizationMembership", related_name="members"
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserAccounts] = UserAccounts()

    def __str__(self) -> str:
        return self.email

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Django's model permissions are not used here: nobody has any."""
        return False


class OrganizationMembership(models.Model):
    """That a user belongs to an organization, and how far their rights go."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    level = models.PositiveSmallIntegerField(choices=MembershipLevel, default=MembershipLevel.MEMBER)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "organization"], name="accounts_one_membership_per_organization")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organization_id}"


class PersonalAPIKey(models.Model):
    """A user's bearer credential: only the hash of its value is kept (groups_auth_platform.md B.3)."""

    id = models.CharField(primary_key=True, max_length=50, default=key_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="personal_api_keys")
    label = models.CharField(max_length=40)
    mask_value = models.CharField(max_length=11, editable=False)
    secure_value = models.CharField(max_length=300, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=100), default=list)
    scoped_teams = ArrayField(models.BigIntegerField(), default=list)
    scoped_organizations = ArrayField(models.CharField(max_length=100), default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    last_rolled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.label} ({self.mask_value})"
