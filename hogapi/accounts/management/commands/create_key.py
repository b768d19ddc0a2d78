"""`manage.py create_key ada@example.com --scope hog_function:write`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hogapi.accounts import keys
from hogapi.accounts.errors import AccountError
from hogapi.accounts.management.lookup import find_user


class Command(BaseCommand):
    """Makes a personal API key and prints its value, which cannot be shown again."""

    help = "Create a personal API key and print its value."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email", nargs="?", help="the owner; the only user there is when left out")
        parser.add_argument("--label", default="Created on the command line")
        parser.add_argument(
            "--scope", action="append", metavar="OBJECT:ACTION", help="may be repeated; everything when left out"
        )
        parser.add_argument("--project", type=int, action="append", metavar="ID", help="limits the key; repeatable")
        parser.add_argument("--organization", action="append", metavar="UUID", help="limits the key; repeatable")
        parser.add_argument("--value", help="a value to pin, at least 16 letters; random when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the key or say why not."""
        try:
            _, value = keys.create_key(
                user=find_user(options["email"]),
                label=options["label"],
                scopes=options["scope"] or ["*"],
                scoped_teams=options["project"] or [],
                scoped_organizations=options["organization"] or [],
                value=options["value"],
            )
        except AccountError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(value)
