"""Every way in which Hog can fail, and the arithmetic between offsets and lines.

::

    HogError
    ├── HogSyntaxError          the text is not Hog
    ├── HogCompileError         the text is Hog, but has no meaning as a program
    ├── HogVerificationError    the bytecode is malformed
    └── HogVMError              the program failed while it ran
        ├── UncaughtHogError    it threw, and nothing caught it
        ├── HogTimeout          it ran too long
        ├── HogMemoryLimit      it held too much
        ├── HogStackOverflow    its calls nested too deeply
        └── HogStepLimit        it took too many steps
"""

from __future__ import annotations

from typing import Any


def line_and_column(source: str, offset: int) -> tuple[int, int]:
    """Return the 1-based line and the 0-based column, both in code points, of ``offset`` in ``source``.

    Only ``\\n`` ends a line, as in the published parser. An offset beyond the text counts as its end.
    """
    offset = max(0, min(offset, len(source)))
    return source.count("\n", 0, offset) + 1, offset - (source.rfind("\n", 0, offset) + 1)


class HogError(Exception):
    """Root of all errors of this package; ``message`` is a sentence for the author of the program."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class HogSyntaxError(HogError):
    """The text is not Hog.

    ``offset`` and ``end`` delimit the offending text in code points, ``line`` is 1-based and ``column`` 0-based.
    ``found`` and ``expected`` describe the two sides in plain words; ``expected`` is None where the fault lies in
    the thing found, not in its place.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str,
        offset: int,
        end: int | None = None,
        found: str | None = None,
        expected: str | None = None,
    ) -> None:
        super().__init__(message)
        self.offset = offset
        self.end = offset if end is None else end
        self.found = found
        self.expected = expected
        self._source = source

    # Counted when asked for: while it tries one form after the other, the parser makes many errors that nobody reads.
    @property
    def line(self) -> int:
        """The 1-based line of ``offset``."""
        return line_and_column(self._source, self.offset)[0]

    @property
    def column(self) -> int:
        """The 0-based column of ``offset``, in code points."""
        return line_and_column(self._source, self.offset)[1]


class HogCompileError(HogError):
    """The text parses, but the program has no meaning (an undeclared variable, a feature not allowed here).

    ``start`` and ``end`` delimit the node in code points, -1 if it was built by code. ``line`` (1-based) and
    ``column`` (0-based) are None until ``locate`` is called by whoever holds the source.
    """

    def __init__(self, message: str, *, start: int = -1, end: int = -1, source: str | None = None) -> None:
        super().__init__(message)
        self.start = start
        self.end = end
        self.line: int | None = None
        self.column: int | None = None
        if source is not None:
            self.locate(source)

    def locate(self, source: str) -> None:
        """Fill ``line`` and ``column`` from the text that ``start`` points into."""
        if self.start >= 0:
            self.line, self.column = line_and_column(source, self.start)


class HogVerificationError(HogError):
    """Bytecode that no compiler would emit: unknown operations, wrong operands, jumps out of range."""


class HogVMError(HogError):
    """A program failed while running (texts: spec hog_language.md 4.8)."""


class UncaughtHogError(HogVMError):
    """The program threw an error that nothing caught; the text is ``Type('message')`` (spec 4.2)."""

    def __init__(self, type: str, message: str, payload: Any = None) -> None:
        escaped = message.replace("'", "\\'")
        super().__init__(f"{type}('{escaped}')")
        self.type = type
        self.message = message
        self.payload = payload


class HogTimeout(HogVMError):
    """The program used up its wall-clock time; ``seconds`` allowed, ``ops`` performed."""

    def __init__(self, seconds: float, ops: int) -> None:
        super().__init__(f"Execution timed out after {seconds:g} seconds. Performed {ops} ops.")
        self.seconds = seconds
        self.ops = ops


class HogMemoryLimit(HogVMError):
    """The program's values exceed ``limit`` bytes; it asked for ``requested``."""

    def __init__(self, limit: int, requested: int) -> None:
        super().__init__(f"Memory limit of {limit} bytes exceeded. Tried to allocate {requested} bytes.")
        self.limit = limit
        self.requested = requested


class HogStackOverflow(HogVMError):
    """More than ``limit`` calls were active at once."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"Call stack exceeded maximum length of {limit}")
        self.limit = limit


class HogStepLimit(HogVMError):
    """The program took more steps than its budget of ``limit`` (``kind`` names what was counted)."""

    def __init__(self, limit: int, kind: str = "steps") -> None:
        super().__init__(f"Exceeded maximum number of {kind}: {limit}")
        self.limit = limit
        self.kind = kind
