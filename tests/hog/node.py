"""Running JavaScript in node, for the tests of what we write in that language."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def run(script: str) -> str:
    """Return what a script prints; an uncaught error fails the test with its text."""
    done = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def evaluate(prelude: str, functions: Sequence[str]) -> list[Any]:
    """Return the JSON results of function expressions; an error gives its text behind ``error: ``."""
    cases = ",\n".join(f"() => ({function})()" for function in functions)
    script = f"""{prelude}
const attempt = (run) => {{ try {{ return run() ?? null; }} catch (error) {{ return "error: " + error.message; }} }};
console.log("\\u0001" + JSON.stringify([{cases}].map(attempt)));"""
    return json.loads(run(script).split("\u0001")[1])
