"""Values of a run's inputs: templates evaluated for one event, in order, each seeing those before it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from hogapi.hog.errors import HogError
from hogapi.hog.templates import render
from hogapi.hog.vm import Limits
from hogapi.runtime import integrations
from hogapi.runtime.inputs import Item

SECONDS = 0.5
"""Of CPU, for all inputs of a run together."""


class InputError(Exception):
    """An input could not be built; the text says which and why."""


def render_inputs(items: Mapping[str, Item], globals: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of each input for the event in `globals`. Raises InputError."""
    values: dict[str, Any] = {}
    ends = time.thread_time() + SECONDS
    scope = {**globals, "inputs": values}
    for key, item in sorted(items.items(), key=lambda pair: pair[1].get("order", -1)):
        if integrations.MARK in item:
            raise InputError(f"The integration of the input {key} does not exist any more, or cannot be decrypted")
        if item.get("templating") == "liquid":
            raise InputError(f"The input {key} is a liquid template, which this version cannot render")
        if "bytecode" not in item:
            values[key] = item.get("value")
            continue
        try:
            value = render(item["bytecode"], scope, limits=Limits(seconds=max(0.0, ends - time.thread_time())))
        except HogError as error:
            raise InputError(f"Could not execute the template of {key}: {error}") from error
        plain = item.get("value")
        # The design of an e-mail is stored, but is no template.
        values[key] = {**plain, **value} if isinstance(value, dict) and isinstance(plain, dict) else value
    return values
