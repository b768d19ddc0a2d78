"""Stored and proposed functions as programs that can run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from hog_functions.models import HogFunction
from hogapi.runtime.inputs import Item, complete
from hogapi.runtime.integrations import marked
from hogapi.runtime.programs import FunctionProgram, MappingProgram


def program_of(function: HogFunction) -> FunctionProgram:
    """Return the program of a stored function. Raises `secrets.UnreadableSecrets`."""
    secrets, mapping_secrets = function.decrypted()
    return build(
        id=function.pk,
        project_id=function.project_id,
        name=function.name or "",
        type=function.type,
        bytecode=function.bytecode,
        inputs_schema=function.inputs_schema,
        inputs=function.inputs,
        filters=function.filters,
        mappings=function.mappings,
        masking=function.masking,
        secrets=secrets,
        mapping_secrets=mapping_secrets,
    )


def build(
    *,
    id: UUID,
    project_id: int,
    name: str,
    type: str | None,
    bytecode: list[Any] | None,
    inputs_schema: Sequence[Mapping[str, Any]],
    inputs: Mapping[str, Item | None],
    filters: Mapping[str, Any],
    mappings: Sequence[Mapping[str, Any]] | None,
    masking: Mapping[str, Any] | None,
    secrets: Mapping[str, Item],
    mapping_secrets: Sequence[Mapping[str, Item]],
) -> FunctionProgram:
    """Put a program together from the parts as they are stored and the decrypted secrets."""
    programs = None
    if mappings is not None:
        private = [*mapping_secrets, *({} for _ in range(len(mappings) - len(mapping_secrets)))]
        programs = [
            MappingProgram(
                name=mapping.get("name"),
                filters=mapping.get("filters", {"bytecode": ["_H", 1, 29]}).get("bytecode"),
                inputs=marked(complete(mapping.get("inputs") or {}, own), mapping.get("inputs_schema") or ()),
            )
            for mapping, own in zip(mappings, private, strict=True)
        ]
    return FunctionProgram(
        id=id,
        project_id=project_id,
        name=name,
        type=type,
        bytecode=bytecode,
        inputs=marked(complete(inputs, secrets), inputs_schema),
        filters=filters.get("bytecode"),
        mappings=programs,
        masking=masking,
        secret_keys=frozenset(secrets).union(*mapping_secrets),
    )
