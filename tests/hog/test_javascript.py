"""Hog -> JavaScript: its text, and what it computes in node (spec hog_language.md 10)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hogapi.hog.compiler_functions import NAMES
from hogapi.hog.errors import HogCompileError, HogError
from hogapi.hog.javascript import emit, transpile_expression, transpile_program, transpile_template
from hogapi.hog.javascript_helpers import helpers, library_function
from hogapi.hog.javascript_names import identifier
from tests.hog.node import evaluate, needs_node, run

TEXTS = [
    ("1 and 2", "!!(1 && 2)"),
    ("1 or 2", "!!(1 || 2)"),
    ("not 1", "(!1)"),
    ("1 + 2 * 3", "(1 + (2 * 3))"),
    ("1 = 2", "(1 == 2)"),
    ("1 != 2", "(1 != 2)"),
    ("a", '__getGlobal("a")'),
    ("a.b", '__getProperty(__getGlobal("a"), "b", true)'),
    ("a[1]", '__getProperty(__getGlobal("a"), 1, false)'),
    ("a?.b", '__getProperty(__getGlobal("a"), "b", true)'),
    ("'it''s </script>'", '"it\'s <\\/script>"'),
    ("a ?? 1", '(__getGlobal("a") ?? 1)'),
    ("1 ? 2 : 3", "(1 ? 2 : 3)"),
    ("if(1, 2)", "(1 ? 2 : null)"),
    ("multiIf(1, 2, 3, 4, 5)", "(1 ? 2 : 3 ? 4 : 5)"),
    ("(1, 2)", "tuple(1, 2)"),
    ("{'a': 1, b: 2}", '{"a": 1, [__getGlobal("b")]: 2}'),
    ("{'__proto__': 1}", '{["__proto__"]: 1}'),
    ("x -> x + 1", "__lambda((x) => (x + 1))"),
    ("x -> {'a': x}", '__lambda((x) => ({"a": x}))'),
    ("class -> class", "__lambda((__x_class) => __x_class)"),
    ("`my var` -> `my var`", "__lambda((__x_q_my$u20$var) => __x_q_my$u20$var)"),
    ("keys -> keys(keys)", "__lambda((__x_v_keys) => __x_v_keys(__x_v_keys))"),
    ("lower", "lower"),
    ("nope(1)", "nope(1)"),
    ("a like '%b'", 'like(__getGlobal("a"), "%b")'),
    ("a not ilike '%b'", '(!ilike(__getGlobal("a"), "%b"))'),
    ("f(1)(2)", "f(1)(2)"),
    ("sql(a)", '{"__hx_ast": "Field", "chain": ["a"], "from_asterisk": false}'),
]


@pytest.mark.parametrize(("source", "code"), TEXTS)
def test_text(source: str, code: str) -> None:
    assert transpile_expression(source).code == code


PROGRAM = """
let total := 0
for (let i := 0; i < 3; i := i + 1) { total := total + i }
for (let k, v in {'a': 1}) { print(k, v) }
while (total > 0) { total := total - 1 }
if (total = 0) { print('zero') } else if (total) { print('more') } else { print('less') }
try { throw HogError('Foo', 'bar') } catch (err: Bar) { print('bar') } catch (err: Foo) { print(err.message) }
"""


def test_statements() -> None:
    assert (
        transpile_program(PROGRAM).code
        == """\
let total = 0;
for (let i = 0; (i < 3); i = (i + 1)) {
    total = (total + i);
}
for (let [k, v] of __entries({"a": 1})) {
    print(k, v);
}
while ((total > 0)) {
    total = (total - 1);
}
if ((total == 0)) {
    print("zero");
} else if (total) {
    print("more");
} else {
    print("less");
}
try {
    throw HogError("Foo", "bar");
} catch (__error) {
    if (__error?.type === "Bar") {
        let err = __error;
        print("bar");
    } else if (__error?.type === "Foo") {
        let err = __error;
        print(__getProperty(err, "message", true));
    } else { throw __error; }
}
"""
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a := 1", 'Variable "a" not declared in this scope. Cannot assign to globals.'),
        ("let a := 1 let a := 2", "Variable `a` already declared in this scope"),
        ("f() := 1", "Can not assign to this type of expression"),
        ("try { a }", "try statement must have at least one catch block"),
        ("a in cohort 2", "Can't use cohorts in real-time filters. Please inline the relevant expressions "
         "(cohort id=2)."),
        ("{a}.b", None),
    ],
)  # fmt: skip
def test_error(source: str, message: str | None) -> None:
    with pytest.raises(HogError) as caught:
        transpile_program(f"return {source}" if message is None else source)
    assert message is None or caught.value.message == message


def test_every_library_function_exists() -> None:
    assert {name for name in NAMES if library_function(name) is None} == {"import"}


def test_helpers_come_with_what_they_need() -> None:
    code = emit({"concat"})
    assert code.index("function __escapeString") < code.index("function concat")
    assert "function dateDiff" not in code


GLOBALS = {
    "event": {"name": "sign up", "n": 3, "list": [1, 2, 3], "nothing": None},
    "text": "Hello",
    "json": '{"a": [1, {"b": "c"}]}',
}

VALUES: list[tuple[str, Any]] = [
    ("event.list[1]", 1),
    ("event.list[-1]", 3),
    ("event.list[9]", None),
    ("event.nothing.deep.er", None),
    ("nope.x", None),
    ("'a' in ['a']", True),
    ("'ell' in text", True),
    ("3 not in event.list", False),
    ("5 between 1 and 9", True),
    ("null between 1 and 9", False),
    ("null not between 1 and 9", False),
    ("text like 'H%'", True),
    ("text like 'h%'", False),
    ("text ilike 'h%'", True),
    ("text =~ '^H.*o$'", True),
    ("text !~* '^h'", False),
    ("f'{text}, {event.n}!'", "Hello, 3!"),
    ("concat('a', null, 1, true, [1, 'b'])", "a1true[1, 'b']"),
    ("toString({'a': (1, 2)})", "{'a': (1, 2)}"),
    ("toString(tuple(1))", "tuple(1)"),
    ("toString(Error('a''b'))", "Error('a\\'b')"),
    ("arrayMap(x -> x * 2, event.list)", [2, 4, 6]),
    ("arrayFilter(x -> x > 1, event.list)", [2, 3]),
    ("arrayReduce((a, x) -> a + x, event.list, 0)", 6),
    ("arrayCount(x -> x > 1, event.list)", 2),
    ("arrayExists(x -> x > 5, event.list)", False),
    ("arraySort([3, 10, 2])", [10, 2, 3]),
    ("keys({'a': 1})", ["a"]),
    ("keys(['a', 'b'])", [0, 1]),
    ("values(null)", []),
    ("JSONExtractString(json, 'a', 2, 'b')", "c"),
    ("JSONHas(json, 'a', 3)", False),
    ("JSONLength(json, 'a')", 2),
    ("jsonStringify({'b': [1, null]})", '{"b":[1,null]}'),
    ("jsonParse('[1]')", [1]),
    ("toInt('12abc')", 12),
    ("toInt('x')", None),
    ("toFloat('1.5')", 1.5),
    ("typeof(1.5)", "float"),
    ("typeof(now())", "datetime"),
    ("typeof((1, 2))", "tuple"),
    ("base64Decode(base64Encode('héllo😀'))", "héllo😀"),
    ("tryBase64Decode('!!!')", ""),
    ("encodeURLComponent('a b')", "a%20b"),
    ("tryDecodeURLComponent('%')", None),
    ("trim('xxaxx', 'x')", "a"),
    ("splitByString(',', 'a,b,c', 2)", ["a", "b"]),
    ("substring('hello', 2, 3)", "ell"),
    ("position('abc', 'c')", 3),
    ("replaceAll('aaa', 'a', 'b')", "bbb"),
    ("extractRegex('abc', 'a(.)c')", "b"),
    ("range(2, 5)", [2, 3, 4]),
    ("round(-2.5)", -2),
    ("isIPAddressInRange('10.1.2.3', '10.0.0.0/8')", True),
    ("isIPAddressInRange('10.1.2.3', '11.0.0.0/8')", False),
    ("isIPAddressInRange('2001:db8::1', '2001:db8::/32')", True),
    ("sortableSemver('v1.10.0') > sortableSemver('1.9.9')", True),
    ("multiSearchAnyCaseInsensitive('Hello', ['x', 'ELL'])", 1),
    ("md5Hex('a')", "md5Hex is not implemented"),
    ("toString(toDateTime('2024-05-03T12:34:56Z'))", "2024-05-03T12:34:56.000Z"),
    ("toString(toTimeZone(toDateTime('2024-05-03T12:00:00Z'), 'Europe/Brussels'))", "2024-05-03T14:00:00.000+02:00"),
    ("toString(dateAdd('month', 1, toDate('2024-01-31')))", "2024-02-29"),
    ("dateDiff('day', toDate('2024-01-31'), toDate('2024-03-01'))", 30),
    ("toString(toStartOfWeek(toDateTime('2024-05-03T12:00:00Z')))", "2024-04-29T00:00:00.000Z"),
    ("toString(dateTrunc('month', toDateTime('2024-05-03T12:00:00Z')))", "2024-05-01T00:00:00.000Z"),
    ("toUnixTimestamp('1970-01-02')", 86400),
    ("toDateTime('nope')", None),
    ("formatDateTime(toDateTime('2024-05-03T14:04:05Z'), '%Y-%m-%d %H:%i:%s %a %b %p it''s %% %V')",
     "2024-05-03 14:04:05 Fri May PM it's % 18"),
    ("toYYYYMM(toDate('2024-05-03'))", 202405),
    ("(x -> {'a': x})(1).a", 1),
    ("{'__proto__': 1}.__proto__", 1),
    ("assumeNotNull(null)", "error: Value is null in assumeNotNull"),
]  # fmt: skip

PROGRAMS: list[tuple[str, Any]] = [
    ("let a := {} a.b := {'c': 1} a.b.c := 2 a['d'] := 3 return a", {"b": {"c": 2}, "d": 3}),
    ("let a := [1] a[3] := 5 return a", [1, None, 5]),
    ("let a := [1] a[0] := 5", "error: Hog arrays start from index 1"),
    ("let s := '' for (let k, v in {'a': 1, 'b': 2}) { s := f'{s}{k}{v}' } return s", "a1b2"),
    ("let fs := [] for (let i in [1, 2]) { fs := arrayPushBack(fs, () -> i) } return fs[1]() + fs[2]()", 3),
    ("fun fib(n) { if (n < 2) { return n } return fib(n - 1) + fib(n - 2) } return fib(10)", 55),
    ("try { throw RetryError('x', {'a': 1}) } catch (e: Foo) { return 1 } catch (e) { return [e.type, e.payload.a] }",
     ["RetryError", 1]),
    ("try { try { throw Error('x') } catch (e: Foo) { return 1 } } catch { return e.message }", "x"),
    ("try { return 1 } finally { print('done') }", 1),
    ("fun f(a) { let a := 2 return a } return f(1)", 2),
    ("let keys := 5 let s := 0 for (let k, v in [7]) { s := s + v + keys } return s", 12),
    ("let Error := 1 let __x_Error := 2 return [Error, __x_Error]", [1, 2]),
    ("{'a': 1} return 2", 2),
    ("let f := (x) -> { let y := x + 1 return y } return f(1)", 2),
    ("let f := (x) -> { x + 1 } return f(1)", None),
    ("for (;;) { return 7 }", 7),
    ("let class := {'new': 1} return class.new", 1),
    ("let a := 1 { let a := 2 } return a", 1),
]  # fmt: skip


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    functions: dict[str, str] = {}
    used: set[str] = set()
    for source, _ in VALUES:
        written = transpile_expression(source)
        functions[source] = f"() => ({written.code})"
        used |= written.stl
    for source, _ in PROGRAMS:
        written = transpile_program(source)
        functions[source] = f"() => {{ {written.code} }}"
        used |= written.stl
    prelude = f"{emit(used)}\nconst __globals = {json.dumps(GLOBALS)};\nconst __getGlobal = (key) => __globals[key];"
    return dict(zip(functions, evaluate(prelude, list(functions.values())), strict=True))


@needs_node
@pytest.mark.parametrize(("source", "value"), VALUES + PROGRAMS)
def test_value(source: str, value: Any, results: dict[str, Any]) -> None:
    assert results[source] == value


@needs_node
def test_every_helper_loads_on_its_own() -> None:
    checks = "\n".join(f"new Function({json.dumps(emit([name]))});" for name in helpers())
    run(checks)


def test_templates() -> None:
    written = transpile_template({"a": ["{lower(x)}", 1, None, True], "__proto__": "plain"})
    assert written.code == '{["a"]: [lower(__getGlobal("x")), 1, null, true], ["__proto__"]: "plain"}'
    assert written.stored() == {"lang": "ts", "code": written.code, "stl": ["lower"]}
    with pytest.raises(HogCompileError, match="Hyphens"):
        transpile_template("{a.b-c}")


@given(st.text(min_size=1), st.text(min_size=1))
def test_names_stay_apart_and_in_place(one: str, other: str) -> None:
    assert identifier(one).replace("$", "_").isidentifier() and identifier(one).isascii()
    assert (identifier(one) == identifier(other)) == (one == other)


@needs_node
def test_hostile_names_and_strings_stay_data() -> None:
    hostile = "`');process.exit(3);//` -> '\\n\"+process.exit(3)+\"\u2028'"
    written = transpile_expression(hostile)
    run(f"{emit(written.stl)}\n({written.code})(1); console.log('ok')")
