"""Random Hog texts for hypothesis: well-formed ones by construction, and soups of tokens."""

from __future__ import annotations

from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "b", "event", "$x", "if", "`q r`", '"w"', "date", "key"])
LITERALS = st.sampled_from(
    ["1", "0", "1.5", ".5", "1e3", "0x1F", "'t'", "'it''s'", r"'\n'", "true", "null", "inf", "f'{a}'", "f'x{a}y'", "-1"]
)
BINARY = st.sampled_from(
    [
        *["+", "-", "*", "/", "%", "||", "??", "=", "==", "!=", "<>", "<", "<=", ">", ">=", "and", "or", "like", "in"],
        *["not in", "ilike", "not like", "=~", "!~", "~*", "is distinct from", "<=>", "not ilike"],
    ]
)


def _lists(items: st.SearchStrategy[str], least: int = 0) -> st.SearchStrategy[str]:
    return st.lists(items, min_size=least, max_size=3).map(", ".join)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    # In a program, the oracle reads "1.a" as the number "1." and another statement.
    holder = NAMES | inner.map("({})".format)
    return st.one_of(
        st.tuples(inner, BINARY, inner).map(" ".join),
        st.tuples(inner, st.just("?"), inner, st.just(":"), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("not {}".format),
        inner.map("- {}".format),
        st.builds("{}({})".format, NAMES, _lists(inner)),
        st.builds("({})({})".format, inner, _lists(inner)),
        st.builds("{}({})({})".format, NAMES, _lists(inner), _lists(inner)),
        st.builds("{}.{}".format, holder, NAMES),
        st.builds("{}?.{}".format, holder, NAMES),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("{}[{}:{}]".format, inner, inner, inner),
        _lists(inner).map("[{}]".format),
        _lists(inner, 2).map("({})".format),
        st.builds("{{{}: {}, 'k': {}}}".format, inner, inner, inner),
        st.builds("(x) -> {}".format, inner),
        st.builds("x -> {{ let y := {} return {} }}".format, inner, inner),
        st.builds("{} between {} and {}".format, inner, inner, inner),
        st.builds("({} is not null)".format, inner),
        st.builds("{} is null".format, inner),
        st.builds("case when {} then {} else {} end".format, inner, inner, inner),
        st.builds("cast(({}) as Int)".format, inner),
        st.builds("interval {} day".format, inner),
        st.builds("{}::text".format, inner),
        st.builds("f'p{{{}}}q{{{}}}'".format, inner, inner),
        st.builds("f({} order by {} desc) over (partition by {})".format, inner, inner, inner),
        st.builds("f({}) over (partition by {} order by {})".format, inner, inner, inner),
        st.builds("<tag name={{{}}}>text {{{}}}</tag>".format, inner, inner),
    )


EXPRESSIONS = st.recursive(NAMES | LITERALS, _larger, max_leaves=6)
_SMALL = st.recursive(NAMES | LITERALS, _larger, max_leaves=3)


def _bodies(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, max_size=3).map(lambda statements: "{ " + "\n".join(statements) + " }")


def _statements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = _bodies(inner)
    return st.one_of(
        st.builds("if ({}) {}".format, _SMALL, body),
        st.builds("if ({}) {} else {}".format, _SMALL, body, body),
        st.builds("if ({}) {} else if ({}) {}".format, _SMALL, inner, _SMALL, body),
        st.builds("while ({}) {}".format, _SMALL, body),
        st.builds("for (let i := 0; {}; i := i + 1) {}".format, _SMALL, body),
        st.builds("for (let k, v in {}) {}".format, _SMALL, body),
        st.builds("fun f(x, y) {}".format, body),
        st.builds("try {} catch (e: T) {}".format, body, body),
        body,
    )


_SIMPLE = st.one_of(
    st.builds("let x := {};".format, _SMALL),
    st.builds("x := {};".format, _SMALL),
    st.builds("x.y[{}] := {};".format, _SMALL, _SMALL),
    st.builds("print({});".format, _SMALL),
    st.builds("return {};".format, _SMALL),
    st.builds("throw {};".format, _SMALL),
    st.sampled_from(["return;", "let x;", ";", "// comment\n", "/* comment */"]),
)
PROGRAMS = st.lists(st.recursive(_SIMPLE, _statements, max_leaves=4), max_size=4).map("\n".join)
TEMPLATES = st.lists(
    st.one_of(st.text("ab '\"\\n}$/-é😀\n", max_size=6), _SMALL.map("{{ {} }}".format)), max_size=4
).map("".join)

_TOKENS = [
    *["a", "b", "1", ".5", "1.", "'x'", "f'x'", "f'{", "'", "}", "<a>", "</a>", "#"],
    *["(", ")", "[", "]", "{", ",", ";", ":", ":=", ".", "?.", "->", "::"],
    *["+", "-", "*", "/", "=", "<", ">", "?", "??", "||", "and", "or", "not", "in", "is", "null", "as", "between"],
    *["let", "fun", "if", "else", "for", "while", "return", "throw", "try", "catch"],
    *["case", "when", "then", "end", "interval", "day", "lambda"],
]
SOUPS = st.lists(st.sampled_from(_TOKENS), max_size=12).map(" ".join)
