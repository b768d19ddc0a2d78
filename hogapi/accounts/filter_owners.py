"""Who stores compiled filters, and has to compile them again when what they refer to in their project changes.

They are named in `settings.FILTER_OWNERS`, since they stand above the packages that bring the changes about.
"""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class Recompile(Protocol):
    """Compiles the filters that refer to an action, or to the test-account filters if no action is named."""

    def __call__(self, *, project_id: int, action_id: int | None) -> None: ...


def recompile_filters(*, project_id: int, action_id: int | None = None) -> None:
    """Have all filters of the project compiled again that refer to an action, or to its test-account filters.

    Call it in the transaction of the change. Filters that do not compile any more say so in `bytecode_error`.
    """
    for name in settings.FILTER_OWNERS:
        recompile: Recompile = import_string(name)
        recompile(project_id=project_id, action_id=action_id)
