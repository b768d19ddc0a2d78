"""Finding what a command line names."""

import contextlib
from typing import TypeVar
from uuid import UUID

from django.core.management.base import CommandError
from django.db.models import Q

from hogapi.accounts.models import Organization, User

Found = TypeVar("Found", Organization, User)


def find_organization(named: str | None) -> Organization:
    """Return the organization of this id, slug or name, or the only one. Raises `CommandError`."""
    if named is None:
        return _only(list(Organization.objects.all()[:2]), "organization", "--organization")
    condition = Q(slug=named) | Q(name=named)
    with contextlib.suppress(ValueError):
        condition |= Q(id=UUID(named))
    found = list(Organization.objects.filter(condition)[:2])
    if len(found) != 1:
        raise CommandError(f"{'No' if not found else 'More than one'} organization is called {named}.")
    return found[0]


def find_user(email: str | None) -> User:
    """Return the user with this address, or the only one. Raises `CommandError`."""
    if email is None:
        return _only(list(User.objects.all()[:2]), "user", "the e-mail address")
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise CommandError(f"There is no user {email}.")
    return user


def _only(found: list[Found], kind: str, argument: str) -> Found:
    if not found:
        raise CommandError(f"There is no {kind} yet.")
    if len(found) > 1:
        raise CommandError(f"There is more than one {kind}: name it with {argument}.")
    return found[0]
