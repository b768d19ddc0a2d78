"""The command line of the language: ``hog run|compile|disassemble|format FILE``.

``FILE`` may be ``-`` for standard input. Mistakes in a program are shown as ``FILE:LINE:COLUMN: message`` (both counted
from 1, as editors do) with the line and a caret under the place. Exit codes: 0 done, 1 the program is at fault, 2 the
command is.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hogapi.hog.compiler import compile_program
from hogapi.hog.disassembler import disassemble
from hogapi.hog.errors import HogCompileError, HogError, HogSyntaxError
from hogapi.hog.formatter import format_program
from hogapi.hog.vm import Limits, execute, resume

ASYNC_FUNCTIONS = frozenset(["fetch", "postHogCapture"])
"""Host functions that destinations may call (spec hog_language.md 8); here only ``--mock-fetch`` answers them."""

_LIMITS = Limits(seconds=5.0)


class _UsageError(Exception):
    """The command cannot be carried out as given."""


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command (default: that of the process) and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        source = _read(arguments.file)
    except (_UsageError, OSError, UnicodeDecodeError) as error:
        print(f"{arguments.file}: {_reason(error)}", file=sys.stderr)
        return 2
    try:
        command: Callable[[argparse.Namespace, str], None] = arguments.command
        command(arguments, source)
    except (_UsageError, OSError, UnicodeDecodeError) as error:
        print(_reason(error), file=sys.stderr)
        return 2
    except HogError as error:
        print(describe(error, arguments.file, source), file=sys.stderr)
        return 1
    return 0


def describe(error: HogError, file: str, source: str) -> str:
    """The message of ``error`` with its place in ``file``, as far as the error knows it."""
    if isinstance(error, HogSyntaxError):
        line, column = error.line, error.column
    elif isinstance(error, HogCompileError) and error.start >= 0:
        error.locate(source)
        line, column = error.line or 1, error.column or 0
    else:
        return f"{file}: {error}"
    lines = source.split("\n")
    text = lines[line - 1] if line <= len(lines) else ""
    margin = "".join("\t" if character == "\t" else " " for character in text[:column])
    return f"{file}:{line}:{column + 1}: {error.message}\n{text}\n{margin}^"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hog", description="Run, compile, disassemble or format a Hog program.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace, str], None], help: str) -> argparse.ArgumentParser:
        subparser = commands.add_parser(name, help=help, description=help)
        subparser.add_argument("file", metavar="FILE", help="the program, or - for standard input")
        subparser.set_defaults(command=command)
        return subparser

    run = add("run", _run, "run a program (or its bytecode as JSON) and show what it prints and returns")
    run.add_argument("--globals", metavar="FILE", help="a JSON object with the program's global variables")
    run.add_argument("--mock-fetch", action="store_true", help="show calls of fetch and answer them with status 200")
    add("compile", _compile, "show a program's bytecode as JSON")
    add("disassemble", _disassemble, "show the instructions of a program, or of bytecode as JSON")
    layout = add("format", _format, "show a program in the standard layout")
    layout.add_argument("--write", action="store_true", help="change the file instead")
    return parser


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return "This is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)


def _read(file: str) -> str:
    return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")


def _bytecode(source: str) -> list[Any]:
    """The bytecode of a program, or the one that ``source`` spells out as JSON."""
    if source.lstrip()[:4].lower() != '["_h':
        return compile_program(source, supported_functions=ASYNC_FUNCTIONS)
    try:
        bytecode = json.loads(source)
    except json.JSONDecodeError as error:
        raise _UsageError(f"This is not JSON: {error}") from None
    return list(bytecode)


def _compile(arguments: argparse.Namespace, source: str) -> None:
    print(json.dumps(_bytecode(source), ensure_ascii=False))


def _disassemble(arguments: argparse.Namespace, source: str) -> None:
    print(disassemble(_bytecode(source)))


def _format(arguments: argparse.Namespace, source: str) -> None:
    formatted = format_program(source)
    if not arguments.write:
        print(formatted, end="")
    elif arguments.file == "-":
        raise _UsageError("--write needs a file to write to")
    elif formatted != source:
        Path(arguments.file).write_text(formatted, encoding="utf-8")


def _run(arguments: argparse.Namespace, source: str) -> None:
    options: dict[str, Any] = {"async_functions": ASYNC_FUNCTIONS, "print": print, "limits": _LIMITS}
    globals = _globals(arguments.globals)
    execution = execute(_bytecode(source), globals, **options)
    while execution.error is None and not execution.finished:
        answer = _answer(execution.async_function or "", execution.async_args, mocked=arguments.mock_fetch)
        if execution.state is None:
            raise HogError("The program stopped without a state to go on from")
        execution = resume(execution.state, answer, globals, **options)
    if execution.error is not None:
        raise execution.error
    if execution.result is not None:
        print(json.dumps(execution.result, ensure_ascii=False))


def _globals(file: str | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        values = json.loads(_read(file))
    except json.JSONDecodeError as error:
        raise _UsageError(f"{file}: This is not JSON: {error}") from None
    if not isinstance(values, dict):
        raise _UsageError(f"{file}: The global variables must be a JSON object")
    return values


def _answer(function: str, arguments: list[Any], *, mocked: bool) -> Any:
    """What a host function gives back to the program."""
    if function == "sleep":
        time.sleep(float(arguments[0]))
        return None
    if not mocked:
        raise HogError(f"The program calls {function}(), which --mock-fetch would answer")
    print(f"{function}({', '.join(json.dumps(argument, ensure_ascii=False) for argument in arguments)})")
    return {"status": 200, "body": {}} if function == "fetch" else None
