"""Which events a function runs on: JSON of filters to bytecode, bytecode to a match (hog_functions.md 2.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings

from hogapi.accounts.models import Environment
from hogapi.api.errors import InvalidInput
from hogapi.definitions.models import Action
from hogapi.hog.errors import HogError
from hogapi.hog.filters import compile_filters
from hogapi.hog.vm import compile_filter
from hogapi.runtime import shapes

SOURCES = ("events", "person-updates", "data-warehouse-table")
_DROPPED_BY_SOURCE = {
    "events": ("data_warehouse",),
    "person-updates": ("events", "actions", "data_warehouse"),
    "data-warehouse-table": ("events", "actions"),
}
MAX_ENTRIES = 500
"""Of each list: matching an event takes time in proportion."""


def _list(value: Any, attr: str) -> list[Any]:
    return shapes.objects(value, attr, most=MAX_ENTRIES)


_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "source": lambda value, attr: shapes.choice(value, attr, SOURCES),
    "actions": _list,
    "events": _list,
    "data_warehouse": _list,
    "properties": _list,
    "filter_test_accounts": shapes.boolean,
}


@dataclass(frozen=True)
class ProjectData:
    """What filters refer to in their project; read when a filter first needs it."""

    project_id: int

    @cached_property
    def test_account_filters(self) -> list[dict[str, Any]]:
        """Property filters that tell the project's own people apart."""
        stored = Environment.objects.filter(pk=self.project_id).values_list("test_account_filters", flat=True)
        return list(stored.first() or [])

    @cached_property
    def _steps(self) -> dict[int, list[dict[str, Any]] | None]:
        return {}

    def steps_of(self, ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
        """The steps of those of the project's actions that have one of these ids; each is read once."""
        wanted = set(ids)
        missing = wanted - self._steps.keys()
        if missing:
            self._steps.update(dict.fromkeys(missing))
            self._steps.update(Action.objects.steps(self.project_id, missing))
        return {pk: steps for pk in wanted if (steps := self._steps[pk]) is not None}

    @property
    def settings_url(self) -> str:
        """Where a person changes the test-account filters."""
        return f"{settings.SITE_URL}/project/{self.project_id}/settings/project#internal-user-filtering"


def clean(filters: Any, *, attr: str = "filters") -> dict[str, Any]:
    """Return the known keys of `filters`, checked, without what their source cannot have. Raises InvalidInput."""
    data = {} if filters is None else shapes.mapping(filters, attr)
    result = {"source": "events", **shapes.pick(data, attr, _CHECKS)}
    for key in _DROPPED_BY_SOURCE[result["source"]]:
        result.pop(key, None)
    if "data_warehouse" in result:
        result["data_warehouse"] = [one for one in result["data_warehouse"] if one.get("name") != "Select a table"]
    shapes.storable(result, attr)
    return result


def validate(filters: Any, *, project: ProjectData, attr: str = "filters") -> dict[str, Any]:
    """Return clean `filters` with their ``bytecode``. Raises InvalidInput."""
    result = clean(filters, attr=attr)
    try:
        return {**result, "bytecode": _compile(result, project)}
    except HogError as error:
        raise InvalidInput(
            f"Invalid filter configuration: {error.message}", attr=shapes.path(attr, "non_field_errors")
        ) from None


def recompile(filters: Mapping[str, Any], *, project: ProjectData) -> dict[str, Any]:
    """Compile stored filters again, as what they refer to may have changed.

    A failure does not raise: the filters then have a null ``bytecode`` and say why in ``bytecode_error``.
    """
    result = {key: value for key, value in filters.items() if key not in ("bytecode", "bytecode_error")}
    try:
        return {**result, "bytecode": _compile(result, project)}
    except HogError as error:
        return {**result, "bytecode": None, "bytecode_error": error.message}


def action_ids(filters: Mapping[str, Any]) -> set[int]:
    """Return the ids of the actions that clean `filters` refer to; what cannot be an id is left out."""
    ids = set()
    for entry in filters.get("actions") or ():
        try:
            number = int(entry["id"])
        except (KeyError, TypeError, ValueError):
            continue
        if 0 < number < 2**63:
            ids.add(number)
    return ids


def matcher(bytecode: list[Any]) -> Callable[[Mapping[str, Any]], bool]:
    """Return a function from `globals.filter_globals` to whether the event passes; it raises HogError.

    Prepare it once per function: preparing costs far more than asking.
    """
    return compile_filter(bytecode)


def _compile(filters: Mapping[str, Any], project: ProjectData) -> list[Any]:
    test_accounts = project.test_account_filters if filters.get("filter_test_accounts") else []
    return compile_filters(
        filters,
        actions=project.steps_of(action_ids(filters)),
        test_account_filters=test_accounts,
        settings_url=project.settings_url,
    )
