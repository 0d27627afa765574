"""Strangers' text on a terminal."""

import pytest

from jobs.terminal import plain


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Доска № 1 — «ok» 🙂", "Доска № 1 — «ok» 🙂"),
        ("a\x1b]0;title\x07b\x1b[2J", "a\\x1b]0;title\\x07b\\x1b[2J"),
        ("one\r\n2026-05-04 all is well", "one\\r\\n2026-05-04 all is well"),
        ("\x9b31m\x7f\x00", "\\x9b31m\\x7f\\x00"),
        ("gnp.\u202exe\u2066", "gnp.\\u202exe\\u2066"),
        ("\ud800", "\\ud800"),
        ("", ""),
    ],
)
def test_what_would_act_on_a_terminal_is_written_out(text: str, seen: str) -> None:
    assert plain(text) == seen
