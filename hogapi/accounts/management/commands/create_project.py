"""`manage.py create_project Website --organization Hedgehogs`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hogapi.accounts import services
from hogapi.accounts.errors import AccountError
from hogapi.accounts.management.lookup import find_organization


class Command(BaseCommand):
    """Makes a project with its environment and prints its id and token."""

    help = "Create a project in an organization."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("name")
        parser.add_argument("--organization", help="id, slug or name; the only one there is when left out")
        parser.add_argument("--create-organization", metavar="NAME", help="create this organization for it")
        parser.add_argument("--token", help="the token that events will carry; random when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the project or say why not."""
        try:
            if options["create_organization"]:
                organization = services.create_organization(name=options["create_organization"])
            else:
                organization = find_organization(options["organization"])
            project = services.create_project(
                organization=organization, name=options["name"], api_token=options["token"]
            )
        except AccountError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(f"Project {project.pk} with token {project.environment.api_token}")
