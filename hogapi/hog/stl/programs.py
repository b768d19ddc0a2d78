"""Library functions that call functions of the program, hence written as bytecode: they can be suspended like any.

All of them walk over ``values(array)``, so that dicts work and null counts as empty (spec hog_language.md 5, 7.2).
"""

from __future__ import annotations

from typing import Any

from hogapi.hog.opcodes import HEADER, VERSION, Op

CHUNK = "stl"
_FUNCTION, _ARRAY = 0, 1

Code = list[Any]


def _jump_over(code: Code) -> Code:
    return [Op.JUMP_IF_FALSE, len(code), *code]


def _call_on_item(values: int, index: int, *before: Any) -> Code:
    """Call the first parameter with what ``before`` pushes and the current item."""
    item = [Op.GET_LOCAL, values, Op.GET_LOCAL, index, Op.GET_PROPERTY]
    return [*before, *item, Op.GET_LOCAL, _FUNCTION, Op.CALL_LOCAL, 2 if before else 1]


def _loop(result: Code, body: Code, values: int) -> Code:
    """Walk over the values; slots: ``values``, then their number, the index from 1, and what ``result`` pushes."""
    limit, index = values + 1, values + 2
    setup = [
        *[Op.GET_LOCAL, _ARRAY, Op.CALL_GLOBAL, "values", 1],
        *[Op.GET_LOCAL, values, Op.CALL_GLOBAL, "length", 1],
        *[Op.INTEGER, 1],
        *result,
    ]
    test = [Op.GET_LOCAL, limit, Op.GET_LOCAL, index, Op.LT_EQ]
    turn = [*body, Op.INTEGER, 1, Op.GET_LOCAL, index, Op.PLUS, Op.SET_LOCAL, index]
    back = -(len(test) + 2 + len(turn) + 2)
    return [*setup, *test, Op.JUMP_IF_FALSE, len(turn) + 2, *turn, Op.JUMP, back, Op.GET_LOCAL, values + 3, Op.RETURN]


def _map() -> Code:
    body = [Op.GET_LOCAL, 5, Op.GET_LOCAL, 4, *_call_on_item(2, 4), Op.SET_PROPERTY]
    return _loop([Op.ARRAY, 0], body, 2)


def _filter() -> Code:
    keep = [
        *[Op.GET_LOCAL, 5, Op.INTEGER, 1, Op.GET_LOCAL, 5, Op.CALL_GLOBAL, "length", 1, Op.PLUS],
        *[Op.GET_LOCAL, 2, Op.GET_LOCAL, 4, Op.GET_PROPERTY, Op.SET_PROPERTY],
    ]
    return _loop([Op.ARRAY, 0], [*_call_on_item(2, 4), *_jump_over(keep)], 2)


def _exists() -> Code:
    return _loop([Op.FALSE], [*_call_on_item(2, 4), *_jump_over([Op.TRUE, Op.RETURN])], 2)


def _count() -> Code:
    more = [Op.INTEGER, 1, Op.GET_LOCAL, 5, Op.PLUS, Op.SET_LOCAL, 5]
    return _loop([Op.INTEGER, 0], [*_call_on_item(2, 4), *_jump_over(more)], 2)


def _reduce() -> Code:
    body = [*_call_on_item(3, 5, Op.GET_LOCAL, 6), Op.SET_LOCAL, 6]
    return _loop([Op.GET_LOCAL, 2], body, 3)


PROGRAMS: dict[str, tuple[int, Code]] = {
    "arrayMap": (2, _map()),
    "arrayFilter": (2, _filter()),
    "arrayExists": (2, _exists()),
    "arrayCount": (2, _count()),
    "arrayReduce": (3, _reduce()),
}
"""Number of parameters and body of each function."""


def library_bytecode() -> Code:
    """Return one program that holds all functions; function i + 1 of it is the i-th of ``PROGRAMS``."""
    code: Code = [HEADER, VERSION]
    for name, (params, body) in PROGRAMS.items():
        code += [Op.CALLABLE, name, params, 0, len(body), *body, Op.CLOSURE, 0, Op.POP]
    return [int(token) if isinstance(token, Op) else token for token in code]
