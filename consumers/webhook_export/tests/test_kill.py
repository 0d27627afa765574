"""The consumer as processes on the real log: killed again and again, every fact arrives, under one id."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import orjson
import pytest
from aiohttp import web

from consumers.webhook_export.tests.hooks import Hooks, envelope
from consumers.webhook_export.tests.receiver import Receiver, receiving
from schemas.ids import new_id
from topics.bus.publish import Publisher
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

WAIT_SECONDS = 90
ROUNDS = 2


@pytest.fixture
async def hooks(settings: Settings) -> AsyncIterator[Hooks]:
    """Where the product of the session may be running: nothing of others is touched."""
    pool = await postgres_pool(settings, "doska_webhook_decider", server_settings={"search_path": "webhook_decider"})
    yield Hooks(pool)
    await pool.close()


async def start(environment: dict[str, str], replica: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "jobs", "run", "consumer", "webhook_export"),
        # What is lost with a process comes back when its claims end, after three times as long.
        env={**os.environ, **environment, "DOSKA_REPLICA": replica, "DOSKA_WEBHOOK_SECONDS": "3"},
        stdin=asyncio.subprocess.DEVNULL,
    )


async def until_more(receiver: Receiver, than: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while len(receiver.got) <= than:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.02)


async def until_all(receiver: Receiver, facts: set[str]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while facts - ids(receiver):  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.05)


def ids(receiver: Receiver) -> set[str]:
    return {orjson.loads(got.body)["id"] for got in receiver.got}


async def tell(publisher: Publisher, place: str, facts: set[str], enough: asyncio.Event) -> None:
    while not enough.is_set():
        head = envelope("workspaces.member_joined", place, datetime.now(UTC))
        data = {"workspace_id": place, "user_id": new_id(), "role": "user", "revision": 1}
        await publisher.publish(head, data)
        facts.add(head.id)
        await asyncio.sleep(0.1)


async def test_killed_at_any_moment_nothing_is_lost(
    prepared_environment: dict[str, str], settings: Settings, hooks: Hooks
) -> None:
    chance, place, facts, enough = random.Random(7), new_id(), set[str](), asyncio.Event()

    refused = set[str]()

    async def moody(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.01)
        delivery_id = request.headers["webhook-id"]
        # Each once at most: the third attempt comes after a minute, the next ones after longer than any test waits.
        if delivery_id in refused or chance.random() >= 0.05:
            return web.Response(status=204)
        refused.add(delivery_id)
        return web.Response(status=500)

    async with receiving() as receiver, Publisher(settings, "test") as publisher, asyncio.TaskGroup() as group:
        receiver.always["/hook"] = moody
        await hooks.add(receiver.url + "/hook", place)
        group.create_task(tell(publisher, place, facts, enough))
        for _ in range(ROUNDS):
            before = len(receiver.got)
            member = await start(prepared_environment, "one")
            await until_more(receiver, before)
            await asyncio.sleep(chance.uniform(0, 0.5))
            member.kill()
            await member.wait()
        enough.set()
        process = await start(prepared_environment, "one")
        try:
            await until_all(receiver, facts)
        finally:
            process.terminate()
            assert await process.wait() in (0, -signal.SIGTERM)

    assert ids(receiver) == facts
    by_fact = {(orjson.loads(got.body)["id"], got.delivery_id, got.body) for got in receiver.got}
    assert len(by_fact) == len(facts), "sent again under the same id, with the same body"
