"""Provisioning: topics as the catalog and the consumers want them, and a generation for each."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.envelope import Envelope
from schemas.ids import new_id
from topics.bus.catalog import Topic, catalog, dead_letters_of, retries_of
from topics.bus.cluster import Cluster, cluster
from topics.bus.generations import TOPIC, Generation, read_generations
from topics.bus.manifest import Manifest
from topics.bus.plan import Change, Existing, new_configs, plan
from topics.bus.publish import Publisher
from topics.errors import Unavailable
from topics.runtime.settings import Settings

SOURCE = "topics"
# Another `apply` that has just created a topic writes its generation before it does anything else.
OTHERS_SECONDS = 15.0
# A topic that was made a moment ago has a leader when the brokers have heard of it.
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Described:
    """A topic as it is, for people."""

    topic: str
    partitions: int
    replication: int
    records: int
    generation: str | None
    policy: str
    retention: str


def wanted_topics(manifests: Collection[Manifest]) -> Sequence[Topic]:
    """Every topic there should be: the catalog's, a dead-letter topic of each consumer, and the retry topics of some."""
    letters = [dead_letters_of(each.name) for each in manifests]
    return [*catalog().values(), *letters, *(retries_of(each.name) for each in manifests if each.retries is not None)]


async def plan_topics(settings: Settings, manifests: Collection[Manifest], adopt: Collection[str] = ()) -> list[Change]:
    """What `apply_topics` would do."""
    wanted = wanted_topics(manifests)
    async with cluster(settings) as kafka:
        existing = await kafka.topics([each.name for each in wanted])
        return plan(wanted, existing, await _generations(settings, existing), settings, adopt=adopt)


async def apply_topics(
    settings: Settings, manifests: Collection[Manifest], adopt: Collection[str] = ()
) -> list[Change]:
    """Make the cluster's topics what they should be; gives what was done, and the problems that stay.

    Idempotent, also while others do the same: only who created a topic writes its generation, and at once, so that
    whoever finds it without one knows after a while that nobody will. When it returns, who asks finds the topics: a
    controller answers before the brokers have heard of what it made. Deletes nothing.
    """
    wanted = {each.name: each for each in wanted_topics(manifests)}
    async with cluster(settings) as kafka:
        existing = await kafka.topics(wanted)
        changes = plan(list(wanted.values()), existing, await _generations(settings, existing), settings, adopt=adopt)
        if all(each.kind == "problem" for each in changes):
            return changes
        numbers = Publisher(settings, SOURCE, enqueue_seconds=PATIENCE_SECONDS, deadline_seconds=PATIENCE_SECONDS)
        done = []
        async with numbers as publisher:
            for change in changes:
                if await _apply(kafka, settings, change, wanted, existing):
                    await _number(settings, publisher, change, wanted[change.topic])
                    done.append(change)
        await _until_told(kafka, settings, [wanted[each.topic] for each in changes if each.kind == "create"])
        return done


async def describe_topics(settings: Settings, manifests: Collection[Manifest]) -> list[Described]:
    """The topics that there should be, as they are."""
    async with cluster(settings) as kafka:
        existing = await kafka.topics([each.name for each in wanted_topics(manifests)])
        generations = await _generations(settings, existing)
        held = await kafka.records({name: each.partitions for name, each in existing.items()})
    return [
        Described(
            topic=name,
            partitions=each.partitions,
            replication=each.replication,
            records=held[name][1] - held[name][0],
            generation=generations[name].generation if name in generations else None,
            policy=each.configs.get("cleanup.policy", ""),
            retention=each.configs.get("retention.ms", ""),
        )
        for name, each in sorted(existing.items())
    ]


async def _apply(
    kafka: Cluster, settings: Settings, change: Change, wanted: Mapping[str, Topic], existing: Mapping[str, Existing]
) -> bool:
    """Do one change; False when somebody else was quicker."""
    topic = wanted[change.topic]
    match change.kind:
        case "create":
            made = await kafka.create(topic.name, topic.partitions, settings.kafka_replication, topic.configs(settings))
            # A call that was repeated, its answer being lost, finds there what it made itself.
            return made or not await _numbered_by_others(settings, topic.name)
        case "configure":
            await kafka.configure(topic.name, new_configs(topic, existing[topic.name], settings))
        case "grow":
            await kafka.grow(topic.name, topic.partitions)
        case "adopt":
            return not await _numbered_by_others(settings, topic.name)
        case "problem":
            pass
    return True


async def _number(settings: Settings, publisher: Publisher, done: Change, topic: Topic) -> None:
    """Write its generation: a new one where it was created or adopted, the old one with more partitions where it grew."""
    if done.kind in ("create", "adopt"):
        await _write(publisher, Generation(new_id(), topic.partitions), topic.name)
    elif done.kind == "grow" and (known := (await _patiently_read(settings)).get(topic.name)) is not None:
        await _write(publisher, Generation(known.generation, topic.partitions), topic.name)


async def _until_told(kafka: Cluster, settings: Settings, made: Sequence[Topic]) -> None:
    """Return when the brokers tell of these topics and of their numbers. Raises Unavailable when they do not."""
    missing, deadline = list(made), time.monotonic() + PATIENCE_SECONDS
    while missing:
        led = await kafka.led([each.name for each in missing])
        numbers = await _patiently_read(settings)
        missing = [each for each in missing if led.get(each.name, 0) < each.partitions or each.name not in numbers]
        if missing and time.monotonic() > deadline:
            raise Unavailable(f"Kafka made {missing[0].name} and does not tell of it: run `doska topics apply` again")
        if missing:
            await asyncio.sleep(0.2)


async def _write(publisher: Publisher, generation: Generation, topic: str) -> None:
    now = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    this = new_id()
    envelope = Envelope(
        id=this,
        type="platform.topic",
        source=SOURCE,
        time=now,
        subject=topic,
        dataschema="platform.topic/1",
        correlationid=this,
    )
    await publisher.publish(
        envelope,
        {"topic": topic, "generation": generation.generation, "partitions": generation.partitions, "created_at": now},
    )


async def _generations(settings: Settings, existing: Mapping[str, Existing]) -> Mapping[str, Generation]:
    return await _patiently_read(settings) if TOPIC in existing else {}


async def _patiently_read(settings: Settings) -> Mapping[str, Generation]:
    for _ in range(5):
        try:
            return await read_generations(settings)
        except Unavailable:
            await asyncio.sleep(1.0)
    return await read_generations(settings)


async def _numbered_by_others(settings: Settings, topic: str) -> bool:
    deadline = time.monotonic() + OTHERS_SECONDS
    while time.monotonic() < deadline:
        if topic in await _patiently_read(settings):
            return True
        await asyncio.sleep(0.5)
    return False
