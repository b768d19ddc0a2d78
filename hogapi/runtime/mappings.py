"""Mappings: several ways in which one destination runs, each with filters and inputs of its own (hog_functions.md 2.9).

Secrets of mappings are kept like those of the function: encrypted beside it, shown as ``{"secret": true}``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hogapi.api.errors import InvalidInput
from hogapi.runtime import filters, input_schema, inputs, integrations, shapes

TYPES = frozenset({"destination", "site_destination"})
MAX_MAPPINGS = 100
"""Each is a run of its own for every event."""

Secrets = dict[str, inputs.Item]


@dataclass(frozen=True)
class Mappings:
    """Validated mappings as they are shown, with the secrets of each."""

    shown: list[dict[str, Any]]
    secrets: list[Secrets]
    dropped: tuple[str, ...] = ()
    """Paths of input keys that no schema declares."""


@dataclass(frozen=True)
class Stored:
    """What a function holds already: its own secrets, and its mappings with theirs."""

    secrets: Mapping[str, inputs.Item]
    mappings: Sequence[Mapping[str, Any]] = ()
    mapping_secrets: Sequence[Mapping[str, inputs.Item]] = ()

    def secrets_for(self, index: int, mapping: Mapping[str, Any]) -> Mapping[str, inputs.Item]:
        """The secrets that stand in for those left out of `mapping`.

        A mapping is the one stored under the same name, or at the same place if neither has a name, so that removing
        one never hands its secret to the next. Secrets of the function itself come first by key.
        """
        name = mapping.get("name")
        for place, (stored, secrets) in enumerate(zip(self.mappings, self.mapping_secrets, strict=False)):
            if stored.get("name") == name and (name or place == index):
                return {**self.secrets, **secrets}
        return self.secrets


def validate(given: Any, *, stored: Stored, project: filters.ProjectData, attr: str = "mappings") -> Mappings:
    """Check and compile mappings. Raises InvalidInput, with paths such as ``mappings__0__inputs__url``."""
    shown: list[dict[str, Any]] = []
    secrets: list[Secrets] = []
    dropped: list[str] = []
    if len(shapes.items(given, attr)) > MAX_MAPPINGS:
        raise InvalidInput(f"Ensure this field has no more than {MAX_MAPPINGS} elements.", attr=attr, code="max_length")
    for index, item in enumerate(given):
        place = shapes.path(attr, index)
        data = shapes.mapping(item, place)
        clean = shapes.pick(data, place, {"name": shapes.text, "inputs_schema": _schema})
        private: Secrets = {}
        if "inputs" in data:
            inputs_at = shapes.path(place, "inputs")
            if "inputs_schema" not in clean:
                raise InvalidInput("Missing inputs_schema.", attr=inputs_at)
            checked = inputs.validate(
                data["inputs"],
                schema=clean["inputs_schema"],
                stored_secrets=stored.secrets_for(index, data),
                attr=inputs_at,
            )
            integrations.refuse_unknown(
                checked.complete(), schema=clean["inputs_schema"], project_id=project.project_id, attr=inputs_at
            )
            clean["inputs"] = checked.shown
            private = checked.secrets
            dropped.extend(shapes.path(inputs_at, key) for key in checked.dropped)
        if "filters" in data:
            clean["filters"] = filters.validate(data["filters"], project=project, attr=shapes.path(place, "filters"))
        shapes.storable(clean, place)
        shown.append(clean)
        secrets.append(private)
    return Mappings(shown=shown, secrets=secrets, dropped=tuple(dropped))


def _schema(value: Any, attr: str) -> list[dict[str, Any]]:
    return input_schema.validate(value, attr=attr)
