"""Imports point one way: every layer knows those below it and nothing else (docs/architecture.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPS = ["actions", "hog_functions", "insight_variables", "integrations"]
COMPOSITION = [
    "urls",
    "settings",
    "wsgi",
    "serve",
    "http_process",
    "gateway",
    "first_run",
    "welcome",
    "apps",
    "management",
]

# From the top down. A package may import those of lower rows, and itself.
LAYERS: list[list[str]] = [
    [f"hogapi.{name}" for name in COMPOSITION],
    APPS,
    ["hogapi.worker"],
    ["hogapi.capture"],
    ["hogapi.runtime"],
    ["hogapi.activity"],
    ["hogapi.api"],
    ["hogapi.accounts", "hogapi.definitions", "hogapi.telemetry"],
    ["hogapi.hog", "hogapi.embedded"],
]
RANK = {package: len(LAYERS) - row for row, packages in enumerate(LAYERS) for package in packages}

# What the language may use: the standard library and its few libraries.
HOG_LIBRARIES = {"re2", "cryptography", "tree_sitter", "tree_sitter_typescript"}


def _package(module: str) -> str | None:
    """The layer member that ``module`` belongs to."""
    parts = module.split(".")
    for name in (".".join(parts[:2]), parts[0]):
        if name in RANK:
            return name
    return None


def _files() -> Iterator[Path]:
    for folder in ["hogapi", *APPS]:
        yield from sorted((ROOT / folder).rglob("*.py"))


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path}: relative imports hide the layer"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", list(_files()), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_its_own_package_and_lower_layers(path: Path) -> None:
    own = _package(_module(path))
    if own is None:
        assert _module(path) == "hogapi", f"{path} is in no layer: add it to LAYERS and docs/architecture.md"
        return
    for name in _imports(path):
        other = _package(name)
        if other is None or other == own:
            continue
        allowed = RANK[other] < RANK[own] or (RANK[own] == len(LAYERS) and other in LAYERS[0])
        assert allowed, f"{_module(path)} imports {name}: {own} may not know {other}"


def test_the_language_knows_neither_django_nor_an_engine() -> None:
    import sys

    for path in sorted((ROOT / "hogapi/hog").rglob("*.py")):
        for name in _imports(path):
            top = name.split(".")[0]
            known = top in sys.stdlib_module_names or top in HOG_LIBRARIES or name.startswith("hogapi.hog")
            assert known or name == "hogapi", f"{_module(path)} imports {name}"


def test_only_one_module_talks_to_clickhouse() -> None:
    users = {_module(path) for path in _files() if any(n.split(".")[0] == "clickhouse_connect" for n in _imports(path))}
    assert users <= {"hogapi.telemetry.client"}
