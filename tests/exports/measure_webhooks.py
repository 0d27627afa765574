"""Figures of webhooks, on parts of their own and with a real receiver: `python -m tests.exports.measure_webhooks`.

Deliveries a second to one endpoint and to many; how late live facts arrive: alone, beside an endpoint that never answers,
and while another webhook is behind by 100,000 facts (or as many as are said: `… measure_webhooks 20000`), which are read
in and sent meanwhile.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import orjson

from consumers.webhook_export.tests.hooks import Hooks
from consumers.webhook_export.tests.receiver import Receiver, never, receiving
from schemas import codec
from schemas.envelope import to_headers
from schemas.ids import new_id
from schemas.registry import registry
from tests.destinations.facts import envelope_of
from tests.exports.conftest import Ground
from tests.exports.measure import own_ground, say, say_late
from tests.kernel.harness import until
from tests.kernel.places import ends
from tests.product import Process
from topics.runtime.connections import postgres_pool

KIND = "workspaces.member_joined"
TOPIC = "workspaces.facts"
CONSUMER = "webhook_export"
ONE, MANY, ENDPOINTS = 1_000, 3_000, 50
BEHIND = int(sys.argv[1]) if sys.argv[1:] else 100_000
LIMIT_SECONDS = 600.0
LIVE_SECONDS = 0.05
# Longer than an attempt may take, so that the one that never answers has run out of time and rests.
QUIET_SECONDS, DEAD_SECONDS, BUSY_SECONDS = 8.0, 14.0, 10.0


@dataclass
class Post:
    """Whoever tells facts, and whoever receives them."""

    ground: Ground
    hooks: Hooks
    receiver: Receiver

    async def tell(self, places: Sequence[str], count: int) -> None:
        """Publish facts of these workspaces in turn, as fast as Kafka takes them."""
        example, actor, waiting = registry().get(KIND).examples[0], new_id(), []
        for _, place in zip(range(count), itertools.cycle(places), strict=False):
            data = {**example, "workspace_id": place}
            headers = to_headers(envelope_of(KIND, data, actor))
            waiting.append(await self.ground.publisher.send(TOPIC, place.encode(), codec.encode(data), headers))
            if len(waiting) == 1000:
                await asyncio.gather(*waiting)
                waiting.clear()
        await asyncio.gather(*waiting)

    async def hook(self, path: str, place: str | None = None) -> str:
        """A webhook for everything of a workspace, a new one unless it is given; gives the workspace."""
        place = place or new_id()
        await self.hooks.add(self.receiver.url + path, place)
        return place

    def got(self, begins: str) -> list[float]:
        """When deliveries came to paths that begin so."""
        return [each.at for each in self.receiver.got if each.path.startswith(begins)]

    async def run(self) -> Process:
        """The consumer."""
        return await self.ground.run(CONSUMER, {})


async def speed(post: Post, path: str, places: Sequence[str], count: int) -> None:
    """How fast it catches up: from the first delivery to the last."""
    await post.tell(places, count)
    process = await post.run()
    await until(lambda: len(post.receiver.got) >= count, seconds=LIMIT_SECONDS)
    await process.stop()
    at = post.got(path)
    say(
        f"{len(places)} endpoints: {(len(at) - 1) / (at[-1] - at[0]):,.0f} deliveries a second ({count:,} to catch up with)"
    )
    post.receiver.got.clear()


async def lateness(post: Post, place: str, during: "asyncio.Task[object]") -> list[float]:
    """Tell facts one by one while something goes on; from telling to arrival at `/live`, of each."""
    told: dict[str, float] = {}
    while not during.done():
        data = {**registry().get(KIND).examples[0], "workspace_id": place}
        head = envelope_of(KIND, data)
        told[head.id] = time.time()
        await post.ground.publisher.publish(head, data)
        await asyncio.sleep(LIVE_SECONDS)
    await during
    await until(lambda: len(post.got("/live")) >= len(told), seconds=LIMIT_SECONDS)
    arrived = {str(orjson.loads(each.body)["id"]): each.at for each in post.receiver.got if each.path == "/live"}
    post.receiver.got.clear()
    return [arrived[each] - at for each, at in told.items()]


async def behind(post: Post) -> None:
    """Another webhook has much to get: until all of it is read."""
    place = await post.hook("/behind")
    began = time.time()
    await post.tell([place], BEHIND)
    end = sum((await ends(post.ground.settings, TOPIC)).values())
    await until(lambda: _is_read(post, end), seconds=LIMIT_SECONDS)
    say(f"{BEHIND:,} facts are told and read in {time.time() - began:.0f} s")


async def _is_read(post: Post, end: int) -> bool:
    query = "select coalesce(sum(next), 0) from webhook_export.checkpoints where topic = $1"
    await asyncio.sleep(0.5)
    return bool(await post.hooks.pool.fetchval(query, TOPIC) >= end)


async def live(post: Post) -> None:
    """How late live facts are: alone, beside a dead endpoint, beside one that is far behind."""
    place = await post.hook("/live")
    process = await post.run()
    say_late("alone", await lateness(post, place, _pass(QUIET_SECONDS)))
    await post.hook("/dead", place)
    post.receiver.always["/dead"] = never
    say_late("beside an endpoint that never answers", await lateness(post, place, _pass(DEAD_SECONDS)))
    say_late(
        f"while {BEHIND:,} facts of another are read", await lateness(post, place, asyncio.create_task(behind(post)))
    )
    before, began = len(post.got("/behind")), time.time()
    late = await lateness(post, place, asyncio.create_task(_count(post, before, began)))
    say_late("while they wait and are sent", late)
    await process.stop()


def _pass(seconds: float) -> "asyncio.Task[object]":
    return asyncio.create_task(asyncio.sleep(seconds))


async def _count(post: Post, before: int, began: float) -> None:
    await asyncio.sleep(BUSY_SECONDS)
    say(
        f"that one gets {(len(post.got('/behind')) - before) / (time.time() - began):,.0f} deliveries a second meanwhile"
    )


async def main() -> None:
    """All figures, in order."""
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(own_ground())
        pool = await postgres_pool(ground.settings, None, server_settings={"search_path": "webhook_decider"})
        stack.push_async_callback(pool.close)
        post = Post(ground, Hooks(pool), await stack.enter_async_context(receiving()))
        await speed(post, "/one", [await post.hook("/one")], ONE)
        await speed(post, "/many", [await post.hook(f"/many/{number}") for number in range(ENDPOINTS)], MANY)
        await live(post)


if __name__ == "__main__":
    asyncio.run(main())
