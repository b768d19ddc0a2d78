"""Keys, values and membership of containers (spec hog_language.md 5)."""

from __future__ import annotations

from typing import Any

from hogapi.hog import comparison
from hogapi.hog.conversion import ENTRY_BYTES
from hogapi.hog.meter import Run
from hogapi.hog.stl.registry import native
from hogapi.hog.values import ErrorValue, Thrown, key_value


@native("keys", least=1, most=1)
def keys(run: Run, value: Any) -> list[Any]:
    """The keys of a dict, the numbers from 0 for an array, [] for anything else."""
    if not isinstance(value, dict | list):
        return []
    run.charge(ENTRY_BYTES * len(value))
    return [key_value(key) for key in value] if isinstance(value, dict) else [float(i) for i in range(len(value))]


@native("values", least=1, most=1)
def values_of(run: Run, value: Any) -> list[Any]:
    """The values of a dict, a copy of an array, [] for anything else."""
    if not isinstance(value, dict | list):
        return []
    run.charge(ENTRY_BYTES * len(value))
    return list(value.values()) if isinstance(value, dict) else list(value)


@native("has", least=2, most=2)
def has(run: Run, array: Any, wanted: Any) -> bool:
    """Whether ``wanted`` is an element of ``array``."""
    return is_in(run, wanted, array)


@native("in", least=2, most=2)
def is_in(run: Run, wanted: Any, array: Any) -> bool:
    """Whether ``wanted`` is an element of ``array``; false when that is no array."""
    if not isinstance(array, list):
        return False
    run.work(len(array))
    return comparison.index_of(array, wanted, nan_equal=True) >= 0


@native("indexOf", least=2, most=2)
def index_of(run: Run, array: Any, wanted: Any) -> float:
    """The 1-based place of ``wanted`` in ``array``, 0 when absent."""
    if not isinstance(array, list):
        return 0.0
    run.work(len(array))
    return comparison.index_of(array, wanted) + 1.0


@native("inCohort", least=2, most=2, exact=True)
def in_cohort(run: Run, cohort: Any, cohorts: Any) -> bool:
    """Whether the id ``cohort`` is among ``cohorts``; throws an Error that the program can catch when they are null."""
    if cohorts is None:
        message = "inCohort() requires cohort membership to be loaded for this evaluation"
        raise Thrown(ErrorValue("Error", message))
    run.work(len(cohorts) if isinstance(cohorts, list) else 0, 200.0)
    return any(comparison.equal(item, cohort) for item in values_of(run, cohorts))


@native("notInCohort", least=2, most=2, exact=True)
def not_in_cohort(run: Run, cohort: Any, cohorts: Any) -> bool:
    """The opposite of ``inCohort``."""
    return not in_cohort(run, cohort, cohorts)
