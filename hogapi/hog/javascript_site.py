"""A whole site function as one JavaScript function expression (spec hog_language.md 10; hog_functions.md 2.3)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hogapi.hog.javascript import Transpiled
from hogapi.hog.javascript_helpers import emit
from hogapi.hog.javascript_names import text
from hogapi.hog.typescript import javascript_of_typescript

ALWAYS = Transpiled("true", frozenset())


@dataclass(frozen=True)
class SiteInput:
    """A value: computed by code where there is some, else the same for every event. ``order`` is when its turn is."""

    key: str
    value: Any = None
    code: Transpiled | None = None
    order: int = -1


@dataclass(frozen=True)
class SiteMapping:
    """Of the events that pass the function's filter, those that pass this one run it with these inputs on top."""

    inputs: Sequence[SiteInput] = ()
    filter: Transpiled = ALWAYS


@dataclass(frozen=True)
class SiteFunction:
    """``source`` is TypeScript that exports ``onLoad`` and ``onEvent``. Without mappings, every matching event runs."""

    source: str
    inputs: Sequence[SiteInput] = ()
    filter: Transpiled = ALWAYS
    mappings: Sequence[SiteMapping] | None = field(default=None)


def module(source: str) -> str:
    """Return TypeScript as a function expression that returns the module's exports. Raises HogSyntaxError."""
    return f"(function () {{let exports={{}};{javascript_of_typescript(source)}\n;return exports;}})"


def inputs_of(items: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> list[SiteInput]:
    """Return inputs from their stored form ``{key: {value, order?, transpiled?: {code, stl}}}``.

    ``defaults`` are the values of keys that the items lack.
    """
    inputs = [SiteInput(key, value) for key, value in (defaults or {}).items() if not _has_value(items.get(key))]
    for key, item in items.items():
        if _has_value(item):
            inputs.append(SiteInput(key, item["value"], _stored(item), item.get("order", -1)))
    return inputs


def site_function(function: SiteFunction) -> str:
    """Return a function expression whose result has ``init({posthog, callback})``. Raises HogSyntaxError.

    ``init`` calls ``onLoad`` and the callback with whether that went well; its own result has
    ``processEvent(globals)`` if the module exports ``onEvent``.
    """
    library = emit(_helpers(function))
    constants = {one.key: one.value for one in function.inputs if one.code is None}
    return f"""(function() {{
{library}
function buildInputs(globals, initial) {{
    const inputs = {_literal(constants)};
    const __getGlobal = (key) => key === "inputs" ? inputs : globals[key];
{_computed("inputs", function.inputs, "initial")}    return inputs;
}}
const source = {module(function.source)}();
function processEvent(globals, posthog) {{
    if (!("onEvent" in source)) {{ return; }}
    const inputs = buildInputs(globals);
    const pdi = {{ distinct_id: globals.event?.distinct_id, person: globals.person }};
    const filterGlobals = {{ ...globals.groups, ...globals.event, person: globals.person, inputs, pdi }};
    const __getGlobal = (key) => filterGlobals[key];
    if (!({function.filter.code})) {{ return; }}
{_runs(function.mappings)}}}
{_INIT}
return {{ init: init }};
}})"""


_INIT = """function init(config) {
    const { posthog, callback } = config;
    const done = (success) => { if (callback) { callback(success); } };
    if ("onLoad" in source) {
        const loading = source.onLoad({ inputs: buildInputs({}, true), posthog });
        if (loading && typeof loading.then === "function") {
            loading.then(() => done(true), () => done(false));
        } else {
            done(true);
        }
    } else {
        done(true);
    }
    return "onEvent" in source ? { processEvent: (globals) => processEvent(globals, posthog) } : {};
}"""


def _runs(mappings: Sequence[SiteMapping] | None) -> str:
    if mappings is None:
        return "    source.onEvent({ inputs, posthog });\n"
    return "".join([_run(mapping) for mapping in mappings])


def _run(mapping: SiteMapping) -> str:
    constants = {one.key: one.value for one in mapping.inputs if one.code is None}
    return f"""    if ({mapping.filter.code}) {{
        const newInputs = Object.assign(structuredClone(inputs), {_literal(constants)});
        const __getGlobal = (key) => key === "inputs" ? newInputs : globals[key];
{_computed("newInputs", mapping.inputs, "false")}        source.onEvent({{ inputs: newInputs, posthog }});
    }}
"""


def _computed(target: str, inputs: Iterable[SiteInput], quiet: str) -> str:
    """Return statements that compute inputs one after another; one that fails is null and, unless quiet, logged."""
    lines = []
    for one in sorted(inputs, key=lambda one: one.order):
        if one.code is not None:
            key = text(one.key)
            lines.append(
                f"    try {{ {target}[{key}] = {one.code.code}; }} catch (error) {{\n"
                f"        {target}[{key}] = null;\n"
                f"        if (!{quiet}) {{ console.error("
                f"'[POSTHOG-JS] Unable to compute value for inputs', {key}, error); }}\n    }}\n"
            )
    return "".join(lines)


def _literal(value: Any) -> str:
    # Parsed text, as a key "__proto__" in a literal would mean something else.
    return f"JSON.parse({text(json.dumps(value))})" if value else "{}"


def _helpers(function: SiteFunction) -> set[str]:
    used = set(function.filter.stl)
    for one in function.inputs:
        used |= one.code.stl if one.code else set()
    for mapping in function.mappings or ():
        used |= mapping.filter.stl
        for one in mapping.inputs:
            used |= one.code.stl if one.code else set()
    return used


def _has_value(item: Any) -> bool:
    return isinstance(item, Mapping) and item.get("value") is not None


def _stored(item: Mapping[str, Any]) -> Transpiled | None:
    transpiled, value = item.get("transpiled"), item["value"]
    if not transpiled or (isinstance(value, str) and "{" not in value):
        return None
    return Transpiled(transpiled["code"], frozenset(transpiled["stl"]))
