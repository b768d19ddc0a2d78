"""Whole site functions, run in node (spec hog_language.md 10; hog_functions.md 2.3)."""

from __future__ import annotations

import json
from typing import Any

from hogapi.hog.filters import filter_expression
from hogapi.hog.javascript import Transpiled, transpile_expression, transpile_template
from hogapi.hog.javascript_site import SiteFunction, SiteInput, SiteMapping, inputs_of, site_function
from tests.hog.node import needs_node, run

SOURCE = """
interface Config { inputs: Record<string, any>; posthog: any }
export function onLoad({ inputs, posthog }: Config): void { log.push(['load', inputs, posthog.name]) }
export function onEvent({ inputs, posthog }: Config) { log.push(['event', inputs]) } // done
"""
EVENT = {
    "event": {"event": "$pageview", "distinct_id": "d1", "properties": {"n": 3, "path": "/x"}},
    "person": {"properties": {"email": "a@b.c"}},
    "groups": {},
}


def stored(value: Any, **rest: Any) -> dict[str, Any]:
    return {"value": value, "transpiled": transpile_template(value).stored(), **rest}


def filtered(filters: dict[str, Any]) -> Transpiled:
    return transpile_expression(filter_expression(filters, actions={}))


def played(function: SiteFunction, event: dict[str, Any] = EVENT) -> list[Any]:
    script = f"""
const log = [];
console.error = (...args) => log.push(["error", String(args[0]), args[1]]);
const made = {site_function(function)}();
const site = made.init({{ posthog: {{ name: "ph" }}, callback: (ok) => log.push(["done", ok]) }});
if (site.processEvent) {{ site.processEvent({json.dumps(event)}); }}
setTimeout(() => console.log(JSON.stringify(log)), 0);"""
    return json.loads(run(script))


@needs_node
def test_load_and_event() -> None:
    inputs = inputs_of(
        {
            "late": stored("{inputs.early}!", order=1),
            "early": stored("{event.properties.path}", order=0),
            "fixed": stored("</script>"),
            "map": stored({"email": "{person.properties.email}", "n": 1}, order=2),
            "none": None,
        }
    )
    log = played(SiteFunction(SOURCE, inputs))
    assert [entry[:2] for entry in log if entry[0] != "event"] == [
        ["load", {"fixed": "</script>", "late": "!", "early": None, "map": {"email": None, "n": 1}}],
        ["done", True],
    ]
    assert log[-1] == [
        "event",
        {"fixed": "</script>", "late": "/x!", "early": "/x", "map": {"email": "a@b.c", "n": 1}},
    ]


@needs_node
def test_filters_decide() -> None:
    pageviews = {"events": [{"id": "$pageview", "type": "events"}]}
    numbers = {**pageviews, "properties": [{"key": "n", "type": "event", "operator": "gt", "value": 2}]}
    person = {"properties": [{"key": "email", "type": "person", "operator": "icontains", "value": "@B"}]}
    other = {"events": [{"id": "$pageleave", "type": "events"}]}
    for filters, runs in ((pageviews, 1), (numbers, 1), (person, 1), (other, 0)):
        log = played(SiteFunction(SOURCE, filter=filtered(filters)))
        assert sum(entry[0] == "event" for entry in log) == runs, filters


@needs_node
def test_mappings_run_one_by_one_with_inputs_of_their_own() -> None:
    inputs = [SiteInput("a", "base"), SiteInput("b", "base")]
    mappings = [
        SiteMapping(inputs_of({"b": stored("{event.event} {inputs.a}")}, {"c": "default", "b": "unused"})),
        SiteMapping(filter=filtered({"events": [{"id": "nope", "type": "events"}]})),
        SiteMapping([SiteInput("a", 1)]),
    ]
    log = played(SiteFunction(SOURCE, inputs, mappings=mappings))
    assert [entry[1] for entry in log if entry[0] == "event"] == [
        {"a": "base", "b": "$pageview base", "c": "default"},
        {"a": 1, "b": "base"},
    ]
    assert sum(entry[0] == "event" for entry in played(SiteFunction(SOURCE, inputs, mappings=[]))) == 0


@needs_node
def test_an_input_that_fails_is_null_and_logged_once() -> None:
    log = played(SiteFunction(SOURCE, inputs_of({"bad": stored("{nope(1)}")})))
    assert log == [
        ["load", {"bad": None}, "ph"],
        ["done", True],
        ["error", "[POSTHOG-JS] Unable to compute value for inputs", "bad"],
        ["event", {"bad": None}],
    ]


@needs_node
def test_loading_may_take_time_or_fail() -> None:
    assert played(SiteFunction("export async function onLoad() {}")) == [["done", True]]
    assert played(SiteFunction("export async function onLoad() { throw 1 }")) == [["done", False]]
    assert played(SiteFunction("const x: number = 1")) == [["done", True]]
