"""The library where the published VM can not be the judge: the clock, chance, null; and the list of functions."""

import json
import subprocess
import time
import uuid

import pytest

from hogapi.hog.compiler import compile_program
from hogapi.hog.stl.programs import PROGRAMS
from hogapi.hog.stl.registry import LIBRARY
from hogapi.hog.vm import execute
from tests.hog.reference import NODE, missing

REASON = missing()


def value(source: str):
    execution = execute(compile_program(f"return {source}"))
    assert execution.error is None, execution.error
    return execution.result


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("length(null)", None),
        ("upper(null)", None),
        ("reverse(null)", None),
        ("replaceOne(null, 'a', 'b')", None),
        ("replaceAll(null, 'a', 'b')", None),
        ("trim(null)", None),
        ("trimLeft(null)", None),
        ("trimRight(null)", None),
        ("splitByString(',', null)", [""]),
        ("keys(null)", []),
        ("values(null)", []),
        ("arrayExists(x -> true, null)", False),
        ("arrayMap(x -> x, null)", []),
        ("arrayFilter(x -> true, null)", []),
        ("arrayCount(x -> true, null)", 0),
        ("arrayReduce((a, x) -> x, null, 5)", 5),
        ("arrayStringConcat(arrayPopFront(null), ' ')", ""),
        ("length(null) > 3", False),
        ("length(null) < 3", True),
    ],
)
def test_null_is_tolerated(source, expected):
    assert value(source) == expected


def test_the_clock():
    before = time.time()
    assert before - 1 < value("toUnixTimestamp(now())") < time.time() + 1
    assert value("toString(today()) = substring(toString(now()), 1, 10)")
    assert value("typeof(now('Europe/Brussels'))") == "datetime"


def test_chance():
    assert uuid.UUID(value("generateUUIDv4()")).version == 4
    assert 0 <= value("randomFloat()") < 1
    assert value("randomFloat()") != value("randomFloat()")


@pytest.mark.parametrize("text", ["a'b", "%Y'%m", "''"])
def test_quotes_in_date_formats_stay(text):
    literal = text.replace("'", "\\'")
    assert value(f"formatDateTime(toDateTime('2024-05-06'), '{literal}')") == text.replace("%Y", "2024").replace(
        "%m", "05"
    )


def test_days_around_a_change_of_clocks():
    start = "toDateTime('2024-03-30 12:00', 'Europe/Brussels')"
    assert value(f"toString(dateAdd('day', 1, {start}))") == "2024-03-31T12:00:00.000+02:00"
    assert value(f"toString(dateAdd('hour', 24, {start}))") == "2024-03-31T13:00:00.000+02:00"
    assert value(f"dateDiff('hour', {start}, dateAdd('day', 1, {start}))") == 23


@pytest.mark.skipif(REASON is not None, reason=str(REASON))
def test_every_function_of_the_published_vm_is_here_with_its_arity():

    script = (
        "import h from '@posthog/hogvm';"
        "console.log(JSON.stringify(Object.entries(h.STL).map(([n, f]) => [n, f.minArgs ?? 0, f.maxArgs ?? null])))"
    )
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], cwd=NODE, capture_output=True, text=True, check=True
    )
    published = {name: (least, most) for name, least, most in json.loads(done.stdout)}
    ours = {name: (native.least, native.most) for name, native in LIBRARY.items()}
    assert {name: ours.get(name) for name in published} == published
    assert {"arrayMap", "arrayFilter", "arrayExists", "arrayCount", "arrayReduce"} == PROGRAMS.keys()
    assert set(ours) - set(published) == {"__imatch", "sortableSemver", "inCohort", "notInCohort"}
