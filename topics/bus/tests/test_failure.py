from collections.abc import Awaitable, Callable

import pytest

from schemas.problems import Problem
from topics.bus.failure import Death, Deaths, Interrupted, attempt, backoff_seconds
from topics.bus.manifest import DeadLetterLimit, OnFailure
from topics.errors import CheckpointMoved, Halt, Reject, Retry

POLICY = OnFailure(attempts=3, backoff=0.5, backoff_max=4.0)


class Sleeper:
    """Notes the pauses instead of taking them; ends the one of that number early."""

    def __init__(self, interrupt_at: int | None = None) -> None:
        self.slept: list[float] = []
        self._interrupt_at = interrupt_at

    async def __call__(self, seconds: float) -> bool:
        self.slept.append(seconds)
        return len(self.slept) == self._interrupt_at


def failing(*errors: Exception) -> tuple[Callable[[], Awaitable[None]], list[int]]:
    """Work that raises these in turn and then succeeds, and its count of calls."""
    calls: list[int] = []

    async def work() -> None:
        calls.append(len(calls))
        if len(calls) <= len(errors):
            raise errors[len(calls) - 1]

    return work, calls


def test_the_backoff_doubles_up_to_its_bound() -> None:
    assert [backoff_seconds(number, POLICY) for number in range(1, 7)] == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    assert backoff_seconds(10_000, POLICY, 0.5) == 2.0


async def test_work_that_succeeds_is_done_once() -> None:
    work, calls = failing()

    assert await attempt(work, POLICY, Sleeper()) is None
    assert len(calls) == 1


async def test_a_bug_is_tried_as_often_as_the_policy_says_with_backoff_between() -> None:
    work, calls = failing(*[LookupError("no such thing")] * 10)
    sleeper = Sleeper()

    death = await attempt(work, POLICY, sleeper)

    assert death == Death("internal", "LookupError: no such thing", rejected=False)
    assert len(calls) == 3
    assert 0.25 <= sleeper.slept[0] <= 0.5 <= sleeper.slept[1] <= 1.0


async def test_a_bug_that_passes_is_no_death() -> None:
    work, _ = failing(LookupError(), LookupError())

    assert await attempt(work, POLICY, Sleeper()) is None


async def test_what_is_rejected_is_not_tried_again() -> None:
    work, calls = failing(Reject("conflict", "taken", [Problem("/title", "is taken")]))

    death = await attempt(work, POLICY, Sleeper())

    assert death == Death("conflict", "taken", (Problem("/title", "is taken"),))
    assert len(calls) == 1


async def test_retry_uses_up_no_attempts_and_its_pauses_stay_bounded() -> None:
    work, calls = failing(*[Retry("down")] * 20)
    sleeper = Sleeper()

    assert await attempt(work, POLICY, sleeper) is None
    assert len(calls) == 21
    assert max(sleeper.slept) <= 4.0


async def test_retry_may_say_when_but_not_beyond_the_bound() -> None:
    work, _ = failing(Retry("down", after=0.1), Retry("down", after=3600))
    sleeper = Sleeper()

    await attempt(work, POLICY, sleeper)

    assert sleeper.slept == [0.1, 4.0]


async def test_a_pause_ended_early_gives_the_work_up() -> None:
    work, calls = failing(*[Retry("down")] * 5)

    with pytest.raises(Interrupted):
        await attempt(work, POLICY, Sleeper(interrupt_at=2))
    assert len(calls) == 2


@pytest.mark.parametrize("error", [Halt("the disk is full"), CheckpointMoved("fenced")])
async def test_halt_and_a_moved_checkpoint_come_out_at_once(error: Exception) -> None:
    work, calls = failing(error)

    with pytest.raises(type(error)):
        await attempt(work, POLICY, Sleeper())
    assert len(calls) == 1


def deaths(**limit: float) -> Deaths:
    return Deaths(DeadLetterLimit(**limit))


def test_so_many_dead_letters_in_a_row_are_allowed_and_the_next_halts() -> None:
    counted = deaths(consecutive=2)
    counted.died(Death("conflict", "first"))
    counted.died(Death("conflict", "second"))

    with pytest.raises(Halt, match="2 dead letters in a row, and the next is: gone: third"):
        counted.died(Death("gone", "third"))


def test_a_handled_record_ends_the_row() -> None:
    counted = deaths(consecutive=1, window=1000)
    for _ in range(50):
        counted.died(Death("conflict", "bad"))
        counted.handled()


def test_the_ratio_counts_once_the_window_is_full() -> None:
    counted = deaths(consecutive=100, ratio=0.5, window=10)
    for _ in range(5):
        counted.died(Death("conflict", "bad"))
        counted.handled()

    with pytest.raises(Halt, match="6 of the last 10"):
        counted.died(Death("conflict", "bad"))


def test_old_deaths_leave_the_window() -> None:
    counted = deaths(consecutive=100, ratio=0.5, window=4)
    counted.died(Death("conflict", "bad"))
    counted.died(Death("conflict", "bad"))
    for _ in range(4):
        counted.handled()

    counted.died(Death("conflict", "bad"))
