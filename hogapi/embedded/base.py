"""Django database backend: PostgreSQL, started in the data folder by the first connection.

``settings.DATABASES`` names ``hogapi.embedded`` as its engine when no ``DATABASE_URL`` is given. Everything but where
the server is found is Django's own PostgreSQL backend.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base, client

from hogapi.embedded import postgres


class DatabaseClient(client.DatabaseClient):
    """``manage.py dbshell``: the packaged psql on the embedded server."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """The command line of psql, and its environment. Starts the server if it does not run."""
        place = postgres.start(Path(settings_dict["OPTIONS"]["folder"]))
        found = {**settings_dict, "HOST": place["host"], "USER": place["user"]}
        (_, *arguments), environment = super().settings_to_cmd_args_env(found, parameters)
        return [str(postgres.program("psql")), *arguments], environment


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        """Connection parameters of the server in ``OPTIONS["folder"]``, which is started if it does not run."""
        parameters = super().get_connection_params()
        folder = parameters.pop("folder")
        return {**parameters, **postgres.start(Path(folder))}
