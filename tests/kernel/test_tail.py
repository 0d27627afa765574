"""A tail reads everything without a group, and knows how fresh it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from compose.embedded.stack import Stack
from schemas.ids import new_id
from tests.kernel.harness import LIMIT_SECONDS, TOPIC, Stage, until
from topics.bus.message import Message
from topics.bus.publish import partition_for
from topics.bus.tail import FETCH_WAIT_MS, POLL_MS, Tail
from topics.errors import Unavailable
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration


@asynccontextmanager
async def tailing(settings: Settings, titles: list[str], **options: Any) -> AsyncIterator[Tail]:
    def note(message: Message) -> None:
        titles.append(message.data["title"])

    tail, stopping = Tail(settings, [TOPIC], note, **options), asyncio.Event()
    task = asyncio.create_task(tail.run(stopping))
    try:
        await tail.wait_fresh(LIMIT_SECONDS)
        yield tail
    finally:
        stopping.set()
        await asyncio.wait_for(task, LIMIT_SECONDS)


async def test_from_the_end_it_reads_only_what_comes(stage: Stage, own_settings: Settings) -> None:
    titles: list[str] = []
    await stage.say("before")
    async with tailing(own_settings, titles):
        await stage.say("one", "two")

        await until(lambda: titles == ["one", "two"])


async def test_from_a_time_it_reads_what_came_since(stage: Stage, own_settings: Settings) -> None:
    titles: list[str] = []
    await stage.say("before")
    (first,) = await stage.say("since")
    await stage.say("after")

    async with tailing(own_settings, titles, since_ms=first.timestamp_ms):
        assert titles[-2:] == ["since", "after"], "it is fresh only when it has read them"
        assert "before" not in titles or titles.index("before") < titles.index("since")


async def test_it_is_not_fresh_before_it_has_read_what_takes_many_fetches(stage: Stage, own_settings: Settings) -> None:
    titles: list[str] = []
    (first,) = await stage.say("first")
    big = [await stage.publisher.send(TOPIC, stage.boards[0].encode(), b"x" * 500_000, []) for _ in range(20)]
    await asyncio.gather(*big)
    await stage.say("last")

    async with tailing(own_settings, titles, since_ms=first.timestamp_ms):
        assert titles[-1:] == ["last"]


async def test_an_idle_tail_proves_its_freshness_several_times_a_second(own_settings: Settings) -> None:
    async with tailing(own_settings, []) as tail:
        proofs, last = 0, tail.lag_seconds()
        async with asyncio.timeout(LIMIT_SECONDS):
            while proofs < 6:
                lag = tail.lag_seconds()
                proofs += lag < last
                last = lag
                await asyncio.sleep(0.01)

    # Each proof is a fetch that found nothing; how soon one comes back is asked for, and no matter of this machine.
    assert FETCH_WAIT_MS + POLL_MS <= 500


async def test_junk_is_passed_over(stage: Stage, own_settings: Settings) -> None:
    titles: list[str] = []
    async with tailing(own_settings, titles) as tail:
        await stage.send(b"{nope")
        await stage.say("good")

        await until(lambda: titles == ["good"])
        await tail.wait_fresh(LIMIT_SECONDS)


async def test_one_partition_alone_can_be_tailed(stage: Stage, own_settings: Settings) -> None:
    titles: list[str] = []
    wanted = next(board for board in iter(new_id, None) if partition_for(board.encode(), 3) == 1)
    other = next(board for board in iter(new_id, None) if partition_for(board.encode(), 3) != 1)
    async with tailing(own_settings, titles, partitions=[1]):
        await stage.say("theirs", board_id=other)
        await stage.say("mine", board_id=wanted)

        await until(lambda: titles == ["mine"])


async def test_without_a_broker_it_goes_stale_and_then_misses_nothing(
    stage: Stage, own_stack: Stack, own_settings: Settings
) -> None:
    titles: list[str] = []
    async with tailing(own_settings, titles) as tail:
        await stage.say("before")
        await until(lambda: titles == ["before"])
        await own_stack.kill9("kafka")
        await until(lambda: not tail.fresh(1.0))
        with pytest.raises(Unavailable):
            await tail.wait_fresh(0.2)

        await own_stack.restart("kafka")
        await stage.say("after")
        await until(lambda: "after" in titles)
        await tail.wait_fresh(LIMIT_SECONDS)

    assert titles == ["before", "after"]


async def test_an_error_of_the_reader_ends_it(stage: Stage, own_settings: Settings) -> None:
    def broken(_message: Message) -> None:
        raise LookupError("a bug")

    tail = Tail(own_settings, [TOPIC], broken)
    task = asyncio.create_task(tail.run(asyncio.Event()))
    await tail.wait_fresh(LIMIT_SECONDS)
    await stage.say("one")

    with pytest.raises(LookupError):
        await asyncio.wait_for(task, LIMIT_SECONDS)
