"""What programs do when they run: every operation, calls, closures, errors, globals."""

import math

import pytest

from hogapi.hog.errors import HogVerificationError, UncaughtHogError
from hogapi.hog.vm import Execution, compile_filter, execute


def run(*code, globals=None, **options) -> Execution:
    return execute(["_H", 1, *code], globals, **options)


def value(*code, globals=None, **options):
    execution = run(*code, globals=globals, **options)
    assert execution.error is None, execution.error
    assert execution.finished
    return execution.result


def failure(*code, **options) -> str:
    execution = run(*code, **options)
    assert not execution.finished
    return str(execution.error)


def binary(op: int, left: list, right: list):
    return value(*right, *left, op)


NULL, TRUE, FALSE = [31], [29], [30]
NAN = [33, 0, 33, 0, 9]


def text(content: str) -> list:
    return [32, content]


def number(content: float) -> list:
    return [33 if isinstance(content, int) else 34, content]


@pytest.mark.parametrize(
    ("op", "left", "right", "expected"),
    [
        (6, number(1), number(2), 3),
        (6, text("1"), number(2), 3),
        (6, NULL, number(1), 1),
        (6, TRUE, number(1), 2),
        (6, [33, 1, 43, 1], number(1), 2),
        (7, number(1), number(2), -1),
        (8, number(0.1), number(3), 0.1 * 3),
        (9, number(1), number(4), 0.25),
        (10, number(-7), number(3), -1),
        (11, number(1), text("1.0"), True),
        (11, text(""), number(0), True),
        (11, NULL, number(0), False),
        (11, NULL, NULL, True),
        (11, text("1"), TRUE, False),
        (11, text("true"), TRUE, True),
        (11, text("TRUE"), FALSE, True),
        (12, text("a"), text("b"), True),
        (13, text("10"), number(9), True),
        (14, NULL, number(0), True),
        (15, number(1), NULL, False),
        (16, NULL, number(10), True),
        (15, NAN, number(1), False),
        (14, NAN, number(1), False),
        (11, [33, 1, 33, 2, 43, 2], [33, 1, 33, 2, 43, 2], True),
        (15, [33, 1, 33, 2, 43, 2], [33, 1, 33, 10, 43, 2], True),
        (11, [32, "a", 43, 1], [32, "a", 43, 1], False),
        (17, text("banana"), text("n"), True),
        (17, text("a\nb"), text("a%b"), False),
        (18, text("BANANA"), text("a_a"), True),
        (19, text("banana"), text("x"), True),
        (20, text("banana"), text("N"), False),
        (21, number(3), [32, "3", 44, 1], False),
        (21, text("an"), text("banana"), True),
        (22, number(3), [33, 3, 43, 1], False),
        (23, text("banana"), text("^b.*a$"), True),
        (24, NULL, text("a"), True),
        (25, text("BANANA"), text("^ban"), True),
        (26, text("BANANA"), text("^ban"), False),
    ],
)
def test_operators(op, left, right, expected):
    assert binary(op, left, right) == expected


def test_numbers_are_doubles():
    assert math.isnan(binary(6, text("abc"), number(1)))
    assert binary(9, number(1), number(0)) == math.inf
    assert binary(6, number(2**53), number(1)) == 2**53
    assert value(*number(1.0)) == 1
    assert type(value(*number(1.0))) is int


def test_and_or_count_truth():
    assert value(33, 1, 32, "", 3, 2) is False
    assert value(33, 1, 32, "", 4, 2) is True
    assert value(43, 0, 42, 0, 3, 2) is True
    assert value(5 * 0 + 31, 5) is True


def test_globals_are_walked_and_copied():
    globals = {"event": {"properties": {"list": [1, 2]}}}
    assert value(32, "list", 32, "properties", 32, "event", 1, 3, globals=globals) == [1, 2]
    assert value(32, "no", 32, "such", 32, "event", 1, 3, globals=globals) is None
    value(32, "event", 1, 1, 32, "properties", 33, 1, 46, 31, globals=globals)
    assert globals == {"event": {"properties": {"list": [1, 2]}}}


def test_unknown_names():
    assert failure(32, "b", 32, "a", 1, 2) == "Global variable not found: a.b"
    assert failure(2, "nope", 0) == "Unsupported function call: nope"
    assert failure(2, "lower", 0) == "Function lower requires at least 1 arguments"
    assert failure(33, 1, 2, "arrayMap", 1) == "Function arrayMap requires exactly 2 arguments"


def test_properties():
    array = [33, 1, 33, 2, 43, 2]
    assert value(*array, 33, -1, 45) == 2
    assert value(*array, 33, 5, 45) is None
    assert failure(*array, 33, 0, 45) == "Hog arrays start from index 1"
    assert value(43, 0, 36, 0, 33, 2, 33, 9, 46) == [None, 9]
    assert value(31, 32, "x", 45) is None
    assert failure(31, 32, "x", 33, 1, 46, 31) == "Can not set x on non-object: object"


FIBONACCI = [33, 2, 36, 0, 15, 40, 3, 36, 0, 38, 33, 2, 36, 0, 7, 55, 0, 54, 1, 33, 1, 36, 0, 7, 55, 0, 54, 1, 6, 38]


def test_recursion():
    assert value(52, "fib", 1, 1, len(FIBONACCI), *FIBONACCI, 53, 1, True, 0, 33, 15, 36, 0, 54, 1, 38) == 610


def test_closures_share_their_variables():
    body = [33, 1, 55, 0, 6, 56, 0, 31, 38]
    assert value(33, 1, 52, "f", 0, 1, len(body), *body, 53, 1, True, 0, 36, 1, 54, 0, 35, 36, 0, 38) == 2


def test_missing_arguments_are_null_and_more_are_an_error():
    identity = [52, "f", 1, 0, 3, 36, 0, 38, 53, 0]
    assert value(*identity, 54, 0) is None
    assert failure(33, 1, 33, 2, *identity, 54, 2) == "Too many arguments. Passed 2, expected 1"
    assert failure(33, 1, 54, 0) == "Invalid closure: 1"


def test_library_functions_are_values():
    assert value(32, "AB", 32, "lower", 1, 1, 54, 1) == "ab"
    assert value(52, "lambda", 1, 0, 6, 33, 1, 36, 0, 6, 38, 53, 0, 33, 1, 43, 1, 32, "arrayMap", 1, 1, 54, 2) == [2]


def test_errors_are_caught_in_their_frame_or_an_outer_one():
    thrower = [52, "f", 0, 0, 6, 32, "boo", 2, "Error", 1, 49, 53, 0]
    caught = [*thrower, 50, 9, 36, 0, 54, 0, 35, 51, 39, 4, 32, "message", 45, 38, 31]
    assert value(*caught) == "boo"


def test_uncaught_errors():
    error = run(32, "it's", 33, 1, 2, "Error", 2, 49).error
    assert isinstance(error, UncaughtHogError)
    assert (error.type, error.message, error.payload) == ("Error", "it's", 1)
    assert str(error) == "Error('it\\'s')"
    assert failure(32, "x", 49) == "Can not throw: value is not of type Error"


def test_print_hands_over_lines():
    lines = []
    value(32, "a", 33, 1, 2, "print", 2, 35, print=lines.append)
    assert lines == ["a 1"]


def test_host_functions_see_plain_values():
    seen = []
    code = [33, 1, 33, 2.5, 44, 2, 2, "geo", 1]
    assert value(*code, functions={"geo": lambda v: seen.append(v) or {"a": 1}}) == {"a": 1}
    assert seen == [[1, 2.5]]

    def broken():
        raise ValueError("no")

    assert failure(2, "geo", 0, functions={"geo": broken}) == "Function geo failed: no"


def test_version_0_passes_arguments_in_pop_order():
    assert execute(["_h", 32, "b", 32, "a", 2, "concat", 2]).result == "ab"
    declared = ["_h", 41, "f", 1, 6, 33, 1, 36, 0, 6, 38, 33, 4, 2, "f", 1]
    assert execute(declared).result == 5


def test_imports_run_another_chunk():
    program = {
        "bytecodes": {"root": {"bytecode": ["_H", 1, 32, "m", 2, "import", 1]}, "m": {"bytecode": ["_H", 1, 33, 7, 38]}}
    }
    assert execute(program).result == 7
    assert failure(32, "x", 2, "import", 1) == "Unknown chunk: x"


def test_programs_without_meaning_are_refused():
    with pytest.raises(HogVerificationError):
        execute(["_H", 1, 99])
    with pytest.raises(HogVerificationError, match="must start with '_H'"):
        execute([])


def test_filters():
    holds = compile_filter(["_H", 1, 32, "$pageview", 32, "event", 1, 1, 11])
    assert holds({"event": "$pageview"}) is True
    assert holds({"event": "other"}) is False
