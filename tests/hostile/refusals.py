"""What every refusal owes to who reads it, and to whoever's words it is about."""

import re
from collections.abc import Iterable
from typing import Any, Final

from schemas.problems import LONGEST_NAME, Problem, pointed
from tests.hostile.values import CANARY

MOST: Final = 20
LONGEST_MESSAGE: Final = 400
# A step of a path is at most twice as long as its name: `~` is written `~0`.
LONGEST_STEP: Final = 2 * LONGEST_NAME
# How Python writes its own things; none of it is a plain word.
OF_PYTHON: Final = re.compile(r"Traceback|<class|object at 0x|\bNone\b|\bTrue\b|\bFalse\b|\bb'|Error\b|\.py\b")


def traces(log: bytes) -> list[bytes]:
    """The lines of a log that hold the trace of a bug."""
    return [line[:3000] for line in log.splitlines() if b"Traceback" in line]


def assert_clean(problems: Iterable[Problem], data: Any) -> None:
    """A refusal names places that exist, in short plain words, and repeats no value."""
    told = list(problems)
    assert 1 <= len(told) <= MOST, len(told)
    for problem in told:
        assert_plain(problem.message)
        assert_sendable(problem.path)
        assert all(len(step) <= LONGEST_STEP for step in problem.path.split("/")), problem.path[:1000]
        assert CANARY not in problem.path, problem.path[:200]
        assert _exists(data, problem), problem


def assert_plain(message: str) -> None:
    """Words that may stand in an answer."""
    assert message
    assert len(message) <= LONGEST_MESSAGE, message[:1000]
    assert message.isprintable(), ascii(message)
    assert not OF_PYTHON.search(message), message
    assert CANARY not in message, message
    assert_sendable(message)


def assert_sendable(text: str) -> None:
    """Text that UTF-8 can hold."""
    assert not any("\ud800" <= character <= "\udfff" for character in text), ascii(text)


def _exists(data: Any, problem: Problem) -> bool:
    """Whether the path leads somewhere; a member that is missing has the path that it would have."""
    path = problem.path.rpartition("/")[0] if problem.message == "is missing" else problem.path
    try:
        pointed(data, path)
    except KeyError:
        return False
    return True
