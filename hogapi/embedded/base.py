"""Django database backend: PostgreSQL, started in the data folder by the first connection.

``settings.DATABASES`` names ``hogapi.embedded`` as its engine when no ``DATABASE_URL`` is given. Everything but where
the server is found is Django's own PostgreSQL backend.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base

from hogapi.embedded import postgres


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        """Connection parameters of the server in ``OPTIONS["folder"]``, which is started if it does not run."""
        parameters = super().get_connection_params()
        folder = parameters.pop("folder")
        return {**parameters, **postgres.start(Path(folder))}
