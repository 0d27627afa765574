"""What the cluster has, and the calls that change it, each repeated while brokers come and go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, KafkaError, NotControllerError, TopicAlreadyExistsError, for_code
from aiokafka.structs import TopicPartition

from topics.bus.clients import kafka_options, reader, saying_why, seen_through
from topics.bus.plan import Existing
from topics.errors import Misconfigured, Unavailable
from topics.runtime.settings import Settings

T = TypeVar("T")
PATIENCE_SECONDS = 30.0
AGAIN_SECONDS = 0.3
# DescribeConfigs: where a value comes from; 1 is "set for this topic".
OWN = 1


class Cluster:
    """An admin client that outlives a broker: aiokafka's asks any node, dead ones too, and gives up at once."""

    def __init__(self, settings: Settings, admin: AIOKafkaAdminClient) -> None:
        self._settings = settings
        self._admin = admin

    async def topics(self, only: Collection[str]) -> Mapping[str, Existing]:
        """Those of `only` that exist."""
        described = await repeated(self._admin.describe_topics)
        found = {each["topic"]: each["partitions"] for each in described if each["topic"] in only}
        configs = await self._configs(found)
        touched = await self._touched({name: len(partitions) for name, partitions in found.items()})
        return {
            name: Existing(
                partitions=len(partitions),
                replication=min(len(each["replicas"]) for each in partitions),
                configs={key: value for key, (value, _) in configs[name].items()},
                own={key: value for key, (value, source) in configs[name].items() if source == OWN},
                touched=name in touched,
            )
            for name, partitions in found.items()
        }

    async def led(self, only: Collection[str]) -> Mapping[str, int]:
        """How many partitions with a leader each of `only` has, of those that the brokers tell of."""
        described = await repeated(self._admin.describe_topics)
        return {
            each["topic"]: sum(partition["leader"] >= 0 for partition in each["partitions"])
            for each in described
            if each["topic"] in only
        }

    async def create(self, name: str, partitions: int, replication: int, configs: Mapping[str, str]) -> bool:
        """Create a topic; False when it exists already. Raises Misconfigured when the cluster refuses."""
        new = NewTopic(name, partitions, replication, topic_configs=dict(configs))
        answer = await repeated(lambda: self._admin.create_topics([new]))
        ((_, code, *message),) = answer.topic_errors
        if code == TopicAlreadyExistsError.errno:
            return False
        if code:
            raise Misconfigured(f"{name} cannot be created: {(message or [''])[0] or for_code(code).__name__}")
        return True

    async def configure(self, name: str, configs: Mapping[str, str]) -> None:
        """Replace the topic's own settings. Raises Misconfigured when the cluster refuses."""
        resource = ConfigResource(ConfigResourceType.TOPIC, name, dict(configs))
        for answer in await repeated(lambda: self._admin.alter_configs([resource])):
            for code, message, *_ in answer.resources:
                if code:
                    raise Misconfigured(f"{name} cannot be configured: {message or for_code(code).__name__}")

    async def grow(self, name: str, partitions: int) -> None:
        """Add partitions to a topic without keys."""
        await repeated(lambda: self._admin.create_partitions({name: NewPartitions(partitions)}))

    async def records(self, partitions: Mapping[str, int]) -> Mapping[str, tuple[int, int]]:
        """First and end offsets summed over each topic's partitions."""
        places = [TopicPartition(name, number) for name, count in partitions.items() for number in range(count)]
        if not places:
            return {}
        async with reader(self._settings, "topics") as consumer:
            first = await repeated(lambda: consumer.beginning_offsets(places))
            end = await repeated(lambda: consumer.end_offsets(places))
        sums = dict.fromkeys(partitions, (0, 0))
        for place in places:
            sums[place.topic] = (sums[place.topic][0] + first[place], sums[place.topic][1] + end[place])
        return sums

    async def missing_copies(self) -> int:
        """How many copies of partitions, of all topics, are not as good as their leader's, or have no leader."""
        described = await repeated(self._admin.describe_topics)
        partitions = [each for topic in described for each in topic["partitions"]]
        return sum(len(each["replicas"]) - len(each["isr"]) if each["leader"] >= 0 else 1 for each in partitions)

    async def _touched(self, partitions: Mapping[str, int]) -> frozenset[str]:
        return frozenset(name for name, (_, end) in (await self.records(partitions)).items() if end > 0)

    async def _configs(self, names: Collection[str]) -> Mapping[str, Mapping[str, tuple[str, int]]]:
        if not names:
            return {}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        found: dict[str, Mapping[str, tuple[str, int]]] = {}
        for answer in await repeated(lambda: self._admin.describe_configs(resources)):
            for code, message, _, name, entries in answer.resources:
                if code:
                    raise Misconfigured(f"{name} cannot be described: {message or for_code(code).__name__}")
                found[name] = {key: (value, source) for key, value, _, source, *_ in entries}
        return found


@asynccontextmanager
async def cluster(settings: Settings) -> AsyncIterator[Cluster]:
    """Connect to the cluster. Raises Unavailable when it is not there."""
    admin = await repeated(lambda: _connect(settings))
    try:
        yield Cluster(settings, admin)
    finally:
        await admin.close()


async def repeated(call: Callable[[], Awaitable[T]]) -> T:
    """Call until it works or half a minute is over. Raises Unavailable."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_SECONDS
    while True:
        try:
            return await call()
        except (KafkaError, TimeoutError) as error:
            passing = getattr(error, "retriable", True) or isinstance(error, KafkaConnectionError | NotControllerError)
            if not passing or loop.time() > deadline:
                raise Unavailable(f"Kafka does not answer: {error!r}") from error
        await asyncio.sleep(AGAIN_SECONDS)


async def _connect(settings: Settings) -> Any:
    admin = AIOKafkaAdminClient(**kafka_options(settings), client_id="topics", request_timeout_ms=10_000)
    try:
        async with saying_why(settings):
            await seen_through(admin.start())
    except BaseException:
        await admin.close()
        raise
    return admin
