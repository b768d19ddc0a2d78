"""What the activity log tells of functions (hog_functions.md 3.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hog_functions.models import FunctionType, HogFunction
from hogapi.activity import changes, services

SCOPE = "HogFunction"
_UNTOLD = frozenset({"bytecode", "transpiled", "icon_url", "hog_function_template"})
_COMPUTED = frozenset({"bytecode", "bytecode_error", "transpiled", "order"})


def snapshot(function: HogFunction) -> dict[str, Any]:
    """Return what changes are told of, without what is computed. Raises `secrets.UnreadableSecrets`.

    Secrets are there in clear, since two encryptions of one value differ: never store it.
    """
    told = changes.snapshot(function, without=_UNTOLD)
    told["inputs"] = _sent(told["inputs"])
    told["filters"] = _sent_keys(told["filters"])
    told["masking"] = _sent_keys(told["masking"])
    told["mappings"] = [_mapping(one) for one in told["mappings"] or ()]
    own, of_mappings = function.decrypted()
    told["encrypted_inputs"] = [_sent(own), *map(_sent, of_mappings)] if function.encrypted_inputs else None
    return told


def record_created(function: HogFunction, *, user_id: int) -> None:
    """Log that a user made a function."""
    _record(function, user_id, "created", None)


def record_updated(function: HogFunction, *, user_id: int, before: Mapping[str, Any]) -> None:
    """Log how a user changed a function whose `snapshot` was `before`."""
    found = changes.changes_between(
        SCOPE, before, snapshot(function), secret={"encrypted_inputs"}, names={"execution_order": "priority"}
    )
    _record(function, user_id, "updated", found)


def _record(function: HogFunction, user_id: int, activity: str, found: list[changes.Change] | None) -> None:
    services.record(
        project_id=function.project_id,
        user_id=user_id,
        scope=SCOPE,
        item_id=function.pk,
        activity=activity,
        name=function.name,
        type=_type_in_words(function.type),
        changes=found,
    )


def _type_in_words(type_: str | None) -> str:
    if type_ == FunctionType.SOURCE_WEBHOOK:
        return "source"
    return (type_ or "hog function").replace("_", " ")


def _mapping(mapping: Mapping[str, Any]) -> dict[str, Any]:
    told = dict(mapping)
    if "inputs" in told:
        told["inputs"] = _sent(told["inputs"])
    if "filters" in told:
        told["filters"] = _sent_keys(told["filters"])
    return told


def _sent(items: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _sent_keys(item) for key, item in items.items()}


def _sent_keys(item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    return {key: value for key, value in item.items() if key not in _COMPUTED}
