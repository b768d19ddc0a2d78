"""The corpus of programs as JavaScript: what they print in node is what they print on our VM."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hogapi.hog.javascript import emit, transpile_program
from tests.hog import corpus
from tests.hog.node import needs_node, run

SKIPPED_TOPICS = {
    "async": "expressions of site functions do not wait",
    "library_crypto": "browsers hash asynchronously only (spec 10)",
}
DIFFERENCES = {
    "control/and_or_evaluate_everything": "&& and || stop early (spec 10)",
    "functions/right_operand_first": "operands are evaluated from left to right",
    "functions/closures_of_loop_variable": "each round of a loop has variables of its own",
    "globals/copies": "globals are not copied on each reading",
    "errors/nested_functions_and_handlers": "a function declaration is hoisted",
    "errors/runtime_errors_are_not_catchable": "every error can be caught",
    "functions/library_arity_too_few": "missing arguments are undefined",
    "functions/library_arity_too_many": "more arguments than needed are ignored",
    "functions/program_arity": "more arguments than needed are ignored",
    "functions/too_many_arguments": "more arguments than needed are ignored",
    "programs/webhook_failing": "expressions of site functions do not wait",
    "errors/unknown_global": "an unknown global is null",
    "errors/unknown_global_chain": "an unknown global is null",
    "library_types/Error": "messages are text",
    "library_types/plus": "objects print as the engine prints them",
    "library_patterns/sortableSemver": "versions are texts that sort like them",
    "numbers/between": "nothing is between, or not between, nulls (spec 10)",
    "numbers/coercion": "+ concatenates (spec 10)",
    "numbers/comparison_with_boolean": "loose equality (spec 10)",
    "strings/numbers_in_text": "+ concatenates (spec 10)",
    "objects/array_index_zero": "item 0 is null (spec 10)",
    "objects/dict_mixed_keys": "keys are texts",
    "objects/key_lookup_is_exact": "keys are texts",
    "objects/equality_is_identity": "identity survives reading",
    "objects/property_of_scalar": "an unknown global is null",
    "operators/arrays_compare": "arrays compare by identity",
    "operators/dates_compare": "instants order, but are equal by identity",
    "operators/in_dict": "what holds no items holds none of them",
    "operators/in_null": "what holds no items holds none of them",
    "programs/retry": "expressions of site functions do not wait",
    "programs/signature": "browsers hash asynchronously only (spec 10)",
    "library_dates/toDate": "instants order, but are equal by identity",
    "library_text/lower_fails": "text functions take numbers",
    "library_text/upper_fails": "text functions take numbers",
    "library_text/reverse_fails": "text functions take numbers",
    "library_text/replaceAll_fails": "text functions take numbers",
}

SCRIPT = """
const cases = CASES, outcomes = {};
for (const name in cases) {
    globalThis.lines = [];
    let failed = false;
    try { require("vm").runInThisContext(cases[name], { timeout: 300 }); } catch { failed = true; }
    outcomes[name] = { lines, failed };
}
console.log(JSON.stringify(outcomes));"""


def program(name: str) -> str:
    written = transpile_program((corpus.PROGRAMS / f"{name}.hog").read_text("utf-8"))
    return f"""(function () {{
const console = {{ log: (...parts) => {{ lines.push(parts.join(" ")); }} }};
const fetch = () => ({{}});
{emit(written.stl)}
const known = {json.dumps(corpus.GLOBALS)}, __getGlobal = (key) => known[key];
(function () {{ {written.code} }})();
}})()"""


NAMES = [name for name in corpus.names() if name.split("/")[0] not in SKIPPED_TOPICS]


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Any]:
    cases = {name: program(name) for name in NAMES}
    return json.loads(run(SCRIPT.replace("CASES", json.dumps(cases), 1)))


def printed_by_our_vm(name: str) -> tuple[str, bool]:
    lines = corpus.expected(name).splitlines(keepends=True)
    last = lines[-1] if lines else ""
    failed = last.startswith(("error ", "uncaught "))
    return "".join(lines[:-1] if failed or last.startswith("=> ") else lines), failed


@needs_node
@pytest.mark.parametrize("name", NAMES)
def test_program(name: str, outcomes: dict[str, Any]) -> None:
    outcome = outcomes[name]
    theirs = "".join(f"{line}\n" for line in outcome["lines"]), outcome["failed"]
    assert (theirs == printed_by_our_vm(name)) is (name not in DIFFERENCES), theirs
