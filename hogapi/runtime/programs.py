"""A function ready to run: everything that the executor needs, in plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hogapi.runtime.inputs import Item

Bytecode = list[Any]


@dataclass(frozen=True)
class MappingProgram:
    """One mapping: its filters (None: matches nothing, they did not compile) and inputs with decrypted secrets."""

    name: str | None
    filters: Bytecode | None
    inputs: Mapping[str, Item]


@dataclass(frozen=True)
class FunctionProgram:
    """A stored or proposed function, compiled, with its secrets decrypted. Hold it in memory only."""

    id: UUID
    project_id: int
    name: str
    type: str | None
    bytecode: Bytecode | None
    inputs: Mapping[str, Item]
    filters: Bytecode | None
    """None if the filters did not compile: such a function matches nothing."""
    mappings: Sequence[MappingProgram] | None = None
    masking: Mapping[str, Any] | None = None
    secret_keys: frozenset[str] = field(default_factory=frozenset)
    """Names of inputs whose values must not appear in logs."""
    hidden: Sequence[Any] = ()
    """Other values that must not appear in logs: secrets of integrations."""

    def inputs_for(self, mapping: int | None) -> dict[str, Item]:
        """The inputs of a run: those of the mapping with this index laid over the function's own."""
        if mapping is None or not self.mappings or mapping >= len(self.mappings):
            return dict(self.inputs)
        return {**self.inputs, **self.mappings[mapping].inputs}

    def variants(self) -> Iterator[tuple[int | None, Bytecode | None]]:
        """What may run for one event that passed `filters`: (index of the mapping or None, its filters)."""
        if self.mappings is None:
            yield None, self.filters
        else:
            for index, mapping in enumerate(self.mappings):
                yield index, mapping.filters
