"""TypeScript -> JavaScript by blanking: the result keeps its places and runs in node."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hogapi.hog.errors import HogSyntaxError
from hogapi.hog.javascript_site import module
from hogapi.hog.typescript import javascript_of_typescript
from tests.hog.node import evaluate, needs_node

PLACES = [
    ("let a: number = 1", "let a         = 1"),
    ("let a: number\n(b)", "let a;       \n(b)"),
    ("let a!: T;", "let a    ;"),
    ("f(x as T, y!)", "f(x     , y )"),
    ("x = y as T\nz", "x = y;    \nz"),
    ("x = y!\n(z)", "x = y \n(z)"),
    ("x = y!\nz", "x = y;\nz"),
    ("type A = { b: c }\nf()", ";                \nf()"),
    ("function f(this: T, a?: B): c is D {}", "function f(         a    )         {}"),
    ("class A<T> extends B<T> implements C {}", "class A    extends B                 {}"),
    ("é: number", "é: number"),
    ("let é: 'ü' = 'ü'", "let é      = 'ü'"),
    ("let 𝒳: '𝒳' = '𝒳'", "let 𝒳      = '𝒳'"),
    ("const f = (a: T): Array<\n  T\n> => a", "const f = (a            \n   \n) => a"),
    ("a ? (b) : c", "a ? (b) : c"),
    ("`${a as T}`", "`${a     }`"),
    ("// x as T\n'y as T'", "// x as T\n'y as T'"),
]


@pytest.mark.parametrize(("source", "result"), PLACES)
def test_places_stay_true(source: str, result: str) -> None:
    written = javascript_of_typescript(source)
    assert written == result
    assert len(written) == len(source)


RUNS: list[tuple[str, Any]] = [
    ("export const a = 1, b: number = 2", {"a": 1, "b": 2}),
    ("export function f() { return 1 }\nexport const a = f()", {"a": 1}),
    ("const a = 1, b = 2\nexport { a as x, b }", {"x": 1, "b": 2}),
    ("export const { a, b: [c], ...d } = { a: 1, b: [2], e: 3 }", {"a": 1, "c": 2, "d": {"e": 3}}),
    ("export default 5 + 1", {"default": 6}),
    ("export default class A { static x: number = 1 }\nexport const y = A.x", {"y": 1}),
    ("export type A = { b: string }\nexport interface C { d(): void }\nexport const e = 1", {"e": 1}),
    ("import type { A } from 'b'\nexport declare const z: number\ndeclare global { interface Window { x: any } }", {}),
    ("export type { A }\ntype A = string", {}),
    ("enumerate()\nfunction enumerate() {}\nexport const a = 1 // last", {"a": 1}),
    (
        "class A {\n  private x = 1\n  private ['y'] = 2\n  readonly z?: number\n  static readonly s: number = 4\n"
        "  declare q: string\n  constructor(a: number) { this.x = a }\n  private *g(): Generator<number> { yield 5 }\n"
        "  m?(): void\n  public sum(this: A, b?: number): number { return this.x + this.y + A.s + (b ?? 0) }\n}\n"
        "export const r = new A(10).sum()\nexport const k = Object.keys(new A(1))",
        {"r": 16, "k": ["x", "y", "z"]},
    ),
    (
        "abstract class A { abstract m(): number; protected abstract n: string; f(): number { return this.m() } }\n"
        "class B extends A { override m(): number { return 3 }\n n = 'x' }\nexport const r = new B().f()",
        {"r": 3},
    ),
    (
        "function f(a: string): string\nfunction f(a: number): number\nfunction f(a: any): any { return a }\n"
        "export const r = f<number>(1)",
        {"r": 1},
    ),
    ("const id = <T,>(x: T): T => x\nexport const r = id<{ [key: string]: any }>({ a: 1 }).a", {"r": 1}),
    ("export const r = ({ a: 1 } as { [k: string]: number; m(): void } & { a: number }).a", {"r": 1}),
    ("export const r = [1, 2, 3].map((x): string => `${x}`) satisfies string[]", {"r": ["1", "2", "3"]}),
    ("const x = <const>['a']\nexport const r = x", {"r": ["a"]}),
    ("try { throw 1 } catch (e: unknown) { var r = e as number }\nexport { r }", {"r": 1}),
    ("export async function f({ a }: { a: any }): Promise<void> { await a; for await (const x of []) {} }", {}),
    ("export const r = new Map<string, number>([['a', 1]]).get('a')!", {"r": 1}),
    ("let a: { b?: { c: number } } = {}\nexport const r = a?.b?.c ?? 7", {"r": 7}),
    ("export const r = 1 < 2 && 3 > (2)", {"r": True}),
    ("export const f = async <T>(x: T) => { return x }\nexport const r = typeof f", {"r": "function"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    functions = [f"() => {module(source)}()" for source, _ in RUNS]
    return dict(zip([source for source, _ in RUNS], evaluate("", functions), strict=True))


@needs_node
@pytest.mark.parametrize(("source", "exports"), RUNS)
def test_result_runs(source: str, exports: dict[str, Any], results: dict[str, Any]) -> None:
    assert results[source] == exports


ERRORS = [
    ("let a = 1\nenum A { B }", 2, 0, "Enums are not supported"),
    ("namespace A {}", 1, 0, "Namespaces are not supported"),
    ("module A {}", 1, 0, "Namespaces are not supported"),
    ("import a from 'b'", 1, 0, "Imports are not supported"),
    ("import a = require('b')", 1, 0, "Imports are not supported"),
    ("export * from 'b'", 1, 0, "Only declarations and names"),
    ("export = 5", 1, 0, "Only declarations and names"),
    ("class A { constructor(private a: T) {} }", 1, 22, "Parameter properties are not supported"),
    ("class A { @dec x }", 1, 10, "Decorators are not supported"),
    ("const a = await b", 1, 10, "await only works in async functions"),
    ("x = y as T\n[z]", 2, 0, "Expected ';' before this bracket"),
    ("x = y as T\n(z)", 1, 4, "Expected ';' or parentheses"),
    ("return 1", 1, 0, "return only works in functions"),
    ("é = 1;\n  let = = 2", 2, None, ""),
    ("function f( {", 1, None, ""),
    ("export function onLoad() {\n  const x = {\n}\n", None, None, ""),
    ("const a: = 1", 1, None, ""),
]


@pytest.mark.parametrize(("source", "line", "column", "message"), ERRORS)
def test_error(source: str, line: int | None, column: int | None, message: str) -> None:
    with pytest.raises(HogSyntaxError) as caught:
        javascript_of_typescript(source)
    assert message in caught.value.message
    assert line in (None, caught.value.line)
    assert column in (None, caught.value.column)


@given(st.text(alphabet="abc <>(){}[]:;=,.?!'\"`$é\n*+", max_size=40))
def test_any_text_keeps_its_lines_or_is_refused(source: str) -> None:
    try:
        written = javascript_of_typescript(source)
    except HogSyntaxError as error:
        assert 1 <= error.line <= source.count("\n") + 1
        return
    assert len(written) >= len(source)
    assert [len(line) for line in written.split("\n")[: source.count("\n")]] == [
        len(line) for line in source.split("\n")[: source.count("\n")]
    ]


@needs_node
def test_deep_nesting_is_no_problem() -> None:
    source = "export const r = " + "(" * 300 + "1 as number" + ")" * 300
    assert evaluate("", [f"() => {module(source)}()"]) == [{"r": 1}]


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 30_000 + "1" + ")" * 30_000,
        "x" + " as T" * 20_000,
        "x = " + "(a: T) => " * 9_000 + "1",
        "async function f() { " + "await " * 10_000 + "1 }",
        "let a: " + "Array<" * 15_000 + "x" + ">" * 15_000,
        "1" + "+1" * 40_000,
    ],
    ids=["parentheses", "casts", "functions", "awaits", "types", "sums"],
)
def test_hostile_sources_take_linear_time(source: str) -> None:
    start = time.process_time()
    assert len(javascript_of_typescript(source)) == len(source)
    assert time.process_time() - start < 60  # what is quadratic takes minutes
