"""The published Hog VM as an oracle: a node process that is asked one program at a time."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Self

from hogapi.hog.errors import HogVMError, UncaughtHogError
from hogapi.hog.vm import Limits, execute, resume

NODE = Path(__file__).parents[1] / "node"
ASYNC_FUNCTIONS = frozenset({"fetch"})
LIMITS = Limits(seconds=5)


def missing() -> str | None:
    """Return why there is no oracle on this machine, None when there is one."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (NODE / "node_modules" / "@posthog" / "hogvm").exists():
        npm = shutil.which("npm")
        if npm is None or subprocess.run([npm, "ci", "--silent"], cwd=NODE, check=False).returncode:
            return "the packages of tests/node are not installed"
    return None


class Reference:
    """The node process; a context manager."""

    def __enter__(self) -> Self:
        node = shutil.which("node") or "node"
        self.process = subprocess.Popen(
            [node, "hogvm.mjs"], cwd=NODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send one request (see tests/node/hogvm.mjs) and return the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


def answer_to(name: str | None, arguments: list[Any]) -> Any:
    """Return what the fake host answers to an async call; the same in tests/node/hogvm.mjs."""
    if name != "fetch":
        return None
    return {"status": 500 if str(arguments[0]).endswith("fail") else 200, "body": {"url": arguments[0], "n": 1}}


def _comparable(value: Any) -> Any:
    """Return ``value`` as the oracle's JSON shows it: NaN and infinities as text."""
    if isinstance(value, float) and value - value != 0:
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items()}
    return value


def run_ours(bytecode: list[Any], globals: dict[str, Any]) -> dict[str, Any]:
    """Run on our VM, through the JSON of every suspension, and report as the oracle does."""
    printed: list[str] = []
    options: dict[str, Any] = {"async_functions": ASYNC_FUNCTIONS, "print": printed.append, "limits": LIMITS}
    execution = execute(bytecode, globals, **options)
    while execution.state is not None:
        state = json.loads(json.dumps(execution.state))
        execution = resume(state, answer_to(execution.async_function, execution.async_args), globals, **options)
    lines = "\n".join(printed).split("\n") if printed else []
    if execution.error is None:
        return {"printed": lines, "result": _comparable(execution.result), "error": None, "kind": None}
    return {"printed": lines, "result": None, **_described(execution.error)}


def _described(error: HogVMError) -> dict[str, str]:
    if isinstance(error, UncaughtHogError):
        return {"error": f"{error.type}: {error.message}", "kind": "uncaught"}
    return {"error": str(error), "kind": "vm"}
