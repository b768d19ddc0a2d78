"""The corpus of Hog programs in ``programs/<topic>/<name>.hog``, each with its expected output in ``<name>.out``.

``python -m tests.hog.corpus`` rewrites the expected outputs from our VM; read the difference before committing it.
``programs/differences.json`` names the programs on which the published VM behaves otherwise, with the reason; the
reasons are the table of differences in docs/hog.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hogapi.hog.compiler import compile_program
from tests.hog.reference import ASYNC_FUNCTIONS, run_ours

PROGRAMS = Path(__file__).parent / "programs"

GLOBALS: dict[str, Any] = {
    "event": {
        "event": "Order Placed",
        "url": "https://example.com/events/1",
        "distinct_id": "d-1",
        "properties": {
            "$browser": "Firefox",
            "count": 3,
            "price": 9.5,
            "big": 12345678901,
            "tags": ["new", "paid"],
            "plan": "pro",
            "contact": "ann@example.com",
            "with space": "yes",
            "nothing": None,
        },
    },
    "person": {"name": "Ann", "properties": {}},
}


def names() -> list[str]:
    """Return ``topic/name`` of all programs."""
    return sorted(str(path.relative_to(PROGRAMS).with_suffix("")) for path in PROGRAMS.glob("*/*.hog"))


def bytecode(name: str) -> list[Any]:
    """Return the compiled program."""
    source = (PROGRAMS / f"{name}.hog").read_text(encoding="utf-8")
    return compile_program(source, supported_functions=ASYNC_FUNCTIONS)


def expected(name: str) -> str:
    """Return the expected output."""
    return (PROGRAMS / f"{name}.out").read_text(encoding="utf-8")


def differences() -> dict[str, str]:
    """Return the programs on which the published VM differs, with the reason."""
    reasons: dict[str, str] = json.loads((PROGRAMS / "differences.json").read_text(encoding="utf-8"))
    return reasons


def as_text(outcome: dict[str, Any]) -> str:
    """Return what a program did as text: printed lines, then its result unless null, or its error."""
    lines = [*outcome["printed"]]
    if outcome["kind"] is not None:
        lines.append(f"{'uncaught' if outcome['kind'] == 'uncaught' else 'error'} {outcome['error']}")
    elif outcome["result"] is not None:
        result = json.loads(json.dumps(outcome["result"]), parse_int=_double)
        lines.append(f"=> {json.dumps(result, ensure_ascii=False, sort_keys=True)}")
    return "".join(f"{line}\n" for line in lines)


def _double(digits: str) -> int | float:
    """Return a whole number as each language writes it: large ones have digits in JSON of node, exponents in ours."""
    return int(digits) if abs(int(digits)) <= 2**53 else float(digits)


def write_expected() -> None:
    """Rewrite all expected outputs."""
    for name in names():
        (PROGRAMS / f"{name}.out").write_text(as_text(run_ours(bytecode(name), GLOBALS)), encoding="utf-8")


if __name__ == "__main__":
    write_expected()
