"""The instruction set of Hog bytecode (spec hog_language.md 2.1): numbers, operands and effect on the stack."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

HEADER = "_H"
LEGACY_HEADER = "_h"
VERSION = 1


class Op(IntEnum):
    """Operation numbers as they stand in the token list; the names are the published ones."""

    GET_GLOBAL = 1
    CALL_GLOBAL = 2
    AND = 3
    OR = 4
    NOT = 5
    PLUS = 6
    MINUS = 7
    MULTIPLY = 8
    DIVIDE = 9
    MOD = 10
    EQ = 11
    NOT_EQ = 12
    GT = 13
    GT_EQ = 14
    LT = 15
    LT_EQ = 16
    LIKE = 17
    ILIKE = 18
    NOT_LIKE = 19
    NOT_ILIKE = 20
    IN = 21
    NOT_IN = 22
    REGEX = 23
    NOT_REGEX = 24
    IREGEX = 25
    NOT_IREGEX = 26
    IN_COHORT = 27
    NOT_IN_COHORT = 28
    TRUE = 29
    FALSE = 30
    NULL = 31
    STRING = 32
    INTEGER = 33
    FLOAT = 34
    POP = 35
    GET_LOCAL = 36
    SET_LOCAL = 37
    RETURN = 38
    JUMP = 39
    JUMP_IF_FALSE = 40
    DECLARE_FN = 41
    DICT = 42
    ARRAY = 43
    TUPLE = 44
    GET_PROPERTY = 45
    SET_PROPERTY = 46
    JUMP_IF_STACK_NOT_NULL = 47
    GET_PROPERTY_NULLISH = 48
    THROW = 49
    TRY = 50
    POP_TRY = 51
    CALLABLE = 52
    CLOSURE = 53
    CALL_LOCAL = 54
    GET_UPVALUE = 55
    SET_UPVALUE = 56
    CLOSE_UPVALUE = 57


COUNT = "count"  # an integer >= 0
OFFSET = "offset"  # an integer, possibly negative
NAME = "name"  # a string
NUMBER = "number"  # an integer, a float, or (tree mode, spec 3.2) a boolean

OPERANDS: dict[Op, tuple[str, ...]] = {
    Op.GET_GLOBAL: (COUNT,),
    Op.CALL_GLOBAL: (NAME, COUNT),
    Op.AND: (COUNT,),
    Op.OR: (COUNT,),
    Op.STRING: (NAME,),
    Op.INTEGER: (NUMBER,),
    Op.FLOAT: (NUMBER,),
    Op.GET_LOCAL: (COUNT,),
    Op.SET_LOCAL: (COUNT,),
    Op.JUMP: (OFFSET,),
    Op.JUMP_IF_FALSE: (OFFSET,),
    Op.DECLARE_FN: (NAME, COUNT, COUNT),
    Op.DICT: (COUNT,),
    Op.ARRAY: (COUNT,),
    Op.TUPLE: (COUNT,),
    Op.JUMP_IF_STACK_NOT_NULL: (OFFSET,),
    Op.TRY: (OFFSET,),
    Op.CALLABLE: (NAME, COUNT, COUNT, COUNT),
    Op.CLOSURE: (COUNT,),  # followed by that many (isLocal, index) pairs
    Op.CALL_LOCAL: (COUNT,),
    Op.GET_UPVALUE: (COUNT,),
    Op.SET_UPVALUE: (COUNT,),
}
"""Kinds of the operands that follow each operation; operations not listed have none."""

BINARY = frozenset(range(Op.PLUS, Op.NOT_IREGEX + 1))
"""Operations that pop two values (the first popped is the left one) and push one."""

JUMPS = frozenset({Op.JUMP, Op.JUMP_IF_FALSE, Op.JUMP_IF_STACK_NOT_NULL})

STACK_EFFECT: dict[Op, tuple[int, int]] = {
    Op.NOT: (1, 1),
    Op.TRUE: (0, 1),
    Op.FALSE: (0, 1),
    Op.NULL: (0, 1),
    Op.STRING: (0, 1),
    Op.INTEGER: (0, 1),
    Op.FLOAT: (0, 1),
    Op.POP: (1, 0),
    Op.GET_LOCAL: (0, 1),
    Op.SET_LOCAL: (1, 0),
    Op.RETURN: (1, 0),
    Op.JUMP: (0, 0),
    Op.JUMP_IF_FALSE: (1, 0),
    Op.DECLARE_FN: (0, 0),
    Op.GET_PROPERTY: (2, 1),
    Op.GET_PROPERTY_NULLISH: (2, 1),
    Op.SET_PROPERTY: (3, 0),
    Op.JUMP_IF_STACK_NOT_NULL: (1, 1),
    Op.THROW: (1, 0),
    Op.TRY: (0, 0),
    Op.POP_TRY: (0, 0),
    Op.CALLABLE: (0, 1),
    Op.CLOSURE: (1, 1),
    Op.GET_UPVALUE: (0, 1),
    Op.SET_UPVALUE: (1, 0),
    Op.CLOSE_UPVALUE: (1, 0),
    **{Op(number): (2, 1) for number in BINARY},
}
"""(popped, pushed) of the operations whose effect does not depend on operands."""


def stack_effect(op: Op, operands: tuple[Any, ...]) -> tuple[int, int]:
    """Return how many values ``op`` pops and pushes; counts come from its verified ``operands``."""
    fixed = STACK_EFFECT.get(op)
    if fixed is not None:
        return fixed
    count: int = operands[1] if op == Op.CALL_GLOBAL else operands[0]
    if op == Op.DICT:
        return 2 * count, 1
    if op == Op.CALL_LOCAL:
        return count + 1, 1
    return count, 1
