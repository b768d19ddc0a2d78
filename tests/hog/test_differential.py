"""The corpus and random programs on our VM and on the published one: same output, same result, same kind of error."""

import pytest

from tests.hog import corpus
from tests.hog.reference import Reference, missing, run_ours

REASON = missing()
needs_reference = pytest.mark.skipif(REASON is not None, reason=str(REASON))


@pytest.fixture(scope="module")
def reference():
    with Reference() as process:
        yield process


def without_host_errors(outcome: dict) -> str:
    """The outcome as text, errors of the JavaScript engine only as such: their wording is no part of the language."""
    if outcome["kind"] in ("host", "crash"):
        outcome = {**outcome, "error": ""}
    return corpus.as_text(outcome)


def test_the_corpus_is_large():
    assert len(corpus.names()) >= 300


@pytest.mark.parametrize("name", corpus.names())
def test_program_does_what_is_expected(name):
    assert corpus.as_text(run_ours(corpus.bytecode(name), corpus.GLOBALS)) == corpus.expected(name)


@needs_reference
@pytest.mark.parametrize("name", corpus.names())
def test_program_does_what_it_does_on_the_published_vm(name, reference):
    bytecode = corpus.bytecode(name)
    ours = run_ours(bytecode, corpus.GLOBALS)
    theirs = reference.ask(bytecode=bytecode, globals=corpus.GLOBALS)
    theirs["printed"] = "\n".join(theirs["printed"]).split("\n") if theirs["printed"] else []
    if theirs["kind"] in ("host", "crash") and ours["kind"] == "vm":
        ours["error"] = ""
    same = corpus.as_text(ours) == without_host_errors(theirs)
    assert same is (name not in corpus.differences()), corpus.as_text(theirs)
