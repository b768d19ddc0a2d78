"""`manage.py create_user ada@example.com --organization Hedgehogs`."""

import getpass
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hogapi.accounts import services
from hogapi.accounts.errors import AccountError
from hogapi.accounts.management.lookup import find_organization
from hogapi.accounts.models import MembershipLevel

LEVELS = {"member": MembershipLevel.MEMBER, "admin": MembershipLevel.ADMIN, "owner": MembershipLevel.OWNER}


class Command(BaseCommand):
    """Makes a user. The password comes from --password, HOGAPI_PASSWORD, or is asked for."""

    help = "Create a user who logs in by e-mail, as a member of an organization."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email")
        parser.add_argument("--password", help="at least 8 letters; else HOGAPI_PASSWORD, else it is asked for")
        parser.add_argument("--organization", help="id, slug or name; the only one there is when left out")
        parser.add_argument("--level", choices=sorted(LEVELS), default="member")
        parser.add_argument("--first-name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the user or say why not."""
        password = options["password"] or os.environ.get("HOGAPI_PASSWORD") or getpass.getpass("Password: ")
        try:
            user = services.create_user(
                email=options["email"],
                password=password,
                first_name=options["first_name"],
                organization=find_organization(options["organization"]),
                level=LEVELS[options["level"]],
            )
        except AccountError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(f"User {user.pk} {user.email}")
