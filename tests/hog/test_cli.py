"""``hog run|compile|disassemble|format``: output, exit codes, and errors that an editor can jump to."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from hogapi.hog.cli import main


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.hog"
    path.write_text("print('hello', name)\nreturn {'twice': 2 * 21}\n")
    return path


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_run_shows_what_the_program_prints_and_returns(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = write(tmp_path / "globals.json", '{"name": "Ada"}')
    assert main(["run", str(program), "--globals", names]) == 0
    assert capsys.readouterr().out == 'hello Ada\n{"twice": 42}\n'


def test_run_answers_fetch_when_asked_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "fetch.hog", "let r := fetch('https://example.com', {'method': 'GET'})\nprint(r.status)")
    assert main(["run", path, "--mock-fetch"]) == 0
    assert capsys.readouterr().out == 'fetch("https://example.com", {"method": "GET"})\n200\n'
    assert main(["run", path]) == 1
    assert "--mock-fetch" in capsys.readouterr().err


def test_run_takes_bytecode_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "program.json", json.dumps(["_H", 1, 33, 2, 33, 1, 6, 38]))
    assert main(["run", path]) == 0
    assert capsys.readouterr().out == "3\n"


def test_a_failing_program_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "throw.hog", "throw Error('no luck')")
    assert main(["run", path]) == 1
    assert capsys.readouterr().err == f"{path}: Error('no luck')\n"


def test_compile_shows_bytecode(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", write(tmp_path / "sum.hog", "return 1 + 2")]) == 0
    assert json.loads(capsys.readouterr().out) == ["_H", 1, 33, 2, 33, 1, 6, 38]


def test_disassemble_shows_instructions(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["disassemble", str(program)]) == 0
    output = capsys.readouterr().out
    assert "CALL_GLOBAL" in output
    assert "RETURN" in output


def test_format_shows_or_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "untidy.hog", "let a:=1 // one\nif(a){print(a)}")
    expected = "let a := 1  // one\nif (a) {\n    print(a)\n}\n"
    assert main(["format", path]) == 0
    assert capsys.readouterr().out == expected
    assert main(["format", path, "--write"]) == 0
    assert Path(path).read_text() == expected


def test_a_mistake_is_shown_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "mistake.hog", "let a := 1\n\tlet b = 2\n")
    assert main(["compile", path]) == 1
    message = "Expected ':=' between the variable and its value, but found '='"
    assert capsys.readouterr().err == f"{path}:2:8: {message}\n\tlet b = 2\n\t      ^\n"


def test_a_program_without_meaning_is_shown_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "meaning.hog", "print(1)\nx := 2\n")
    assert main(["compile", path]) == 1
    first, line, caret = capsys.readouterr().err.splitlines()
    assert first.startswith(f"{path}:2:1: ")
    assert (line, caret) == ("x := 2", "^")


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a:=1;"))
    assert main(["format", "-"]) == 0
    assert capsys.readouterr().out == "a := 1;\n"


def test_wrong_use_is_told_from_wrong_programs(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(tmp_path / "missing.hog")]) == 2
    assert "No such file" in capsys.readouterr().err
    (tmp_path / "binary.hog").write_bytes(b"\xff\xfe")
    assert main(["run", str(tmp_path / "binary.hog")]) == 2
    assert main(["run", str(program), "--globals", write(tmp_path / "list.json", "[]")]) == 2
    assert main(["run", str(program), "--globals", write(tmp_path / "bad.json", "{")]) == 2
    with pytest.raises(SystemExit) as stopped:
        main(["fly"])
    assert stopped.value.code == 2


@pytest.mark.parametrize("content", ['["_H", 1, 9999]', '["_H", 1,', '["_H", 1, 35]'])
def test_malformed_bytecode_is_an_error_not_a_crash(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "bad.json", content)
    for command in ("run", "disassemble"):
        assert main([command, path]) in (1, 2)
        assert capsys.readouterr().err


def test_globals_are_there_after_a_call_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "fetch.hog", "let r := fetch('https://example.com')\nprint(name, r.status)")
    names = write(tmp_path / "globals.json", '{"name": "Ada"}')
    assert main(["run", path, "--globals", names, "--mock-fetch"]) == 0
    assert capsys.readouterr().out.endswith("Ada 200\n")
