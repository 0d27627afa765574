"""Redis goes away without a word while an edge connects to it: the edge tries again and hears the rooms."""

import asyncio
import contextlib
from urllib.parse import urlsplit

import pytest

from edge.rooms import subscriber
from edge.rooms.subscriber import Subscriber
from edge.rooms.tests.stage import until
from edge.rooms.wiring import rooms_redis
from tests.relay import relayed
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration


async def test_a_server_that_went_away_before_it_greeted_is_asked_again(
    valkey_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber, "GREETED_SECONDS", 1.0)
    heard = asyncio.Event()

    async def on_connected() -> None:
        heard.set()

    url = valkey_settings.redis_url
    async with relayed(url) as wire:
        by_way = url.replace(f":{urlsplit(url).port}", f":{wire.port}")
        client = rooms_redis(valkey_settings.model_copy(update={"redis_url": by_way}))
        listening = Subscriber(client, lambda *_: None, on_connected)
        await wire.set("silent")
        running = asyncio.create_task(listening.run())
        await until(lambda: wire.asked == 1)

        wire.forget()
        await wire.set("open")

        await until(heard.is_set)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await client.aclose()
