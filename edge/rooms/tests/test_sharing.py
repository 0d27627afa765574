"""Answers that many ask for at once: asked for once, kept for a moment, in rounds."""

import asyncio

import pytest

from edge.rooms.sharing import Rounds, Sharing
from topics.errors import Unavailable


async def test_an_answer_is_shared_kept_for_a_moment_and_bounded() -> None:
    asked = 0

    async def ask() -> bytes:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return b"x" * 60

    sharing: Sharing[bytes] = Sharing(kept_seconds=30, kept_size=100)
    await asyncio.gather(*(sharing.get("a", ask) for _ in range(5)))
    await sharing.get("a", ask)
    assert asked == 1

    await sharing.get("b", ask)  # over the size: the older one is forgotten
    await sharing.get("a", ask)

    assert asked == 3


async def test_one_who_goes_away_does_not_take_the_answer_from_the_others() -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def ask() -> bytes:
        begun.set()
        await go.wait()
        return b"x"

    sharing: Sharing[bytes] = Sharing(kept_seconds=1, kept_size=100)
    first = asyncio.create_task(sharing.get("a", ask))
    await begun.wait()
    second = asyncio.create_task(sharing.get("a", ask))
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.wait([first])
    go.set()

    assert await second == b"x"


async def test_an_answer_of_a_round_was_asked_for_after_the_call() -> None:
    moment = asked = 0

    async def ask() -> int:
        nonlocal asked
        asked += 1
        seen = moment
        await asyncio.sleep(0)
        return seen

    rounds: Rounds[int] = Rounds()
    calls = []
    for _ in range(50):
        moment += 1
        calls.append((moment, asyncio.create_task(rounds.get("a", ask))))
        if moment % 5 == 0:
            await asyncio.sleep(0)

    assert all([await call >= called for called, call in calls])
    assert asked < 25


async def test_a_round_that_fails_or_is_left_does_not_stop_the_next() -> None:
    go = asyncio.Event()

    async def fail() -> int:
        await go.wait()
        raise Unavailable("not now")

    async def answer() -> int:
        return 1

    rounds: Rounds[int] = Rounds()
    first, left = (asyncio.create_task(rounds.get("a", fail)) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    second = asyncio.create_task(rounds.get("a", answer))
    await asyncio.sleep(0)
    left.cancel()
    go.set()

    with pytest.raises(Unavailable):
        await first
    assert await second == 1
    assert (rounds._next, rounds._running) == ({}, {})


async def test_a_failure_is_not_kept() -> None:
    async def fail() -> bytes:
        raise Unavailable("not now")

    async def answer() -> bytes:
        return b"x"

    sharing: Sharing[bytes] = Sharing(kept_seconds=1, kept_size=100)
    with pytest.raises(Unavailable):
        await sharing.get("a", fail)

    assert await sharing.get("a", answer) == b"x"
