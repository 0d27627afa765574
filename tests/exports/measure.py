"""Figures of the exporters, on parts of their own and against the stand-ins: `python -m tests.exports.measure`.

Facts a second of each exporter that catches up, and how late live facts are while a backfill of 100,000 runs.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from compose.embedded.stack import Stack
from schemas import codec
from schemas.envelope import to_headers
from schemas.ids import new_id
from schemas.registry import registry
from tests.destinations import carrot_quest, mixpanel
from tests.destinations.facts import envelope_of
from tests.exports.conftest import Ground
from tests.kernel.harness import until
from tests.product import Product
from tests.stack import prepare, settings_from
from topics.bus.publish import Publisher
from topics.runtime.settings import Settings

KIND = "boards.board_created"
PEOPLE = 100
LIMIT_SECONDS = 900.0
LIVE_SECONDS = 0.05


def say(line: str) -> None:
    """A figure."""
    print(line, flush=True)  # noqa: T201 - it is what this is run for


def say_late(when: str, late: list[float]) -> None:
    """How late live facts were, in seconds each."""
    late.sort()
    say(
        f"live facts {when}: median {statistics.median(late) * 1000:.0f} ms, "
        f"99% {late[int(len(late) * 0.99)] * 1000:.0f} ms, worst {late[-1] * 1000:.0f} ms ({len(late)} facts)"
    )


async def tell(ground: Ground, count: int) -> None:
    """Publish facts as fast as Kafka takes them."""
    example, actors = registry().get(KIND).examples[0], [new_id() for _ in range(PEOPLE)]
    waiting = []
    for number in range(count):
        data = {**example, "board_id": new_id()}
        envelope = envelope_of(KIND, data, actors[number % PEOPLE])
        key = data["board_id"].encode()
        waiting.append(await ground.publisher.send("boards.facts", key, codec.encode(data), to_headers(envelope)))
        if len(waiting) == 1000:
            await asyncio.gather(*waiting)
            waiting.clear()
    await asyncio.gather(*waiting)


async def reach(service: mixpanel.Mixpanel | carrot_quest.CarrotQuest, count: int) -> float:
    """Wait until a stand-in has so many events; gives the time."""
    await until(lambda: _held(service) >= count, seconds=LIMIT_SECONDS)
    return time.time()


def _held(service: mixpanel.Mixpanel | carrot_quest.CarrotQuest) -> int:
    if isinstance(service, mixpanel.Mixpanel):
        return len(service.events)
    return sum(map(len, service.events.values()))


async def speed(
    ground: Ground,
    name: str,
    service: mixpanel.Mixpanel | carrot_quest.CarrotQuest,
    settings: dict[str, str],
    count: int,
) -> None:
    """How fast an exporter catches up: from its first event to its last."""
    before = _held(service)
    process = await ground.run(name, settings)
    began = await reach(service, before + 1)
    ended = await reach(service, count)
    say(f"{name}: {(count - before - 1) / (ended - began):,.0f} facts a second ({count:,} to catch up with)")
    await process.stop()


async def backfill(ground: Ground, panel: mixpanel.Mixpanel, settings: dict[str, str], count: int) -> None:
    """How late live facts are, alone and while the past is brought as well."""
    live = await ground.run("mixpanel_export", settings)
    quiet = await lateness(ground, panel, asyncio.create_task(asyncio.sleep(10)))
    panel.events.clear()
    began = time.time()
    process = await ground.product.spawn(
        "backfill", "exports", "backfill", "mixpanel_export", "--from", "2026-01-01", "--rate", "1000000", **settings
    )
    busy = await lateness(ground, panel, asyncio.create_task(process.process.wait()))
    seconds = time.time() - began
    say(f"backfill: {len(panel.events):,} facts in {seconds:.0f} s, {len(panel.events) / seconds:,.0f} a second")
    say_late("alone", quiet)
    say_late("during the backfill", busy)
    assert len({key[3] for key in panel.events}) == len(panel.events) >= count
    await live.stop()


async def lateness(ground: Ground, panel: mixpanel.Mixpanel, during: "asyncio.Task[object]") -> list[float]:
    """Tell facts one by one while something goes on; from telling to the destination, of each."""
    told: dict[str, float] = {}
    while not during.done():
        before = len(ground.told.get(KIND, []))
        at = time.time()
        await ground.tell(KIND, 1)
        told[ground.told[KIND][before]] = at
        await asyncio.sleep(LIVE_SECONDS)
    await until(lambda: told.keys() <= panel.first_seen.keys(), seconds=LIMIT_SECONDS)
    return [panel.first_seen[each] - at for each, at in told.items()]


@asynccontextmanager
async def own_ground() -> AsyncIterator[Ground]:
    """Kafka and PostgreSQL of this measurement alone, provisioned."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("parts", "logs", "data"):
            (folder / name).mkdir()
        parts = Stack(folder / "parts", ports="free", parts=("kafka", "postgres"))
        stack.push_async_callback(parts.stop)
        await parts.start()
        product = Product({}, folder / "logs")
        product.environment = await prepare(parts.environment(), folder / "data")
        kafka = settings_from(product.environment, Settings)
        publisher = await stack.enter_async_context(Publisher(kafka, "measure", linger_ms=5))
        yield Ground(kafka, product, publisher)


async def main() -> None:
    """All figures, in order."""
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(own_ground())
        panel = await stack.enter_async_context(mixpanel.serving(mixpanel.Mixpanel()))
        carrot = await stack.enter_async_context(carrot_quest.serving(carrot_quest.CarrotQuest()))
        settings = {
            "DOSKA_MIXPANEL_TOKEN": panel.token,
            "DOSKA_MIXPANEL_URL": panel.url,
            "DOSKA_CARROT_QUEST_TOKEN": carrot.token,
            "DOSKA_CARROT_QUEST_URL": carrot.url,
            "DOSKA_CARROT_QUEST_RATE": "100000",
            "DOSKA_CARROT_QUEST_AT_ONCE": "16",
        }
        await tell(ground, 5_000)
        await speed(ground, "carrot_quest_export", carrot, settings, 5_000)
        await tell(ground, 95_000)
        await speed(ground, "mixpanel_export", panel, settings, 100_000)
        await backfill(ground, panel, settings, 100_000)


if __name__ == "__main__":
    asyncio.run(main())
