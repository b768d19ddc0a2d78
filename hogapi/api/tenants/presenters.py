"""Tenants as the API shows them (groups_auth_platform.md B.7).

What belongs to parts that this server does not have is shown in its quiet form: empty, null or false.
"""

from collections.abc import Iterable
from typing import Any

from hogapi.accounts.client_settings import DEFAULTS
from hogapi.accounts.models import Environment, Organization, OrganizationMembership, PersonalAPIKey, Project, User
from hogapi.api.users import present_user

PLUGINS_ACCESS_NONE = 0


def project_basic(project: Project) -> dict[str, Any]:
    """Return a project as lists show it."""
    environment = project.environment
    stored = environment.client_settings
    return {
        "id": project.id,
        "uuid": project.uuid,
        "organization": project.organization_id,
        "project_id": project.id,
        "api_token": environment.api_token,
        "name": project.name,
        "completed_snippet_onboarding": stored.get("completed_snippet_onboarding", False),
        "has_completed_onboarding_for": stored.get("has_completed_onboarding_for"),
        "ingested_event": environment.ingested_event,
        "is_demo": False,
        "timezone": environment.timezone,
        "access_control": False,
    }


def project_full(project: Project, *, membership_level: int | None) -> dict[str, Any]:
    """Return a project with all its settings."""
    return {
        **project_basic(project),
        "product_description": project.product_description,
        "created_at": project.created_at,
        "updated_at": max(project.updated_at, project.environment.updated_at),
        "effective_membership_level": membership_level,
        "user_access_level": "admin" if (membership_level or 0) >= 8 else "member",
        "has_group_types": False,
        "group_types": [],
        "live_events_token": None,
        "person_on_events_querying_enabled": True,
        "default_modifiers": {},
        "product_intents": [],
        "secret_api_token": None,
        "secret_api_token_backup": None,
        **_settings(project.environment),
    }


def _settings(environment: Environment) -> dict[str, Any]:
    return {
        "app_urls": environment.app_urls,
        "anonymize_ips": environment.anonymize_ips,
        "test_account_filters": environment.test_account_filters,
        "test_account_filters_default_checked": environment.test_account_filters_default_checked,
        "path_cleaning_filters": environment.path_cleaning_filters,
        "data_attributes": environment.data_attributes,
        "person_display_name_properties": environment.person_display_name_properties,
        "recording_domains": environment.recording_domains,
        "week_start_day": environment.week_start_day,
        "modifiers": environment.modifiers,
        **{name: environment.client_settings.get(name, default) for name, default in DEFAULTS.items()},
    }


def organization_basic(membership: OrganizationMembership) -> dict[str, Any]:
    """Return an organization as a user's own list shows it."""
    organization = membership.organization
    return {
        "id": organization.id,
        "name": organization.name,
        "slug": organization.slug,
        "logo_media_id": None,
        "membership_level": membership.level,
        "members_can_use_personal_api_keys": organization.members_can_use_personal_api_keys,
    }


def organization_full(
    organization: Organization, *, membership_level: int | None, projects: Iterable[Project], member_count: int
) -> dict[str, Any]:
    """Return an organization with its projects."""
    shown = [project_basic(project) for project in projects]
    return {
        "id": organization.id,
        "name": organization.name,
        "slug": organization.slug,
        "logo_media_id": None,
        "created_at": organization.created_at,
        "updated_at": organization.updated_at,
        "membership_level": membership_level,
        "plugins_access_level": PLUGINS_ACCESS_NONE,
        "teams": shown,
        "projects": shown,
        "available_product_features": [],
        "is_member_join_email_enabled": False,
        "metadata": {},
        "customer_id": None,
        "enforce_2fa": None,
        "members_can_invite": False,
        "members_can_use_personal_api_keys": organization.members_can_use_personal_api_keys,
        "allow_publicly_shared_resources": False,
        "member_count": member_count,
        "is_ai_data_processing_approved": False,
        "default_experiment_stats_method": None,
        "default_role_id": None,
    }


def user_full(
    user: User,
    *,
    organizations: list[dict[str, Any]],
    organization: dict[str, Any] | None,
    team: dict[str, Any] | None,
) -> dict[str, Any]:
    """Return the calling user with what is current for them."""
    return {
        **(present_user(user) or {}),
        "date_joined": user.date_joined,
        "is_staff": user.is_staff,
        "has_password": user.has_usable_password(),
        "is_2fa_enabled": False,
        "theme_mode": user.theme_mode,
        "notification_settings": {},
        "scene_personalisation": [],
        "team": team,
        "organization": organization,
        "organizations": organizations,
    }


def personal_api_key(key: PersonalAPIKey, *, value: str | None = None) -> dict[str, Any]:
    """Return a key; `value` is given only in the answer that makes it."""
    return {
        "id": key.id,
        "label": key.label,
        "value": value,
        "mask_value": key.mask_value,
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "last_rolled_at": key.last_rolled_at,
        "user_id": key.user_id,
        "scopes": key.scopes,
        "scoped_teams": key.scoped_teams,
        "scoped_organizations": key.scoped_organizations,
    }
