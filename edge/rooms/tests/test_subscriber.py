"""Redis goes away without a word, wholly or by half: an edge tries again and hears the rooms."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from edge.rooms import subscriber
from edge.rooms.subscriber import Subscriber
from edge.rooms.tests.stage import LIMIT_SECONDS, until
from edge.rooms.wiring import rooms_redis
from tests.relay import Relay, relayed
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration


CHANNEL = "somewhere"


@asynccontextmanager
async def listening(settings: Settings, wire: Relay) -> AsyncIterator[Subscriber]:
    """A subscriber of one channel that reaches Redis by a wire."""
    url = settings.redis_url
    by_wire = url.replace(f":{urlsplit(url).port}", f":{wire.port}")

    async def on_connected() -> None:
        pass

    client = rooms_redis(settings.model_copy(update={"redis_url": by_wire}))
    one = Subscriber(client, lambda *_: None, on_connected)
    running = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await client.aclose()


async def test_a_server_that_went_away_before_it_greeted_is_asked_again(
    valkey_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber, "GREETED_SECONDS", 1.0)
    async with relayed(valkey_settings.redis_url) as wire:
        await wire.set("silent")
        async with listening(valkey_settings, wire) as one:
            await until(lambda: wire.asked == 1)

            wire.forget()
            await wire.set("open")

            await until(lambda: one.connected)


async def test_a_server_that_tells_and_does_not_answer_is_away(
    valkey_settings: Settings, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in {"PING": 0.05, "UNANSWERED": 1.0, "SILENCE": 3600.0, "GREETED": 1.0}.items():
        monkeypatch.setattr(subscriber, f"{name}_SECONDS", seconds)
    async with relayed(valkey_settings.redis_url) as wire, listening(valkey_settings, wire) as one:
        await until(lambda: one.connected)
        await one.subscribe(CHANNEL)

        await wire.set("silent", way="up")
        async with asyncio.timeout(LIMIT_SECONDS):
            while one.connected:
                assert await redis.publish(CHANNEL, b"") == 1

        await wire.set("open")
        await until(lambda: one.connected)
