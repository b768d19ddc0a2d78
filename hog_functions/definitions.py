"""What a function does, checked and compiled: inputs, filters, mappings and program (hog_functions.md 2.2-2.9).

Saving and test runs check the same way. What a request leaves out comes from what is stored, and is compiled again
only where something it depends on has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hogapi.api.errors import InvalidInput
from hogapi.runtime import filters as event_filters
from hogapi.runtime import inputs, integrations, mappings
from hogapi.runtime.inputs import Item
from hogapi.runtime.source import compile_hog


@dataclass(frozen=True)
class Stored:
    """The parts of a stored function, with its secrets decrypted; empty for one that is yet to be made."""

    inputs_schema: Sequence[Mapping[str, Any]] = ()
    inputs: Mapping[str, Item | None] = field(default_factory=dict)
    filters: Mapping[str, Any] = field(default_factory=dict)
    mappings: Sequence[Mapping[str, Any]] | None = None
    secrets: Mapping[str, Item] = field(default_factory=dict)
    mapping_secrets: Sequence[Mapping[str, Item]] = ()


@dataclass
class Definition:
    """Checked parts: `columns` to store, and the secrets to encrypt beside them."""

    type: str | None
    columns: dict[str, Any]
    secrets: dict[str, Item]
    mapping_secrets: list[dict[str, Item]]
    holds_secrets: bool
    """Whether the secrets differ from what is stored."""
    warnings: tuple[str, ...]
    source: str | None

    def compile_hog(self) -> None:
        """Add ``hog`` and ``bytecode`` to the columns if the request brought a program. Raises InvalidInput."""
        if self.source is not None:
            self.columns["hog"] = self.source
            self.columns["bytecode"] = compile_hog(self.source, type=self.type)


def check(
    data: Mapping[str, Any], *, type: str | None, stored: Stored, project: event_filters.ProjectData
) -> Definition:
    """Check and compile the parts that `data` (validated by the serializer) changes. Raises InvalidInput.

    The program is compiled last, by `Definition.compile_hog`, since other checks of the caller come before it.
    """
    columns: dict[str, Any] = {}
    secrets = dict(stored.secrets)
    dropped: list[str] = []
    if "inputs" in data or "inputs_schema" in data:
        schema = data.get("inputs_schema", stored.inputs_schema)
        checked = inputs.validate(data.get("inputs", stored.inputs), schema=schema, stored_secrets=stored.secrets)
        integrations.refuse_unknown(checked.complete(), schema=schema, project_id=project.project_id)
        columns["inputs_schema"], columns["inputs"] = list(schema), checked.shown
        secrets = checked.secrets
        if "inputs" in data:
            dropped += [f"inputs.{key}" for key in checked.dropped]
    filters = data.get("filters", stored.filters)
    if data.get("mappings", stored.mappings) is not None:
        filters = {key: value for key, value in filters.items() if key not in ("events", "actions")}
    compile_filters = event_filters.validate if "filters" in data else event_filters.recompile
    columns["filters"] = compile_filters(filters, project=project)
    if "masking" in data:
        columns["masking"] = data["masking"]
    mapping_secrets = _check_mappings(data, type, stored, project, columns, dropped)
    return Definition(
        type=type,
        columns=columns,
        secrets=secrets,
        mapping_secrets=mapping_secrets,
        holds_secrets=bool({"inputs", "inputs_schema", "mappings"} & data.keys()),
        warnings=tuple(f"{path} is not declared in inputs_schema and was left out." for path in dropped),
        source=data.get("hog"),
    )


def _check_mappings(
    data: Mapping[str, Any],
    type: str | None,
    stored: Stored,
    project: event_filters.ProjectData,
    columns: dict[str, Any],
    dropped: list[str],
) -> list[dict[str, Item]]:
    """Add ``mappings`` to the columns if the request brought them; returns the secrets of each."""
    if "mappings" not in data:
        return [dict(one) for one in stored.mapping_secrets]
    given = data["mappings"]
    if given is None:
        columns["mappings"] = None
        return []
    known = mappings.Stored(stored.secrets, stored.mappings or (), stored.mapping_secrets)
    checked = mappings.validate(given, stored=known, project=project)
    if type not in mappings.TYPES:
        raise InvalidInput("Mappings are only allowed for destinations.", attr="mappings")
    columns["mappings"] = checked.shown
    dropped += [path.replace("__", ".") for path in checked.dropped]
    return checked.secrets
