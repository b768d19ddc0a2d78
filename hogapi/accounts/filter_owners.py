"""Who stores compiled filters, and has to compile them again when what they refer to in their project changes.

They are named in `settings.FILTER_OWNERS`, since they stand above the packages that bring the changes about.
"""

from typing import Protocol

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

_LOCKS = 1_482_201
"""First number of the advisory locks, the second being the project."""


class Recompile(Protocol):
    """Compiles the filters that refer to an action, or to the test-account filters if no action is named."""

    def __call__(self, *, project_id: int, action_id: int | None) -> None: ...


def hold_references(*, project_id: int) -> None:
    """Keep what filters refer to in their project as it is until this transaction ends.

    Call it before any row is locked, in each transaction that stores compiled filters: one that was compiled from an
    action's old steps could otherwise be stored just after the action's filters were compiled again.
    """
    _lock("SELECT pg_advisory_xact_lock_shared(%s, %s)", project_id)


def change_references(*, project_id: int) -> None:
    """Wait until nobody holds what filters refer to; those who want to wait for this transaction. Call it likewise."""
    _lock("SELECT pg_advisory_xact_lock(%s, %s)", project_id)


def _lock(sql: str, project_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [_LOCKS, project_id % 2**31])


def recompile_filters(*, project_id: int, action_id: int | None = None) -> None:
    """Have all filters of the project compiled again that refer to an action, or to its test-account filters.

    Call it in the transaction of the change. Filters that do not compile any more say so in `bytecode_error`.
    """
    for name in settings.FILTER_OWNERS:
        recompile: Recompile = import_string(name)
        recompile(project_id=project_id, action_id=action_id)
