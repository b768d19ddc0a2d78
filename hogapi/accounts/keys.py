"""Personal API keys: making, finding and changing them (groups_auth_platform.md B.2 to B.5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from hogapi.accounts import prepared, projects, tokens
from hogapi.accounts.errors import AccountError
from hogapi.accounts.models import OrganizationMembership, PersonalAPIKey, Project, User
from hogapi.accounts.projects import AuthorizedProject, ProjectReference
from hogapi.accounts.scopes import is_known

MOST_KEYS_PER_USER = 10
LABEL_LENGTH = 40
SHORTEST_VALUE = 16

_USER_FIELDS = (
    "id",
    "uuid",
    "distinct_id",
    "email",
    "first_name",
    "last_name",
    "is_active",
    "is_staff",
    "current_organization_id",
    "current_project_id",
)
_KEY_COLUMNS = (
    "k.id, k.scopes, k.scoped_teams, k.scoped_organizations, "
    "k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 hour'"
)
_KEY_COUNT = 5
_WHOLE = _KEY_COUNT + len(_USER_FIELDS)
_SELECT = f"SELECT {_KEY_COLUMNS}, {', '.join('u.' + name for name in _USER_FIELDS)}"
_FROM = " FROM accounts_personalapikey k JOIN accounts_user u ON u.id = k.user_id"
_WHERE = " WHERE k.secure_value = %s AND u.is_active"
_TOUCH = """
    UPDATE accounts_personalapikey SET last_used_at = now() WHERE id IN (
        SELECT id FROM accounts_personalapikey
        WHERE id = %s AND (last_used_at IS NULL OR last_used_at < now() - interval '1 hour')
        FOR UPDATE SKIP LOCKED
    )
"""


@dataclass(frozen=True, slots=True)
class Credential:
    """The personal API key that a request came with: what it may do and where."""

    key_id: str
    scopes: Sequence[str]
    scoped_teams: Sequence[int]
    scoped_organizations: Sequence[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A key with its owner, and the project that was asked for (None when it does not exist or none was asked)."""

    credential: Credential
    user: User
    project: AuthorizedProject | None


def find(value: str, reference: ProjectReference | None = None) -> Found | None:
    """Look a key up by its value, with its owner and (given `reference`) a project, in one query.

    None when no key has this value or its owner is not active. Notes the use of the key at most once an hour, without
    waiting for anybody else who does.
    """
    if reference is None:
        sql = _SELECT + _FROM + _WHERE
        parameters: list[int | str | None] = [tokens.secure_value(value)]
    else:
        join, wanted = projects.joins(reference)
        sql = f"{_SELECT}, {projects.PROJECT_COLUMNS}{_FROM}{join}{_WHERE}"
        parameters = [*wanted, tokens.secure_value(value)]
    with prepared.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
        if row is None:
            return None
        if row[4]:
            cursor.execute(_TOUCH, [row[0]])
    return Found(
        credential=Credential(*row[:4]),
        user=User.from_db(connection.alias, _USER_FIELDS, row[_KEY_COUNT:_WHOLE]),
        project=AuthorizedProject(*row[_WHOLE:]) if reference is not None and row[_WHOLE] is not None else None,
    )


def create_key(
    *,
    user: User,
    label: str,
    scopes: Iterable[str],
    scoped_teams: Iterable[int] = (),
    scoped_organizations: Iterable[str | UUID] = (),
    value: str | None = None,
) -> tuple[PersonalAPIKey, str]:
    """Make a key for `user` and return it with its value, which cannot be had again.

    `value` pins the value (first run, tests). Raises `AccountError` when a rule of B.5 is broken.
    """
    limits = _checked(
        user, {"scopes": scopes, "scoped_teams": scoped_teams, "scoped_organizations": scoped_organizations}
    )
    value = tokens.personal_key_value() if value is None else value
    if len(value) < SHORTEST_VALUE:
        raise AccountError(f"A key has at least {SHORTEST_VALUE} letters.", attr="value", code="min_length")
    with transaction.atomic():
        # The owner's row is locked so that two requests at once cannot both make the tenth key.
        User.objects.select_for_update(no_key=True).only("id").get(pk=user.pk)
        if PersonalAPIKey.objects.filter(user=user).count() >= MOST_KEYS_PER_USER:
            raise AccountError(
                f"You can only have {MOST_KEYS_PER_USER} personal API keys. "
                "Remove an existing key before creating a new one."
            )
        if PersonalAPIKey.objects.filter(secure_value=tokens.secure_value(value)).exists():
            raise AccountError("A key with this value exists already.", attr="value", code="unique")
        key = PersonalAPIKey.objects.create(
            user=user,
            label=_checked_label(label),
            mask_value=tokens.mask(value),
            secure_value=tokens.secure_value(value),
            **limits,
        )
    return key, value


def update_key(*, key: PersonalAPIKey, changes: Mapping[str, Any]) -> PersonalAPIKey:
    """Change label or limits of a key; raises `AccountError` as `create_key` does."""
    checked = _checked(key.user, {name: changes[name] for name in changes if name != "label"})
    if "label" in changes:
        checked["label"] = _checked_label(changes["label"])
    for name, value in checked.items():
        setattr(key, name, value)
    if checked:
        key.save(update_fields=list(checked))
    return key


def roll_key(*, key: PersonalAPIKey) -> tuple[PersonalAPIKey, str]:
    """Give a key a new value; the old one stops working at once."""
    value = tokens.personal_key_value()
    key.secure_value = tokens.secure_value(value)
    key.mask_value = tokens.mask(value)
    key.last_rolled_at = timezone.now()
    key.save(update_fields=["secure_value", "mask_value", "last_rolled_at"])
    return key, value


def keys_of(user: User) -> list[PersonalAPIKey]:
    """Return the user's keys, newest first."""
    return list(PersonalAPIKey.objects.filter(user=user).order_by("-created_at", "-id"))


def key_of(user: User, key_id: str) -> PersonalAPIKey | None:
    """Return one of the user's keys, or None."""
    return None if "\0" in key_id else PersonalAPIKey.objects.filter(user=user, id=key_id).first()


def delete_key(*, key: PersonalAPIKey) -> None:
    """Revoke a key for good."""
    key.delete()


def _checked_label(label: str) -> str:
    label = label.strip()
    if not label:
        raise AccountError("This field may not be blank.", attr="label", code="blank")
    if len(label) > LABEL_LENGTH:
        raise AccountError(
            f"Ensure this field has no more than {LABEL_LENGTH} characters.", attr="label", code="max_length"
        )
    return label


def _checked(user: User, limits: Mapping[str, Iterable[Any]]) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    if "scopes" in limits:
        checked["scopes"] = _checked_scopes(limits["scopes"])
    if "scoped_teams" in limits:
        checked["scoped_teams"] = _checked_teams(user, limits["scoped_teams"])
    if "scoped_organizations" in limits:
        checked["scoped_organizations"] = _checked_organizations(user, limits["scoped_organizations"])
    return checked


def _checked_scopes(scopes: Iterable[str]) -> list[str]:
    scopes = list(dict.fromkeys(scopes))
    if not scopes:
        raise AccountError("This list may not be empty.", attr="scopes", code="empty")
    for scope in scopes:
        if not is_known(scope):
            raise AccountError(f"Invalid scope: {scope}", attr="scopes")
    return scopes


def _checked_teams(user: User, teams: Iterable[int]) -> list[int]:
    wanted = list(dict.fromkeys(teams))
    if wanted:
        possible = [team for team in wanted if 0 < team <= projects.LARGEST_ID]
        own = Project.objects.filter(pk__in=possible, organization__memberships__user=user).count()
        if own != len(wanted):
            raise AccountError(
                "You must be a member of all teams that you are scoping the key to.", attr="scoped_teams"
            )
    return wanted


def _checked_organizations(user: User, organizations: Iterable[str | UUID]) -> list[str]:
    try:
        wanted = list(dict.fromkeys(UUID(str(organization)) for organization in organizations))
    except ValueError:
        raise AccountError("Invalid organization UUID", attr="scoped_organizations") from None
    if wanted and OrganizationMembership.objects.filter(user=user, organization__in=wanted).count() != len(wanted):
        raise AccountError(
            "You must be a member of all organizations that you are scoping the key to.", attr="scoped_organizations"
        )
    return [str(organization) for organization in wanted]
