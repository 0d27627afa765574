"""One thing that the doctor found: fine, worth knowing, or wrong."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence; of what is wrong, it says what to do."""

    verdict: Verdict
    text: str


def ok(text: str) -> Finding:
    """It is as it should be."""
    return Finding("ok", text)


def note(text: str) -> Finding:
    """It works; somebody should know."""
    return Finding("note", text)


def bad(text: str) -> Finding:
    """It is wrong."""
    return Finding("bad", text)


def line(finding: Finding) -> str:
    """As it is printed."""
    return f"  {finding.verdict:5} {finding.text}"
