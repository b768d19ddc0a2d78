"""Compiling filters again after what they refer to has changed (hog_functions.md 2.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from hog_functions.models import HogFunction
from hogapi.runtime import filters as event_filters


@transaction.atomic
def recompile(*, project_id: int, action_id: int | None = None) -> None:
    """Compile the filters of the functions that refer to an action, or to the test-account filters without one.

    Functions whose filters come out as they were are left alone. One whose filters do not compile any more matches
    nothing and says why in ``bytecode_error``, until a later change lets them compile.
    """
    project = event_filters.ProjectData(project_id)
    refers = Q(filters__has_key="actions") if action_id is not None else Q(filters__filter_test_accounts=True)
    candidates = HogFunction.objects.filter(refers | Q(mappings__isnull=False), project_id=project_id, deleted=False)
    # In one order, so that two changes at once wait for each other.
    for function in candidates.order_by("pk").select_for_update().only("pk", "type", "filters", "mappings"):
        if function.runs_in_browser or not any(_refers(one, action_id) for one in _filters(function)):
            continue
        before = (function.filters, function.mappings)
        function.filters = event_filters.recompile(function.filters, project=project)
        if function.mappings is not None:
            function.mappings = [_recompiled(mapping, project) for mapping in function.mappings]
        if before != (function.filters, function.mappings):
            function.updated_at = timezone.now()
            function.save(update_fields=["filters", "mappings", "updated_at"])


def _filters(function: HogFunction) -> Iterator[Mapping[str, Any]]:
    yield function.filters
    for mapping in function.mappings or ():
        if "filters" in mapping:
            yield mapping["filters"]


def _refers(filters: Mapping[str, Any], action_id: int | None) -> bool:
    if action_id is None:
        return bool(filters.get("filter_test_accounts"))
    return action_id in event_filters.action_ids(filters)


def _recompiled(mapping: Mapping[str, Any], project: event_filters.ProjectData) -> dict[str, Any]:
    if "filters" not in mapping:
        return dict(mapping)
    return {**mapping, "filters": event_filters.recompile(mapping["filters"], project=project)}
