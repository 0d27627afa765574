"""The batch engine where the consumer's own store is the truth."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from tests.kernel.engines import Engine
from tests.kernel.harness import TOPIC, Stage, until
from tests.kernel.places import ends, stand
from topics.bus.batch import Batch, batch
from topics.bus.context import ConsumerContext
from topics.bus.generations import read_generations
from topics.bus.manifest import Manifest
from topics.bus.message import Message
from topics.bus.places import mismatch
from topics.errors import CheckpointMoved, Halt, Reject, Retry
from topics.runtime.service import Service
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

OnMessage = Callable[[Message], Awaitable[None]]


@dataclass
class Store:
    """A store that writes an effect and its checkpoint together, in memory."""

    next: dict[tuple[str, int], int] = field(default_factory=dict)
    generation: str | None = None
    away: int = 0
    loads: int = 0

    async def load(self, topic: str, partition: int, generation: str) -> int | None:
        self.loads += 1
        if self.away:
            self.away -= 1
            raise Retry("the store is away")
        if self.generation is not None and self.generation != generation:
            raise Halt(mismatch(topic, partition, self.generation, generation))
        return self.next.get((topic, partition))

    def engine(self, *, linger_seconds: float = 0.0) -> Engine:
        async def build(context: ConsumerContext, on_message: OnMessage) -> Service:
            async def on_batch(messages: Batch) -> None:
                for message in messages:
                    await on_message(message)
                self.next |= messages.next

            return batch(context, on_batch, checkpoints=self, linger_seconds=linger_seconds)

        return Engine("batch", build, self.stand_at_end)

    async def stand_at_end(self, settings: Settings, _manifest: Manifest) -> None:
        self.next = {(each.topic, each.partition): end for each, end in (await ends(settings, TOPIC)).items()}


async def test_it_starts_at_the_checkpoint_whatever_the_group_has_committed(stage: Stage) -> None:
    store = Store()
    engine = store.engine()
    manifest = await stage.manifest(engine)
    placed = await stage.say("one", "two", "three")
    generation = (await read_generations(stage.settings))[TOPIC].generation
    after = {each: (end, generation) for each, end in (await ends(stage.settings, TOPIC)).items()}
    await stand(stage.settings, manifest.name, after)
    store.next[TOPIC, placed[0].partition] = placed[1].offset

    async with stage.running(engine, manifest) as consumer:
        await until(lambda: consumer.handled == ["two", "three"])

    assert store.next[TOPIC, placed[0].partition] == placed[2].offset + 1


async def test_the_checkpoint_moves_past_junk_only_after_the_junk_is_buried(stage: Stage) -> None:
    store = Store()
    manifest = await stage.manifest(store.engine())
    junk = await stage.send(b"{nope")
    moved_to: list[int] = []

    async def on_batch(messages: Batch) -> None:
        if not messages and messages.next.get((TOPIC, junk.partition)) == junk.offset + 1:
            moved_to.append(len(await stage.dead(manifest.name)))
        store.next.update(messages.next)

    async def build(context: ConsumerContext, _: OnMessage) -> Service:
        return batch(context, on_batch, checkpoints=store)

    async with stage.running(Engine("batch", build, store.stand_at_end), manifest):
        await until(lambda: store.next[TOPIC, junk.partition] > junk.offset)

    assert moved_to == [1]


async def test_the_checkpoint_moves_past_what_was_rejected_and_buried(stage: Stage) -> None:
    store = Store()
    engine = store.engine()
    manifest = await stage.manifest(engine)

    async def refuse(message: Message) -> None:
        if message.data["title"] == "bad":
            raise Reject("conflict", "no")

    placed = await stage.say("one", "bad", "three", "bad")
    async with stage.running(engine, manifest, refuse) as consumer:
        await until(lambda: store.next[TOPIC, placed[0].partition] > placed[3].offset)

    assert set(consumer.handled) == {"one", "three"}
    assert [int(each["offset"]) for each in await stage.dead(manifest.name)] == [placed[1].offset, placed[3].offset]


async def test_a_checkpoint_of_another_generation_halts(stage: Stage) -> None:
    store = Store(generation="01980c5e-0032-7a10-8f2e-3c4d5e6f7081")
    engine = store.engine()
    manifest = await stage.manifest(engine)

    async with stage.running(engine, manifest, ready=False) as consumer:
        await until(lambda: consumer.halted is not None)

    assert "made anew" in str(consumer.halted)


async def test_a_checkpoint_past_the_end_of_the_log_halts(stage: Stage) -> None:
    store = Store()
    engine = store.engine()
    manifest = await stage.manifest(engine)
    store.next[TOPIC, 1] += 1

    async with stage.running(engine, manifest, ready=False) as consumer:
        await until(lambda: consumer.halted is not None)

    assert "lost acknowledged records" in str(consumer.halted)


async def test_a_store_that_is_away_is_waited_for(stage: Stage) -> None:
    store = Store(away=4)
    engine = store.engine()
    manifest = await stage.manifest(engine)

    async with stage.running(engine, manifest) as consumer:
        await stage.say("one")
        await until(lambda: consumer.handled == ["one"])

    assert store.loads > 4


async def test_a_checkpoint_moved_by_another_owner_is_read_again(stage: Stage) -> None:
    store = Store()
    engine = store.engine()
    manifest = await stage.manifest(engine)
    placed = await stage.say("taken by another", "ours")
    once = True

    async def fenced(message: Message) -> None:
        nonlocal once
        if once:
            once = False
            store.next[TOPIC, placed[0].partition] = placed[1].offset
            raise CheckpointMoved("another owner")

    async with stage.running(engine, manifest, fenced) as consumer:
        await until(lambda: consumer.handled == ["ours"])


async def test_partitions_handed_over_in_the_middle_of_a_batch_lose_nothing(stage: Stage) -> None:
    store = Store()
    engine = store.engine()
    manifest = await stage.manifest(engine)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_message: Message) -> None:
        begun.set()
        await go_on.wait()

    async with stage.running(engine, manifest, slow) as first:
        placed = await stage.say("one")
        await begun.wait()
        joining = asyncio.create_task(_join(stage, engine, manifest))
        go_on.set()
        second = await joining
        last = await stage.say("two")
        await until(lambda: store.next[TOPIC, last[0].partition] > last[0].offset)
        assert sorted({*first.handled, *second}) == ["one", "two"]

    assert store.next[TOPIC, placed[0].partition] == last[0].offset + 1


async def _join(stage: Stage, engine: Engine, manifest: Manifest) -> list[str]:
    async with stage.running(engine, manifest, replica="1") as second:
        return second.handled
