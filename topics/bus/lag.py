"""How far a consumer is behind, in records and in seconds, also while it is stuck."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from topics.runtime import metrics

WATCH_SECONDS = 2.0
SILENCE_SECONDS = 15.0


class Lag:
    """The lag metrics of one consumer."""

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer
        self._done_ms: dict[TopicPartition, float] = {}
        self._answered_at = time.monotonic()

    def silence(self) -> str | None:
        """That the broker has not answered for a while; None when it has."""
        seconds = time.monotonic() - self._answered_at
        return f"Kafka has not answered for {seconds:.0f} s" if seconds > SILENCE_SECONDS else None

    def begin(self, partition: TopicPartition) -> None:
        """The partition is ours from now on."""
        self._done_ms.setdefault(partition, time.time() * 1000)

    def done(self, partition: TopicPartition, timestamp_ms: int) -> None:
        """A record written at that time was the last one done."""
        self._done_ms[partition] = timestamp_ms

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """The partitions are another's: their lag is not ours to tell."""
        for each in list(partitions):
            self._done_ms.pop(each, None)
            for gauge in (metrics.LAG_RECORDS, metrics.LAG_SECONDS):
                try:
                    gauge.remove(self._consumer, each.topic, str(each.partition))
                except KeyError:
                    continue  # it was never shown

    async def watch(self, client: Any, standing: Callable[[], Mapping[TopicPartition, int]]) -> None:
        """Ask the broker for the ends again and again: the client itself learns them only when it fetches."""
        self._answered_at = time.monotonic()
        while True:
            places = dict(standing())
            if places:
                try:
                    ends = await client.end_offsets(list(places))
                    self._answered_at = time.monotonic()
                except KafkaError:
                    ends = {}
                for each, end in ends.items():
                    if each in standing():
                        self._show(each, max(0, end - places[each]))
            else:
                self._answered_at = time.monotonic()
            await asyncio.sleep(WATCH_SECONDS)

    def _show(self, partition: TopicPartition, records: int) -> None:
        labels = (self._consumer, partition.topic, str(partition.partition))
        age = max(0.0, time.time() - self._done_ms.get(partition, time.time() * 1000) / 1000)
        metrics.LAG_RECORDS.labels(*labels).set(records)
        metrics.LAG_SECONDS.labels(*labels).set(age if records else 0.0)
