"""The consumer as a process on the real log: killed at work and joined by another, the windows are those of a slow count."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest

from consumers.board_activity.tests import histories
from consumers.board_activity.tests.histories import Key, Numbers
from consumers.board_activity.tests.test_store import numbers
from schemas.envelope import to_headers
from topics.bus.publish import Publisher
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

WAIT_SECONDS = 90
MOMENTS = 900


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await postgres_pool(settings, "doska_board_activity")
    yield pool
    await pool.close()


async def start(environment: dict[str, str], replica: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "jobs", "run", "consumer", "board_activity"),
        env={**os.environ, **environment, "DOSKA_REPLICA": replica},
        stdin=asyncio.subprocess.DEVNULL,
    )


async def until_more(pool: asyncpg.Pool, scopes: set[str], than: int) -> None:
    """Wait until the days of the scopes hold more ops than that."""
    async with asyncio.timeout(WAIT_SECONDS):
        while await days(pool, scopes) <= than:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.02)


async def until_the_same(pool: asyncpg.Pool, expected: dict[Key, Numbers]) -> None:
    scopes = {scope for scope, _, _ in expected}
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while await numbers(pool, scopes) != expected:  # noqa: ASYNC110 - a test looks from outside
                await asyncio.sleep(0.1)
    except TimeoutError:
        pass  # what differs is shown by the comparison that follows


async def days(pool: asyncpg.Pool, scopes: set[str]) -> int:
    found: int = await pool.fetchval(
        "select coalesce(sum(ops), 0)::bigint from board_activity.windows where by = 'day' and scope = any($1::uuid[])",
        list(scopes),
    )
    return found


async def test_killed_in_the_middle_of_a_history_with_late_records_the_windows_are_those_of_a_slow_count(
    prepared_environment: dict[str, str], settings: Settings, pool: asyncpg.Pool
) -> None:
    chance = random.Random(7)
    found = histories.history(chance, MOMENTS)
    expected: dict[Key, Numbers] = histories.brute_force(found.events, found.homes)
    scopes = {scope for scope, _, _ in expected}
    # However slow they come up: of each part something is new to those who are killed next.
    third = len(found.told) // 3
    parts = [found.told[:third], found.told[third : 2 * third], found.told[2 * third :]]
    begun = [asyncio.Event() for _ in parts]

    async def tell() -> None:
        async with Publisher(settings, "test") as publisher:
            for part, begins in zip(parts, begun, strict=True):
                await begins.wait()
                for number, told in enumerate(part):
                    await publisher.publish(told.envelope, told.data)
                    if number % 100 == 50:
                        # Not JSON: a dead letter, and nothing else is lost for it. Among good ones: for whoever reads
                        # this topic later in the session, many in a row would be a reason to stop.
                        bad, board = to_headers(told.envelope), chance.choice(list(found.homes))
                        await (await publisher.send("boards.ops", board.encode(), b"{nope", bad))
                    if not begun[-1].is_set():
                        await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        group.create_task(tell())
        for begins in begun[:-1]:
            seen = await days(pool, scopes)
            begins.set()
            members = [await start(prepared_environment, "one"), await start(prepared_environment, "two")]
            await until_more(pool, scopes, seen)
            chance.shuffle(members)
            for member in members:
                await asyncio.sleep(chance.uniform(0, 1.0))
                member.kill()
                await member.wait()
        begun[-1].set()
    process = await start(prepared_environment, "one")
    try:
        await until_the_same(pool, expected)
    finally:
        process.terminate()
        # A product of the same session may have done the work before this member was up.
        code = await process.wait()

    assert code in (0, -signal.SIGTERM)
    assert await numbers(pool, scopes) == expected
