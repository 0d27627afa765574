"""The consumer as a process on the real log: killed and joined by another, every fact stands once in a good chain."""

import asyncio
import os
import random
import signal
import sys
from typing import Any

import asyncpg
import orjson
import pytest

from consumers.audit_log import reading
from consumers.audit_log.handler import Head
from consumers.audit_log.tests.facts import envelope
from consumers.audit_log.verification import walk
from schemas.envelope import Envelope, to_headers
from schemas.ids import new_id
from topics.bus.publish import Publisher
from topics.runtime.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

WAIT_SECONDS = 90


async def start(environment: dict[str, str], replica: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "jobs", "run", "consumer", "audit_log"),
        env={**os.environ, **environment, "DOSKA_REPLICA": replica},
        stdin=asyncio.subprocess.DEVNULL,
    )


async def length(pool: asyncpg.Pool, chains: list[str]) -> int:
    found: int = await pool.fetchval(
        "select coalesce(sum(length), 0)::bigint from audit_log.chains where chain = any($1)", chains
    )
    return found


async def verified(pool: asyncpg.Pool, chain: str) -> list[str]:
    """The facts of a chain that is good, in its order."""
    async with pool.acquire() as connection, connection.transaction():
        heads = await reading.heads(connection)
        found = await walk(chain, lambda seq: reading.rows_from(connection, chain, seq), heads.get(chain))
        assert isinstance(found, Head), found
        return [row.entry.fact_id async for row in reading.rows_from(connection, chain, 1)]


def a_fact(
    chance: random.Random, workspaces: list[str], boards: dict[str, str]
) -> tuple[str, Envelope, dict[str, Any]]:
    """The chain that it belongs to, and a fact of a workspace or of one of its boards."""
    workspace = chance.choice(workspaces)
    if chance.random() < 0.4:
        data = {"workspace_id": workspace, "user_id": new_id(), "role": "user", "revision": 1}
        return workspace, envelope("workspaces.member_joined", workspace), data
    if chance.random() < 0.4 or not boards:
        board = new_id()
        boards[board] = workspace
        data = {
            "board_id": board,
            "workspace_id": workspace,
            "title": "Plan",
            "created_by": new_id(),
            "hidden": False,
            "revision": 1,
        }
        return workspace, envelope("boards.board_created", board), data
    board = chance.choice(list(boards))
    return boards[board], envelope("boards.board_renamed", board), {"board_id": board, "title": "Plan", "revision": 2}


class Narrator:
    """Tells facts until it is asked to stop, some of them twice, and remembers them by chain with their keys."""

    def __init__(self, workspaces: list[str], chance: random.Random) -> None:
        self.told: dict[str, list[tuple[str, str]]] = {workspace: [] for workspace in workspaces}
        self.enough = asyncio.Event()
        self._boards: dict[str, str] = {}
        self._chance = chance

    async def tell(self, publisher: Publisher) -> None:
        records = []
        while not self.enough.is_set():
            chain, head, data = a_fact(self._chance, list(self.told), self._boards)
            records.append((head, data))
            self.told[chain].append((head.subject, head.id))
            await publisher.publish(head, data)
            if self._chance.random() < 0.2:
                # A decider that died between publishing and marking publishes again: the same fact at a new offset.
                await publisher.publish(*self._chance.choice(records[-20:]))
            await asyncio.sleep(0.003)


async def until_longer(pool: asyncpg.Pool, chains: list[str], than: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while await length(pool, chains) <= than:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.01)


async def kill_two(environment: dict[str, str], pool: asyncpg.Pool, chains: list[str], chance: random.Random) -> None:
    """Two members of the group; one is killed at work, then the other, which got its partitions perhaps."""
    before = await length(pool, chains)
    members = [await start(environment, "one"), await start(environment, "two")]
    await until_longer(pool, chains, before)
    chance.shuffle(members)
    for member in members:
        await asyncio.sleep(chance.uniform(0, 0.5))
        member.kill()
        await member.wait()


async def test_killed_and_rebalanced_every_fact_stands_once_and_the_chains_are_good(
    prepared_environment: dict[str, str], settings: Settings, pool: asyncpg.Pool
) -> None:
    chance = random.Random(5)
    workspaces = [new_id() for _ in range(3)]
    narrator = Narrator(workspaces, chance)

    async with Publisher(settings, "test") as publisher, asyncio.TaskGroup() as group:
        group.create_task(narrator.tell(publisher))
        for _ in range(3):
            await kill_two(prepared_environment, pool, workspaces, chance)
        narrator.enough.set()
    process = await start(prepared_environment, "one")
    try:
        await until_longer(pool, workspaces, sum(map(len, narrator.told.values())) - 1)
    finally:
        process.terminate()
        # A product of the same session may have done the work before this member was up.
        assert await process.wait() in (0, -signal.SIGTERM)

    for workspace, told in narrator.told.items():
        found = await verified(pool, workspace)
        assert sorted(found) == sorted(fact for _, fact in told)
        # What has one key stands in the order in which it was told.
        for subject in {subject for subject, _ in told}:
            of_one = [fact for key, fact in told if key == subject]
            assert [fact for fact in found if fact in set(of_one)] == of_one


async def test_what_cannot_be_read_is_passed_and_breaks_no_chain(
    prepared_environment: dict[str, str], settings: Settings, pool: asyncpg.Pool
) -> None:
    workspace = new_id()
    good = envelope("workspaces.member_joined", workspace)
    data = {"workspace_id": workspace, "user_id": new_id(), "role": "user", "revision": 1}
    bad = to_headers(envelope("workspaces.member_joined", workspace))
    async with Publisher(settings, "test") as publisher:
        for value in (b"not json", b"{}", orjson.dumps(data | {"role": "king"})):
            await (await publisher.send("workspaces.facts", workspace.encode(), value, bad))
        await publisher.publish(good, data)

    process = await start(prepared_environment, "one")
    try:
        await until_longer(pool, [workspace], 0)
    finally:
        process.terminate()
        # A product of the same session may have done the work before this member was up.
        assert await process.wait() in (0, -signal.SIGTERM)

    assert await verified(pool, workspace) == [good.id]
