"""Formatting lays a program out in one way, and changes nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from parser_comparison import syntax_cases

from hogapi.hog.compiler import compile_program
from hogapi.hog.errors import HogCompileError, HogSyntaxError
from hogapi.hog.formatter import format_program
from hogapi.hog.lexer import Lexer
from hogapi.hog.parser import parse_program

CORPUS = sorted((Path(__file__).parent / "programs").rglob("*.hog"))


def assert_faithful(source: str) -> None:
    """Formatting keeps the tree and every comment, and formatting again changes nothing."""
    formatted = format_program(source)
    assert shape(formatted) == shape(source)
    assert format_program(formatted) == formatted
    assert comments(formatted) == comments(source)


def shape(source: str) -> str:
    """The tree of ``source`` without positions, as text because NaN does not equal itself."""
    return re.sub(r"(start|end)=-?\d+, ", "", repr(parse_program(source)))


def comments(source: str) -> list[str]:
    return [source[start:end].rstrip() for start, end in Lexer(source).program().comments]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ""),
        ("let   a:=1;let b := -a - -1", "let a := 1;\nlet b := -a - -1\n"),
        ("fun f( x,y ){return x+y}", "fun f(x, y) {\n    return x + y\n}\n"),
        (
            "if(a=1){b}else if(c){d}\nelse{e}",
            "if (a = 1) {\n    b\n} else if (c) {\n    d\n} else {\n    e\n}\n",
        ),
        ("for(let i:=0;i<3;i:=i+1){}", "for (let i := 0; i < 3; i := i + 1) {}\n"),
        ("for(let k,v in{})print(k,v)", "for (let k, v in {}) print(k, v)\n"),
        ("while(true)x", "while (true) x\n"),
        (
            "try{a}catch(e:T){b}catch{c}finally{}",
            "try {\n    a\n} catch (e: T) {\n    b\n} catch {\n    c\n} finally {}\n",
        ),
        ("let f:=x->{ return x*2 }", "let f := x -> { return x * 2 }\n"),
        ("let f:=()->{print(1)}", "let f := () -> { print(1) }\n"),
        ("let f := x -> {\nx}", "let f := x -> {\n    x\n}\n"),
        ("a?b:c", "a ? b : c\n"),
        ("a[1:2][b?c:d]?.[e]?.f.1::int", "a[1:2][b ? c : d]?.[e]?.f.1::int\n"),
        ("{'a':1,'b':[1,2]}", "{'a': 1, 'b': [1, 2]}\n"),
        ("f({\n'a':1,'b':2})", "f({\n    'a': 1,\n    'b': 2\n})\n"),
        ("a\nand b", "a\n    and b\n"),
        ("a\n\n\n\nb", "a\n\nb\n"),
        ("not(a)and not b", "not(a) and not b\n"),
        ("- - 1 + count( * )", "- -1 + count(*)\n"),
        ("1 .e5 + 1.5", "1 .e5 + 1.5\n"),
        ("lambda x:x", "lambda x: x\n"),
        ("f'a { b }'", "f'a { b }'\n"),
        ("<a b='c'>  x {y} </a>", "<a b='c'>  x {y} </a>\n"),
        ("a//b\nc--d", "a  //b\nc  --d\n"),
        ("if (a) {// why\nb}", "if (a) {  // why\n    b\n}\n"),
        ("f(a,// one\nb)// two", "f(a,  // one\n    b)  // two\n"),
        ("a < b and c > d", "a < b and c > d\n"),
        ("if (a)\nb\nelse\nc", "if (a)\n    b\nelse\n    c\n"),
    ],
)
def test_layout(source: str, expected: str) -> None:
    assert format_program(source) == expected
    assert_faithful(source)


@pytest.mark.parametrize("kind", ["program", "expression"])
def test_everything_that_parses_keeps_its_tree(kind: str) -> None:
    for source in syntax_cases(kind):
        try:
            parse_program(source)
        except HogSyntaxError:
            continue
        assert_faithful(source)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_programs_of_the_corpus_compile_to_the_same_bytecode(path: Path) -> None:
    source = path.read_text()
    assert_faithful(source)
    try:
        expected = compile_program(source)
    except HogCompileError:
        return
    assert compile_program(format_program(source)) == expected


def test_mistakes_are_reported_not_formatted() -> None:
    with pytest.raises(HogSyntaxError):
        format_program("let x = 1")
