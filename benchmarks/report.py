"""Printing results as one table: ours, the control, the ratio, the goal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One comparison. ``ratio`` is ours over the control unless ``job`` says otherwise; ``goal`` is its least value."""

    job: str
    ours: str
    control: str
    ratio: float | None
    goal: float | None
    note: str = ""


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| job | ours | control | ratio | goal | |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        goal = "" if row.goal is None else f"{row.goal:g}"
        met = "" if row.ratio is None or row.goal is None else "met" if row.ratio >= row.goal else "**short**"
        lines.append(
            f"| {row.job} | {row.ours} | {row.control} | {ratio} | {goal} | {' '.join([met, row.note]).strip()} |"
        )
    return "\n".join(lines)
