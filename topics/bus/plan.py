"""The difference between the topics that should be and those that are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from topics.bus.catalog import Topic
from topics.bus.generations import Generation
from topics.runtime.settings import Settings

# What the catalog may set; a setting outside of this is the operator's own and is left alone.
MANAGED = frozenset(
    {
        "cleanup.policy",
        "max.compaction.lag.ms",
        "max.message.bytes",
        "message.timestamp.type",
        "min.insync.replicas",
        "retention.bytes",
        "retention.ms",
        "segment.ms",
    }
)


@dataclass(frozen=True, slots=True)
class Existing:
    """A topic of the cluster. `own` are the settings made for it, `configs` those in force; `touched`: it held records."""

    partitions: int
    replication: int
    configs: Mapping[str, str]
    own: Mapping[str, str]
    touched: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do, or (`problem`) one that only a person can do."""

    kind: Literal["create", "configure", "grow", "adopt", "problem"]
    topic: str
    detail: str


def plan(
    wanted: Collection[Topic],
    existing: Mapping[str, Existing],
    generations: Mapping[str, Generation],
    settings: Settings,
    *,
    adopt: Collection[str] = (),
) -> list[Change]:
    """What `apply` would do, in order; nothing is ever deleted.

    A topic that exists without a generation is adopted (given one) by itself only when it never held a record: then
    no position in it can exist. Otherwise somebody may stand in it by a generation that was lost, and giving it
    another would either skip records or halt everyone; a person has to say so by naming it in `adopt`.
    """
    changes: list[Change] = []
    for topic in sorted(wanted, key=lambda each: (each.name != "platform.topics", each.name)):
        found = existing.get(topic.name)
        if found is None:
            changes.append(
                Change("create", topic.name, f"{topic.partitions} partitions, {settings.kafka_replication} copies")
            )
            continue
        changes += _generation(topic, found, generations.get(topic.name), adopt)
        changes += _partitions(topic, found)
        changes += _configs(topic, found, settings)
        if found.replication != settings.kafka_replication:
            changes.append(
                Change(
                    "problem",
                    topic.name,
                    f"has {found.replication} copies of each partition and should have {settings.kafka_replication}: "
                    "move it with kafka-reassign-partitions, or set DOSKA_KAFKA_REPLICATION",
                )
            )
    return changes


def new_configs(topic: Topic, found: Existing, settings: Settings) -> Mapping[str, str]:
    """Every own setting of the topic as it should be: Kafka replaces them all at once."""
    return {key: value for key, value in found.own.items() if key not in MANAGED} | dict(topic.configs(settings))


def _generation(topic: Topic, found: Existing, known: Generation | None, adopt: Collection[str]) -> list[Change]:
    if known is not None and known.partitions == found.partitions:
        return []
    if known is not None:
        text = f"has {found.partitions} partitions and was made with {known.partitions}: its keys have moved"
        return [Change("problem", topic.name, text)] if topic.key is not None else []
    if not found.touched or topic.name in adopt:
        return [Change("adopt", topic.name, "exists without a generation, and is given one")]
    text = "exists and holds records, but has no generation: `doska topics apply --adopt` it if nobody stands in it"
    return [Change("problem", topic.name, text)]


def _partitions(topic: Topic, found: Existing) -> list[Change]:
    if found.partitions == topic.partitions:
        return []
    if topic.key is None and found.partitions < topic.partitions:
        return [Change("grow", topic.name, f"from {found.partitions} to {topic.partitions} partitions")]
    text = (
        f"has {found.partitions} partitions and should have {topic.partitions}; with another count a key's records "
        "would be in two partitions, so it is not changed in place: make a new topic and copy it over"
    )
    return [Change("problem", topic.name, text)]


def _configs(topic: Topic, found: Existing, settings: Settings) -> list[Change]:
    due = topic.configs(settings)
    different = [
        f"{key} {found.configs.get(key)} -> {value}" for key, value in due.items() if found.configs.get(key) != value
    ]
    different += [f"{key} {value} -> default" for key, value in found.own.items() if key in MANAGED and key not in due]
    return [Change("configure", topic.name, ", ".join(sorted(different)))] if different else []
