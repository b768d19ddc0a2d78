"""Lines of runs: what they must not show, and what they may cost."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from hogapi.runtime.runlog import MAX_MESSAGE_CHARACTERS, REDACTED, RunLog

SECRET = "s3cr3t/with+chars & more"


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        "s3cr3t%2Fwith%2Bchars+%26+more",
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
    ],
)
def test_encoded_secrets_are_struck_out_too(spelling: str) -> None:
    log = RunLog(event_uuid="")
    log.hide([{"nested": [SECRET]}])
    log.hide(["another"])
    log.print("before " + spelling + " after", {"url": spelling})
    assert spelling.rstrip("=") not in log.entries[0].message
    assert log.entries[0].message.count(REDACTED) == 2


def test_what_stands_for_a_secret_is_not_struck_out_again() -> None:
    log = RunLog(event_uuid="", secrets=[*"REDACT*", "**", "ED"])
    log.print("R" * 1_000_000)
    assert len(log.entries[0].message) < MAX_MESSAGE_CHARACTERS + 20
    assert log.redact("xRx") == f"x{REDACTED}x"


@pytest.mark.parametrize("before", range(MAX_MESSAGE_CHARACTERS - 30, MAX_MESSAGE_CHARACTERS + 30))
def test_cutting_a_line_leaves_no_half_of_a_secret(before: int) -> None:
    log = RunLog(event_uuid="", secrets=[SECRET])
    log.print("." * before + SECRET + "." * 20_000)
    assert SECRET[:3] not in log.entries[0].message
    assert log.entries[0].message.endswith("... (truncated)")
