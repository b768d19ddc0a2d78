"""The published C++ parser (PyPI ``hogql-parser``) as an oracle: a development dependency, never used by the product.

The extension imports ``posthog.hogql.errors`` when it loads; any module of that name with the error classes on it
will do (spec hog_language.md 1.1), so an empty one is registered first.
"""

from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import Any


def _register_error_module() -> None:
    names = (
        "SyntaxError",
        "QueryError",
        "NotImplementedError",
        "ParsingError",
        "ImpossibleASTError",
        "ResolutionError",
    )

    class BaseHogQLError(Exception):
        def __init__(self, message: str, *, start: int | None = None, end: int | None = None) -> None:
            super().__init__(message)
            self.start, self.end = start, end

    for path in ("posthog", "posthog.hogql"):
        package = ModuleType(path)
        package.__path__ = []
        sys.modules.setdefault(path, package)
    errors = ModuleType("posthog.hogql.errors")
    for name in ("BaseHogQLError", "ExposedHogQLError", "InternalHogQLError", *names):
        setattr(errors, name, type(name, (BaseHogQLError,), {}))
    sys.modules.setdefault("posthog.hogql.errors", errors)


_register_error_module()
import hogql_parser  # noqa: E402


def parse(kind: str, text: str) -> dict[str, Any]:
    """The oracle's JSON for ``text`` as a ``program``, ``expression`` or ``template``.

    On failure the dict has ``error: True`` (the oracle reports errors in band).
    """
    if kind == "program":
        raw = hogql_parser.parse_program_json(text)
    elif kind == "expression":
        raw = hogql_parser.parse_expr_json(text)
    else:
        raw = hogql_parser.parse_full_template_string_json("F'" + text)
    result: dict[str, Any] = json.loads(raw)
    return result
