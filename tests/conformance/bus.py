"""What stands in the log and how far it has been read, seen from outside."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from schemas.envelope import Envelope
from schemas.ids import new_id
from schemas.problems import pointed
from schemas.registry import registry
from topics.bus.dead_letters import reason_of
from topics.bus.manifest import Manifest
from topics.runtime.settings import Settings

CAUGHT_UP_SECONDS = 150


def examples(topics: Collection[str]) -> list[tuple[Envelope, dict[str, Any]]]:
    """One record for each example of each type of the topics; their ids are made once."""
    records = []
    for topic in sorted(topics):
        for each in registry().of_topic(topic):
            assert each.key is not None, f"{each.name} has no key"
            for data in each.examples:
                key = str(pointed(data, each.key))
                action_id = new_id()
                envelope = Envelope(
                    id=action_id,
                    type=each.name,
                    source="tests",
                    time="2026-01-02T03:04:05.678Z",
                    subject=key,
                    dataschema=each.dataschema,
                    correlationid=action_id,
                    actor=new_id(),
                )
                records.append((envelope, dict(data)))
    return records


class Bus:
    """Clients that look and do not take part."""

    def __init__(self, settings: Settings) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
        self._reader = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap)

    async def start(self) -> None:
        """Connect."""
        await self._admin.start()
        await self._reader.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._reader.stop()
        await self._admin.close()

    async def caught_up(self, manifests: Collection[Manifest]) -> None:
        """Wait until every group has committed the end of every partition that it reads."""
        deadline = time.monotonic() + CAUGHT_UP_SECONDS
        while behind := [line for manifest in manifests for line in await self.behind(manifest)]:
            assert time.monotonic() < deadline, behind
            await asyncio.sleep(0.2)

    async def behind(self, manifest: Manifest) -> list[str]:
        """The partitions that a consumer's group has not committed to their end, in words."""
        committed = await self._admin.list_consumer_group_offsets(manifest.name)
        found = []
        for topic in manifest.reads:
            for place, end in (await self._reader.end_offsets(await self._places(topic))).items():
                done = committed[place].offset if place in committed else 0
                if done < end:
                    found.append(f"{manifest.name} has read {done} of {end} in {place.topic}/{place.partition}")
        return found

    async def dead_letters(self, manifest: Manifest) -> Sequence[Mapping[str, str]]:
        """Why records of a consumer died, oldest first."""
        [place] = await self._places(manifest.dead_letters)
        end = (await self._reader.end_offsets([place]))[place]
        self._reader.assign([place])
        self._reader.seek(place, 0)
        letters: list[Mapping[str, str]] = []
        while await self._reader.position(place) < end:
            for records in (await self._reader.getmany(timeout_ms=200)).values():
                letters += [reason_of(record.headers) for record in records]
        return letters

    async def _places(self, topic: str) -> list[TopicPartition]:
        [described] = await self._admin.describe_topics([topic])
        return [TopicPartition(topic, each["partition"]) for each in described["partitions"]]


def by_topic(letters: Collection[Mapping[str, str]]) -> Mapping[str, int]:
    """How many letters came from each topic."""
    found: dict[str, int] = defaultdict(int)
    for each in letters:
        found[each["topic"]] += 1
    return dict(found)
