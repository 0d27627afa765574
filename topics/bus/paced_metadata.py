"""Who leads a partition is asked ten times a second while nobody does, not as often as a node can answer.

aiokafka's producer and consumer ask again as soon as they have the answer. While a partition has no leader, which is for
seconds when a node dies, that is hundreds of requests a second of each client, to the nodes that are to elect one.
"""

import asyncio
from collections.abc import Collection
from functools import wraps
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.cluster import ClusterMetadata


def pause_without_a_leader(client: type[AIOKafkaClient]) -> None:
    """Have these clients hold back, for their `retry_backoff_ms`, an answer that leaves a partition without a leader.

    What it says of the others they know at once; only who waits for it before he asks again waits.
    """
    update = client._metadata_update  # noqa: SLF001 - aiokafka has no other way, and its minor version is pinned

    @wraps(update)
    async def updated(self: AIOKafkaClient, cluster: ClusterMetadata, topics: Collection[str]) -> Any:
        answered = await update(self, cluster, topics)
        if not answered or _leaderless(cluster, topics or cluster.topics(exclude_internal_topics=False)):
            await asyncio.sleep(self._retry_backoff)
        return answered

    client._metadata_update = updated  # noqa: SLF001 - the same


def _leaderless(cluster: ClusterMetadata, topics: Collection[str]) -> bool:
    return any(cluster.partitions_for_topic(each) != cluster.available_partitions_for_topic(each) for each in topics)
