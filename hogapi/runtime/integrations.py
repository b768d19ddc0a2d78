"""Inputs that name an integration of the project: checked when saved, and replaced by its configuration to run.

A program reads `inputs.slack.access_token` where the input `slack` holds the id of an integration; the secret part
of the configuration is struck out of the logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hogapi.api.errors import InvalidInput
from hogapi.definitions.models import Integration
from hogapi.runtime import secrets, shapes
from hogapi.runtime.inputs import Item
from hogapi.runtime.programs import FunctionProgram

MARK = "integration"
"""Key of items whose value is the id of an integration that is yet to be put in its place, or cannot be."""
_LARGEST_ID = 2**63 - 1


def refuse_unknown(
    items: Mapping[str, Item], *, schema: Sequence[Mapping[str, Any]], project_id: int, attr: str = "inputs"
) -> None:
    """Raise InvalidInput if an integration that checked `items` name is none of the project's."""
    named = {key: item["value"] for key, item in marked(items, schema).items() if MARK in item}
    if not named:
        return
    known = set(_of(project_id, named.values()).values_list("pk", flat=True))
    for key, value in named.items():
        if value not in known:
            raise InvalidInput("Integration does not exist.", attr=shapes.path(attr, key), code="does_not_exist")


def marked(items: Mapping[str, Item], schema: Iterable[Mapping[str, Any]]) -> dict[str, Item]:
    """Return `items`, those marked that name an integration."""
    keys = {declaration["key"] for declaration in schema if declaration.get("type") == "integration"}
    return {key: {**item, MARK: True} if key in keys and item.get("value") else item for key, item in items.items()}


def resolved(program: FunctionProgram) -> FunctionProgram:
    """Return `program` with configurations in the place of marked items: one query, none if there are none.

    Items whose integration is gone, or cannot be decrypted, stay marked, and their input cannot be built.
    """
    ids = _ids(program.inputs)
    for mapping in program.mappings or ():
        ids |= _ids(mapping.inputs)
    if not ids:
        return program
    found: dict[int, Mapping[str, Any]] = {}
    hidden: list[Any] = []
    for integration in _of(program.project_id, ids):
        try:
            private = sensitive_config(integration)
        except secrets.UnreadableSecrets:
            continue
        found[integration.pk] = {"$integration_id": integration.pk, **merged(integration.config, private)}
        hidden.append(private)
    mappings = program.mappings
    if mappings is not None:
        mappings = [replace(mapping, inputs=_filled(mapping.inputs, found)) for mapping in mappings]
    return replace(program, inputs=_filled(program.inputs, found), mappings=mappings, hidden=hidden)


def sensitive_config(integration: Integration) -> dict[str, Any]:
    """Return the secret part of the configuration. Raises `secrets.UnreadableSecrets`."""
    return {} if integration.sensitive_config is None else dict(secrets.decrypt(integration.sensitive_config))


def merged(config: Mapping[str, Any], private: Mapping[str, Any]) -> dict[str, Any]:
    """Return both parts of a configuration as one; the secret part wins where both have a value."""
    result = dict(config)
    for key, value in private.items():
        other = result.get(key)
        both = isinstance(value, Mapping) and isinstance(other, Mapping)
        result[key] = merged(other, value) if both else value  # type: ignore[arg-type]
    return result


def _of(project_id: int, ids: Iterable[Any]) -> Any:
    return Integration.objects.filter(project_id=project_id, pk__in=[one for one in ids if _is_id(one)])


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_ID


def _ids(items: Mapping[str, Item]) -> set[int]:
    return {item["value"] for item in items.values() if MARK in item and _is_id(item["value"])}


def _filled(items: Mapping[str, Item], found: Mapping[int, Mapping[str, Any]]) -> dict[str, Item]:
    filled = {}
    for key, item in items.items():
        if MARK in item and item["value"] in found:
            item = {name: part for name, part in item.items() if name != MARK} | {"value": found[item["value"]]}
        filled[key] = item
    return filled
