"""What a run says: its lines in order, bounded in number, with secrets struck out (hog_functions.md 3.1)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote, quote_plus

import orjson

Level = Literal["debug", "info", "warn", "error"]

MAX_PRINTED_LINES = 25
MAX_MESSAGE_CHARACTERS = 10_000
REDACTED = "***REDACTED***"
_WORTH_ENCODING = 6  # characters: encodings of less are found in harmless words


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line; `timestamp` has a time zone, and no two lines of a run share it."""

    level: Level
    timestamp: datetime
    message: str

    def shown(self) -> dict[str, str]:
        """The line as the test endpoint answers it."""
        stamp = self.timestamp.isoformat(timespec="microseconds").replace("+00:00", "Z")
        return {"level": self.level, "timestamp": stamp, "message": self.message}


def secret_texts(values: Iterable[Any]) -> list[str]:
    """Every text in `values` that must not be seen, in each spelling that a log may hold it in; longest first."""
    found = {spelling for text in _texts(values) if text.strip() for spelling in _spellings(text)}
    return sorted(found, key=len, reverse=True)


def _spellings(text: str) -> Iterator[str]:
    whole = text.encode("utf-8", "replace")
    yield from (text, text.strip())
    yield orjson.dumps(whole.decode()).decode()[1:-1]
    yield text.replace("\\", "\\\\").replace("'", "\\'")
    if len(text) < _WORTH_ENCODING:
        return
    yield from (quote(whole), quote(whole, safe=""), quote_plus(whole))
    yield from (encode(whole).decode().rstrip("=") for encode in (base64.b64encode, base64.urlsafe_b64encode))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, Iterable):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


class RunLog:
    """Collects the lines of one run."""

    def __init__(self, *, event_uuid: str, secrets: Iterable[Any] = (), printed: int = 0) -> None:
        self.entries: list[LogEntry] = []
        self.printed = printed
        self._event_uuid = event_uuid
        self._secrets = secret_texts(secrets)

    def hide(self, secrets: Iterable[Any]) -> None:
        """Strike these values out of the lines to come."""
        self._secrets = sorted({*self._secrets, *secret_texts(secrets)}, key=len, reverse=True)

    def redact(self, text: str) -> str:
        """Return `text` without secrets."""
        present = [secret for secret in self._secrets if secret in text]
        if not present:
            return text
        # In one pass: what stands for a secret may itself spell a shorter one, and would grow with each.
        return re.sub("|".join(map(re.escape, present)), REDACTED, text)

    def add(self, level: Level, message: str) -> None:
        """Add a line; over-long ones are cut."""
        message = self._shortened(message)
        now = datetime.now(UTC)
        if self.entries and now <= self.entries[-1].timestamp:
            now = self.entries[-1].timestamp + timedelta(microseconds=1)
        self.entries.append(LogEntry(level, now, message))

    def _shortened(self, message: str) -> str:
        # Cut before striking out, as texts and secrets may be long and many; then drop what may be half a secret.
        margin = len(self._secrets[0]) if self._secrets else 0
        seen = self.redact(message[: MAX_MESSAGE_CHARACTERS + margin])
        if len(message) > MAX_MESSAGE_CHARACTERS + margin:
            seen = seen[: len(seen) - margin]
        elif len(seen) <= MAX_MESSAGE_CHARACTERS:
            return seen
        return seen[:MAX_MESSAGE_CHARACTERS] + "... (truncated)"

    def print(self, *values: Any) -> None:
        """What Hog's ``print`` does: one line of all values; the 25th only says that no more are collected."""
        self.printed += 1
        if self.printed < MAX_PRINTED_LINES:
            self.add("info", ", ".join(map(as_text, values)))
        elif self.printed == MAX_PRINTED_LINES:
            self.add(
                "warn",
                "Function exceeded maximum log entries. No more logs will be collected. Event: " + self._event_uuid,
            )


def as_text(value: Any) -> str:
    """A value as ``print`` writes it: texts as they are, everything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
