"""One person's heavy work: two at once, one in line, the next refused; somebody else's goes on."""

import asyncio
from contextlib import suppress

import pytest

from edge.errors import ApiError
from edge.turns import Turns


class Work:
    """Pieces of work that go on until they are let go; `begun` names those that have their turn."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.begun: list[str] = []
        self.end = asyncio.Event()

    async def by(self, person: str) -> None:
        async with self.turns.of(person):
            self.begun.append(person)
            await self.end.wait()


async def settled() -> None:
    """Let everything go on that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_flood_of_one_person_is_refused_and_holds_nobody_else_up() -> None:
    work = Work(Turns(2, 1, "readings"))
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(work.by("flood"))
        await settled()

        with pytest.raises(ApiError) as refusal:
            await work.by("flood")
        group.create_task(work.by("other"))
        await settled()

        assert (refusal.value.code, refusal.value.retry_after) == ("rate_limited", 1)
        assert work.begun == ["flood", "flood", "other"]
        work.end.set()

    assert work.begun == ["flood", "flood", "other", "flood"]


async def test_a_turn_that_fails_or_is_given_up_in_line_is_free_again() -> None:
    turns = Turns(1, 1, "readings")
    work = Work(turns)
    first = asyncio.create_task(work.by("a"))
    await settled()
    second = asyncio.create_task(work.by("a"))
    await settled()

    for each in (second, first):
        each.cancel()
        with suppress(asyncio.CancelledError):
            await each
    with pytest.raises(ZeroDivisionError):
        async with turns.of("a"):
            raise ZeroDivisionError

    work.end.set()
    await asyncio.gather(work.by("a"), work.by("a"))
    assert work.begun == ["a", "a", "a"]
    # Nobody's line is kept when he has gone.
    assert turns._lines == {}
