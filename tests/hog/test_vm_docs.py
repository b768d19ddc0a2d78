"""The examples of docs/hog.md do what stands under them, and its table names every difference."""

import re
from pathlib import Path

import pytest

from hogapi.hog.compiler import compile_program
from tests.hog import corpus
from tests.hog.reference import ASYNC_FUNCTIONS, run_ours

TEXT = (Path(__file__).parents[2] / "docs" / "hog.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```hog\n(.*?)```\n```output\n(.*?)```", TEXT, re.DOTALL)


def test_every_example_has_its_output():
    assert len(EXAMPLES) == TEXT.count("```hog\n") >= 5


@pytest.mark.parametrize(("source", "output"), EXAMPLES)
def test_example(source, output):
    outcome = run_ours(compile_program(source, supported_functions=ASYNC_FUNCTIONS), {})
    assert corpus.as_text(outcome) == output


def test_every_difference_is_in_the_table():
    rows = [line for line in TEXT.splitlines() if line.startswith("| `")]
    shown = {name: row for row in rows for name in re.findall(r"`([a-z_]+/\w+)`", row)}
    assert shown.keys() == corpus.differences().keys()
    assert all(reason in shown[name] for name, reason in corpus.differences().items())
