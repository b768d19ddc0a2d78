"""Whatever the parser accepts compiles, to both targets, quickly, and from deep within a caller's stack."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hogapi.hog.vm  # noqa: F401 - fills the library
from hogapi.hog import ast
from hogapi.hog.compiler import compile_expression, compile_program
from hogapi.hog.compiler_functions import NAMES
from hogapi.hog.compiler_scope import Unit
from hogapi.hog.errors import HogCompileError, HogError
from hogapi.hog.javascript import transpile_program
from hogapi.hog.parser import parse_program
from hogapi.hog.stl.registry import LIBRARY
from hogapi.hog.verifier import verify

NESTED: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "return " + "(" * n + "1" + ")" * n,
    "calls": lambda n: "return " + "f(" * n + "1" + ")" * n,
    "arrays": lambda n: "return " + "[" * n + "1" + "]" * n,
    "dicts": lambda n: "return " + "{'a': " * n + "1" + "}" * n,
    "lambdas": lambda n: "return " + "x -> " * n + "x",
    "closures": lambda n: "let v := 1 return " + "(() -> " * n + "v" + ")" * n,
    "ternaries": lambda n: "return " + "1 ? 2 : " * n + "3",
    "sums": lambda n: "return 1" + " + 1" * n,
    "accesses": lambda n: "return a" + "[1]" * n,
    "blocks": lambda n: "{" * n + "a" + "}" * n,
    "conditions": lambda n: "if (1) {" * n + "}" * n,
    "functions": lambda n: "fun f() {" * n + "}" * n,
    "loops": lambda n: "for (let a in b) {" * n + "}" * n,
    "handlers": lambda n: "try {" * n + "} catch (e) {}" * n,
    "trees": lambda n: "return sql(" + "not " * n + "1)",
}


def deepest(shape: Callable[[int], str]) -> ast.Program:
    """The deepest tree of a shape that the parser accepts."""
    low, high = 1, 400
    while high - low > 1:
        middle = (low + high) // 2
        try:
            parse_program(shape(middle))
            low = middle
        except HogError:
            high = middle
    return parse_program(shape(low))


def at_depth(frames: int, run: Callable[[], object]) -> object:
    return run() if frames == 0 else at_depth(frames - 1, run)


@pytest.mark.parametrize("name", NESTED)
def test_the_deepest_tree_compiles(name: str) -> None:
    tree = deepest(NESTED[name])
    verify(at_depth(150, lambda: compile_program(tree)))
    at_depth(150, lambda: transpile_program(tree))


def test_a_tree_that_no_parser_made_is_refused() -> None:
    tree: ast.Expr = ast.Constant(1)
    for _ in range(5000):
        tree = ast.Not(tree)
    with pytest.raises(HogCompileError, match="nested too deeply"):
        compile_expression(tree)


def test_the_library_of_the_compiler_is_that_of_the_vm() -> None:
    inner = {name for name in LIBRARY if name.startswith("__")}
    elsewhere = {"sleep", "import", "arrayMap", "arrayFilter", "arrayExists", "arrayCount", "arrayReduce"}
    assert set(LIBRARY) - inner | elsewhere == NAMES


@given(st.lists(st.sampled_from(["open", "close", "a", "b", "c"]), max_size=40))
def test_scopes_give_slots_like_a_stack(actions: list[str]) -> None:
    unit, scopes = Unit(), [[]]
    unit.open_scope()
    for action in actions:
        if action == "open":
            scopes.append([])
            unit.open_scope()
        elif action == "close":
            if len(scopes) > 1:
                assert len(unit.close_scope()) == len(scopes.pop())
        else:
            assert unit.declared_here(action) is (action in scopes[-1])
            assert unit.declare(action) == sum(map(len, scopes))
            scopes[-1].append(action)
        flat = [name for scope in scopes for name in scope]
        for name in "abc":
            expected = len(flat) - 1 - flat[::-1].index(name) if name in flat else None
            assert unit.local(name) == expected
