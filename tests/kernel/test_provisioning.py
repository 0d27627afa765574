"""Topics as files: planned, applied, never deleted, each with a generation."""

import asyncio
import secrets
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import TopicPartition

from schemas.ids import new_id
from tests.kernel.harness import LIMIT_SECONDS, TOPIC, until
from topics.bus import admin
from topics.bus.catalog import catalog, dead_letters_of
from topics.bus.clients import kafka_options, reader
from topics.bus.cluster import Cluster, cluster
from topics.bus.generations import TOPIC as TOPIC_OF_GENERATIONS
from topics.bus.generations import Generation, read_generations
from topics.bus.manifest import Manifest
from topics.bus.plan import Change
from topics.bus.publish import Publisher
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration


def consumer() -> Manifest:
    name = f"plan_{secrets.token_hex(4)}"
    return Manifest(name=name, about="a test", engine="batch", reads=(TOPIC,))


async def delete(settings: Settings, topic: str) -> None:
    """Delete a topic, and wait until the broker has heard of it from its controller."""
    client = AIOKafkaAdminClient(**kafka_options(settings))
    await client.start()

    async def gone() -> bool:
        return topic not in await client.list_topics()

    try:
        await client.delete_topics([topic])
        await until(gone, f"{topic} to be gone")
    finally:
        await client.close()


async def planned(settings: Settings, manifests: list[Manifest], kinds: list[str]) -> list[Change]:
    """What is planned, once the broker has heard of what was done: its controller answers before."""
    found: list[Change] = []

    async def shown() -> bool:
        found[:] = await admin.plan_topics(settings, manifests)
        return [each.kind for each in found] == kinds

    await until(shown, f"the plan {kinds}")
    return found


async def topics_of_generations(settings: Settings) -> list[str]:
    """The topic of each record of platform.topics, in order."""
    place = TopicPartition(TOPIC_OF_GENERATIONS, 0)
    async with reader(settings, "tests") as client:
        client.assign([place])
        end = (await client.end_offsets([place]))[place]
        client.seek(place, 0)
        keys: list[str] = []
        while await client.position(place) < end:
            keys += [each.key.decode() for each in (await client.getmany(place, timeout_ms=200)).get(place, ())]
    return keys


async def test_what_is_planned_is_applied_and_then_nothing_is_left_to_do(own_settings: Settings) -> None:
    new = consumer()

    first = await admin.plan_topics(own_settings, [new])
    applied = await admin.apply_topics(own_settings, [new])

    assert [(each.kind, each.topic) for each in first] == [("create", new.dead_letters)]
    assert applied == first
    assert await planned(own_settings, [new], []) == []
    assert await admin.apply_topics(own_settings, [new]) == []


async def test_who_asks_right_after_finds_what_was_made(own_settings: Settings) -> None:
    new = [consumer() for _ in range(3)]

    await admin.apply_topics(own_settings, new)

    assert await admin.plan_topics(own_settings, new) == []


async def test_a_topic_gets_its_generation_when_it_is_made_and_keeps_it(own_settings: Settings) -> None:
    new = consumer()
    await admin.apply_topics(own_settings, [new])
    first = (await read_generations(own_settings))[new.dead_letters]

    await admin.apply_topics(own_settings, [new])
    assert (await read_generations(own_settings))[new.dead_letters] == first

    await delete(own_settings, new.dead_letters)
    await admin.apply_topics(own_settings, [new])
    assert (await read_generations(own_settings))[new.dead_letters].generation != first.generation


async def test_every_topic_of_the_catalog_has_a_generation(own_settings: Settings) -> None:
    generations = await read_generations(own_settings)

    assert {name: each.partitions for name, each in catalog().items()} == {
        name: generations[name].partitions for name in catalog()
    }


async def test_a_setting_that_was_changed_by_hand_is_put_right_and_an_operators_own_is_left(
    own_settings: Settings,
) -> None:
    new = consumer()
    await admin.apply_topics(own_settings, [new])
    async with cluster(own_settings) as kafka:
        await kafka.configure(new.dead_letters, {"retention.ms": "1000", "segment.ms": "70000", "flush.ms": "1234"})

    (change,) = await planned(own_settings, [new], ["configure"])
    await admin.apply_topics(own_settings, [new])

    assert "retention.ms 1000 -> 2592000000" in change.detail
    assert "segment.ms 70000 -> default" in change.detail
    assert await planned(own_settings, [new], []) == []
    async with cluster(own_settings) as kafka:
        own = (await kafka.topics([new.dead_letters]))[new.dead_letters].own
    assert own["flush.ms"] == "1234"
    assert "segment.ms" not in own


@pytest.fixture
def others_are_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever made a topic may be long in numbering it, on a busy machine."""
    monkeypatch.setattr(admin, "OTHERS_SECONDS", LIMIT_SECONDS)


@pytest.mark.usefixtures("others_are_slow")
async def test_several_at_once_give_each_topic_one_generation(own_settings: Settings) -> None:
    new = [consumer() for _ in range(3)]

    await asyncio.gather(*(admin.apply_topics(own_settings, new) for _ in range(4)))

    written = [topic for topic in await topics_of_generations(own_settings) if topic.startswith("plan_")]
    assert {each.dead_letters for each in new} <= set(written)
    assert all(written.count(each.dead_letters) == 1 for each in new)
    assert await planned(own_settings, new, []) == []


async def test_a_topic_is_numbered_before_the_next_one_is_made(
    own_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever finds one without a number waits for its maker: he must not have others to make meanwhile."""
    new, made, create = [consumer() for _ in range(3)], set[str](), Cluster.create

    async def make(kafka: Cluster, name: str, *given: Any) -> bool:
        assert made <= set(await read_generations(own_settings))
        made.add(name)
        return await create(kafka, name, *given)

    monkeypatch.setattr(Cluster, "create", make)
    await admin.apply_topics(own_settings, new)

    assert made == {each.dead_letters for each in new}


@pytest.fixture
def no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else is at it: not to be waited for."""
    monkeypatch.setattr(admin, "OTHERS_SECONDS", 0.0)


@pytest.mark.usefixtures("no_others")
async def test_a_topic_that_was_made_by_a_call_whose_answer_was_lost_is_numbered(
    own_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, create = consumer(), Cluster.create

    async def make_twice(*given: Any) -> bool:
        assert await create(*given)
        return await create(*given)

    monkeypatch.setattr(Cluster, "create", make_twice)
    await admin.apply_topics(own_settings, [new])

    assert new.dead_letters in await read_generations(own_settings)


@pytest.mark.usefixtures("others_are_slow")
async def test_who_finds_a_topic_that_was_just_made_leaves_the_numbering_to_its_maker(own_settings: Settings) -> None:
    new = consumer()
    wanted = {new.dead_letters: dead_letters_of(new.name)}
    async with cluster(own_settings) as kafka:
        await kafka.create(new.dead_letters, 1, 1, {})
        finding = asyncio.create_task(
            admin._apply(kafka, own_settings, Change("adopt", new.dead_letters, ""), wanted, {})
        )
        async with Publisher(own_settings, "tests") as publisher:
            await admin._write(publisher, Generation(new_id(), 1), new.dead_letters)

        assert await finding is False


@pytest.mark.usefixtures("no_others")
async def test_an_empty_topic_without_a_generation_is_adopted(own_settings: Settings) -> None:
    new = consumer()
    async with cluster(own_settings) as kafka:
        await kafka.create(new.dead_letters, 1, 1, {})

        async def there() -> bool:
            return new.dead_letters in await kafka.topics([new.dead_letters])

        await until(there, "the broker to have heard of the topic")

    applied = await admin.apply_topics(own_settings, [new])

    assert "adopt" in {each.kind for each in applied}
    first = (await read_generations(own_settings))[new.dead_letters]
    await admin.apply_topics(own_settings, [new])
    assert (await read_generations(own_settings))[new.dead_letters] == first


@pytest.mark.usefixtures("no_others")
async def test_a_topic_with_records_and_no_generation_is_adopted_only_when_it_is_named(own_settings: Settings) -> None:
    new = consumer()
    async with cluster(own_settings) as kafka:
        await kafka.create(new.dead_letters, 1, 1, {})
    async with Publisher(own_settings, "tests") as publisher:
        await (await publisher.send(new.dead_letters, b"key", b"{}", []))

    refused = await admin.apply_topics(own_settings, [new])
    assert ("problem", new.dead_letters) in {(each.kind, each.topic) for each in refused}
    assert new.dead_letters not in await read_generations(own_settings)

    await admin.apply_topics(own_settings, [new], adopt=[new.dead_letters])
    assert new.dead_letters in await read_generations(own_settings)


async def test_describe_tells_partitions_records_and_generation(own_settings: Settings) -> None:
    described = {each.topic: each for each in await admin.describe_topics(own_settings, [])}

    assert described["boards.ops"].partitions == 12
    assert described["platform.topics"].records >= len(catalog())
    assert described["identity.people"].policy == "compact"
    assert all(each.generation is not None for each in described.values())
