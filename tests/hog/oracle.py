"""The published C++ parser (PyPI ``hogql-parser``) as an oracle: a development dependency, never used by the product.

The extension imports ``posthog.hogql.errors`` when it loads; any module of that name with the error classes on it
will do (spec hog_language.md 1.1), so one of ours is registered first.
"""

from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import Any


class BaseHogQLError(Exception):
    """What the extension finds as the root of its errors."""

    def __init__(self, message: str, *, start: int | None = None, end: int | None = None) -> None:
        super().__init__(message)
        self.start, self.end = start, end


def _register_error_module() -> None:
    for path in ("posthog", "posthog.hogql"):
        package = ModuleType(path)
        package.__path__ = []
        sys.modules.setdefault(path, package)
    errors = ModuleType("posthog.hogql.errors")
    for name in ("Exposed", "Internal", "Syntax", "Query", "NotImplemented", "Parsing", "ImpossibleAST", "Resolution"):
        full = f"{name}HogQLError" if name in ("Exposed", "Internal") else f"{name}Error"
        setattr(errors, full, type(full, (BaseHogQLError,), {}))
    errors.BaseHogQLError = BaseHogQLError  # type: ignore[attr-defined]
    sys.modules.setdefault("posthog.hogql.errors", errors)


_register_error_module()
import hogql_parser  # noqa: E402

_PARSERS = {
    "program": hogql_parser.parse_program_json,
    "expression": hogql_parser.parse_expr_json,
    "template": hogql_parser.parse_full_template_string_json,
}


def parse(kind: str, text: str) -> dict[str, Any]:
    """The oracle's JSON for ``text`` as a ``program``, ``expression`` or ``template``.

    On failure the dict has ``error: True`` (the oracle reports errors in band).
    """
    try:
        raw = _PARSERS[kind](f"F'{text}" if kind == "template" else text)
    except BaseHogQLError as error:
        # Unpaired braces are the one mistake that it raises instead of reporting.
        return {"error": True, "message": str(error)}
    result: dict[str, Any] = json.loads(raw)
    return result
