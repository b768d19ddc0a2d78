"""How large a function may be: what a client sent, as JSON, without what is computed from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hogapi.api import sizes

_SIZED = ("description", "icon_url", "inputs_schema", "inputs", "filters", "masking", "mappings")
"""The fields of any length, but for the program, which has a limit of its own."""
_COMPUTED = frozenset({"bytecode", "bytecode_error", "transpiled", "order"})


def refuse_larger(data: Mapping[str, Any]) -> None:
    """Raise InvalidInput if the body of a request, unchecked as yet, is too large for a function."""
    sizes.refuse_larger(_sent(data))


def refuse_growth(before: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    """Raise InvalidInput if changes by `data` leave a function too large that was as `before`.

    That is its `activity.snapshot` with its icon."""
    sent = _sent(data)
    if sent:
        stored = {key: before[key] for key in _SIZED} | {"inputs": [before["inputs"], before["encrypted_inputs"]]}
        sizes.refuse_larger({**stored, **sent}, sent=sent)


def _sent(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _without_computed(key, data[key]) for key in _SIZED if key in data}


def _without_computed(key: str, value: Any) -> Any:
    """Leave out what clients send back of an answer and what is not stored as it was sent."""
    if key == "mappings" and isinstance(value, list):
        return [_mapping(one) for one in value]
    if key == "inputs" and isinstance(value, Mapping):
        return {name: _own(item) for name, item in value.items()}
    return _own(value) if key in ("filters", "masking") else value


def _mapping(value: Any) -> Any:
    return {key: _without_computed(key, part) for key, part in value.items()} if isinstance(value, Mapping) else value


def _own(value: Any) -> Any:
    return {key: part for key, part in value.items() if key not in _COMPUTED} if isinstance(value, Mapping) else value
