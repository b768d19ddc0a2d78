"""Reading and writing log lines."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hogapi.telemetry import logs, writer
from hogapi.telemetry.logs import LogLine

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clickhouse")]

START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


def _line(second: float = 0, message: str = "hello", **values: Any) -> LogLine:
    defaults: dict[str, Any] = {
        "team_id": 1,
        "log_source": "hog_function",
        "log_source_id": "f",
        "instance_id": "run",
        "level": "info",
    }
    return LogLine(timestamp=START + timedelta(seconds=second), message=message, **{**defaults, **values})


def _record(*lines: LogLine) -> None:
    logs.record(lines)
    writer.flush()


def _read(**filters: Any) -> list[LogLine]:
    return logs.read(**{"team_id": 1, "log_source": "hog_function", "log_source_id": "f", **filters})


def _messages(**filters: Any) -> list[str]:
    return [line.message for line in _read(**filters)]


@pytest.fixture
def five_lines() -> Iterator[None]:
    _record(*(_line(second, f"line {second}") for second in range(5)))
    yield


@pytest.mark.usefixtures("five_lines")
def test_the_newest_lines_come_first_up_to_the_limit() -> None:
    assert _messages(limit=3) == ["line 4", "line 3", "line 2"]


@pytest.mark.usefixtures("five_lines")
def test_time_bounds_are_exclusive() -> None:
    assert _messages(after=START + timedelta(seconds=1), before=START + timedelta(seconds=4)) == ["line 3", "line 2"]


def test_a_line_comes_back_as_it_was_with_its_level_in_upper_case() -> None:
    message = 'héllo \x00 🦔 "quoted" \\ \n tab\t %_'
    _record(_line(0.123456, message, level="Warn"))
    assert _read() == [_line(0.123456, message, level="WARN")]


@pytest.mark.parametrize(
    "other",
    [{"team_id": 2}, {"log_source": "hog_flow"}, {"log_source_id": "g"}],
)
def test_lines_of_other_projects_and_sources_are_not_read(other: dict[str, Any]) -> None:
    _record(_line(**other), _line(message="mine"))
    assert _messages() == ["mine"]


def test_levels_match_in_any_case() -> None:
    _record(*(_line(second, level, level=level) for second, level in enumerate(["debug", "info", "warn", "error"])))
    assert _messages(levels=["ERROR", "Info"]) == ["error", "info"]
    assert _messages(levels=["fatal"]) == []


def test_a_run_is_read_by_its_instance_id() -> None:
    _record(_line(0, "a", instance_id="one"), _line(0, "b", instance_id="two"))
    assert _messages(instance_id="two") == ["b"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("FAILED", ["Failed 100%", "it failed_over"]),
        ("100%", ["Failed 100%"]),
        ("f_iled", ["Failed 100%", "it failed_over"]),
        ("fail%over", ["it failed_over"]),
        ("C:\\temp", ["C:\\temp\\"]),
        ("temp\\", ["C:\\temp\\"]),
        ("\\", ["C:\\temp\\"]),
        ("nothing'; --", []),
        ("\udfff", []),
        ("HÉRISSON", ["un hérisson"]),
    ],
)
def test_search_matches_anywhere_in_any_case_with_wildcards(search: str, found: list[str]) -> None:
    _record(*(_line(-n, text) for n, text in enumerate(["Failed 100%", "it failed_over", "C:\\temp\\", "un hérisson"])))
    assert _messages(search=search) == found


def test_lines_of_one_run_in_one_microsecond_all_stay_and_keep_their_order() -> None:
    _record(*(_line(0, f"line {n}") for n in range(300)), _line(0, "other run", instance_id="other"))
    assert _messages(limit=500, instance_id="run") == [f"line {n}" for n in reversed(range(300))]
    assert [line.timestamp for line in _read(instance_id="other")] == [START]


def test_equal_lines_of_one_microsecond_all_stay() -> None:
    _record(*[_line(0, "again")] * 20)
    assert _messages() == ["again"] * 20


def test_different_lines_of_one_microsecond_stay_when_recorded_apart() -> None:
    _record(_line(0, "first"))
    _record(_line(0, "second"))
    assert sorted(_messages()) == ["first", "second"]


def test_moved_lines_do_not_meet_later_ones() -> None:
    _record(_line(0, "a"), _line(0.000001, "b"), _line(0, "a"), _line(0.000001, "b"), _line(0.000002, "c"))
    assert sorted(_messages()) == ["a", "a", "b", "b", "c"]
    assert len({line.timestamp for line in _read()}) == 5


def test_half_characters_of_user_programs_are_written_as_question_marks() -> None:
    _record(_line(0, "broken \ud83e text"))
    assert _messages() == ["broken ? text"]
