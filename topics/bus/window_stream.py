"""A quixstreams application: polls, splits, gathers into tumbling windows, and asks for a checkpoint when one is due.

It runs in a thread and decides nothing: where to begin, what a record says and whether a checkpoint is durable is
`Asked`. Its windows are scratch: they hold what came since the last checkpoint and die with the process.
"""

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeAlias

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from topics.bus.clients import group_options, kafka_options
from topics.bus.manifest import Manifest
from topics.bus.records import Raw
from topics.runtime import metrics
from topics.runtime.settings import Settings

# A library that it loads and that we never use warns of its own future each time.
with warnings.catch_warnings(record=True):
    from quixstreams import Application, message_context
    from quixstreams.kafka.configuration import ConnectionConfig
    from quixstreams.kafka.exceptions import KafkaConsumerException
    from quixstreams.models.topics.exceptions import TopicNotFoundError
    from quixstreams.sinks.base import BaseSink, SinkBackpressureError

POLL_SECONDS = 0.2  # how long SIGTERM may wait for an idle poll
ASK_SECONDS = 10.0
LATE = -1
# It says at "info" what ours say in their own words.
logging.getLogger("quixstreams").setLevel(logging.ERROR)

SECURITY: Final[Mapping[str, Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]]] = {
    "PLAINTEXT": "plaintext",
    "SSL": "ssl",
    "SASL_PLAINTEXT": "sasl_plaintext",
    "SASL_SSL": "sasl_ssl",
}

Place: TypeAlias = tuple[str, int]
Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Timed:
    """Something that a message says, and when it happened: JSON, because the window is kept as such."""

    at_ms: int
    value: Json


@dataclass(frozen=True, slots=True)
class Window:
    """What the records of one topic and key, since the last checkpoint, add to one window.

    The same window may stand there more than once: by another topic, begun anew, or `late` beside what was in time.
    """

    key: str
    start_ms: int
    value: Json
    late: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """Windows of `size_ms`; what comes more than `grace_ms` after a window's end is late: counted, and marked so.

    `merge` joins the value of a window with the next one of it.
    """

    size_ms: int
    grace_ms: int
    merge: Callable[[Json, Json], Json]


class Asked(Protocol):
    """What the stream asks, from its thread."""

    def place(self, partitions: Sequence[Place]) -> Mapping[Place, int]:
        """Where to begin in each of the partitions that are ours now, all of them."""
        ...

    def read(self, record: Raw) -> Sequence[Timed]:
        """What a record says."""
        ...

    def checkpoint(self, windows: Sequence[Window]) -> float | None:
        """Make durable what was read; or the seconds after which to read it once more."""
        ...


def stream(
    settings: Settings,
    manifest: Manifest,
    shape: Shape,
    asked: Asked,
    *,
    scratch: Path,
    checkpoint_seconds: float,
    checkpoint_records: int,
) -> Application:
    """An application, ready to `run()` in a thread and to be told to `stop()` from any."""
    application = _Placed(
        asked,
        broker_address=_connection(settings),
        consumer_group=manifest.name,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        use_changelog_topics=False,
        commit_interval=checkpoint_seconds,
        commit_every=checkpoint_records,
        consumer_extra_config=_group(manifest.name, settings.replica),
        consumer_poll_timeout=POLL_SECONDS,
        request_timeout=ASK_SECONDS,
        broker_availability_timeout=0,  # a broker that is away is waited for, as by the other engines
        state_dir=scratch,
        loglevel=None,
    )
    gathering = _Gathering(asked, shape, manifest.name)
    for name in manifest.reads:
        topic = application.topic(name, key_deserializer="bytes", value_deserializer="bytes")
        said = application.dataframe(topic).apply(gathering.read, expand=True, metadata=True)
        said = said.set_timestamp(lambda value, *_: value["at"])
        tumbling = said.tumbling_window(shape.size_ms, grace_ms=shape.grace_ms, on_late=gathering.late)
        tumbling.reduce(reducer=gathering.merge, initializer=gathering.begin).current().sink(gathering)
    return application


class _Placed(Application):
    """Begins where it is told instead of where the group's commit is, and leaves the signals to the process."""

    def __init__(self, asked: Asked, **options: Any) -> None:
        super().__init__(**options)
        self._asked = asked

    def _on_assign(self, consumer: Any, topic_partitions: list[TopicPartition]) -> None:
        places = self._asked.place([(each.topic, each.partition) for each in topic_partitions])
        for each in topic_partitions:
            each.offset = places[each.topic, each.partition]
        super()._on_assign(consumer, topic_partitions)
        if topic_partitions:
            # A process that died between its store's commit and the group's would seem to be behind until something new comes.
            consumer.commit(offsets=topic_partitions, asynchronous=True)

    def _setup_signal_handlers(self) -> None:
        """Signals belong to `topics.runtime.lifespan`."""


class _Gathering(BaseSink):
    """The steps of the pipeline, and its end: the windows since the last checkpoint."""

    def __init__(self, asked: Asked, shape: Shape, consumer: str) -> None:
        super().__init__()
        self._asked = asked
        self._merge = shape.merge
        self._late = metrics.WINDOW_LATE.labels(consumer)
        self._epoch = 0
        self._lives = count()
        self._windows: dict[tuple[str, int, bytes, int, int], Window] = {}

    def read(self, value: bytes | None, key: bytes | None, timestamp: int, headers: Any) -> list[Json]:
        at = message_context()
        raw = Raw(at.topic, at.partition, at.offset, timestamp, key, value, tuple(headers or ()))
        return [{"at": each.at_ms, "value": each.value} for each in self._asked.read(raw)]

    def begin(self, new: Json) -> Json:
        """A window may be closed, forgotten and begun anew between two checkpoints: each life of it counts."""
        return {"epoch": self._epoch, "life": next(self._lives), "value": new["value"]}

    def merge(self, held: Json, new: Json) -> Json:
        """What is held from before the last checkpoint is in the store already."""
        if held["epoch"] != self._epoch:
            return self.begin(new)
        return {**held, "value": self._merge(held["value"], new["value"])}

    def late(  # noqa: PLR0917 - quixstreams' signature
        self,
        value: Json,
        key: Any,
        timestamp_ms: int,
        late_by_ms: int,
        start: int,
        end: int,
        store_name: str,
        topic: str,
        partition: int,
        offset: int,
    ) -> bool:
        """Of a window that quixstreams has closed: the store corrects it. False: nothing is dropped, so no warning."""
        del timestamp_ms, late_by_ms, end, store_name, offset
        place = (topic, partition, key, start, LATE)
        held = self._windows.get(place)
        joined = value["value"] if held is None else self._merge(held.value, value["value"])
        self._windows[place] = Window(_text(key), start, joined, late=True)
        self._late.inc()
        return False

    def add(  # noqa: PLR0917 - quixstreams' signature
        self, value: Json, key: bytes, timestamp: int, headers: Any, topic: str, partition: int, offset: int
    ) -> None:
        """A window as it is after one more record."""
        del timestamp, headers, offset
        start, held = value["start"], value["value"]
        self._windows[topic, partition, key, start, held["life"]] = Window(_text(key), start, held["value"])

    def flush(self) -> None:
        """A checkpoint is due. Raises SinkBackpressureError to read the same again later."""
        windows = list(self._windows.values())
        self._forget()
        again = self._asked.checkpoint(windows)
        if again is not None:
            raise SinkBackpressureError(retry_after=again)

    def on_paused(self) -> None:
        """What was gathered is read again."""
        self._forget()

    def _forget(self) -> None:
        self._windows = {}
        self._epoch += 1


def topic_is_gone(error: BaseException | None) -> bool:
    """Whether a stream ended because a topic is not there: it is being made anew, perhaps, and its generation tells."""
    while error is not None:
        if isinstance(error, TopicNotFoundError):
            return True
        if isinstance(error, KafkaException) and error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return True
        if isinstance(error, KafkaConsumerException) and error.code == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return True
        error = error.__cause__
    return False


def _text(key: bytes) -> str:
    return key.decode("utf-8", "replace")


def _group(name: str, replica: str) -> dict[str, Any]:
    """The same membership as of the other engines, in librdkafka's words."""
    ours = group_options(name, replica)
    return {
        "group.instance.id": ours["group_instance_id"],
        "session.timeout.ms": ours["session_timeout_ms"],
        "heartbeat.interval.ms": ours["heartbeat_interval_ms"],
        # Without checkpoints of its own nobody waits in place for longer than seconds.
        "max.poll.interval.ms": 120_000,
        "client.id": f"{name}-{replica}",
        "allow.auto.create.topics": False,
        # What is counted by minutes can wait for more: a fetch per record costs the broker more than the record.
        "fetch.min.bytes": 256 * 1024,
        "fetch.wait.max.ms": 500,
    }


def _connection(settings: Settings) -> ConnectionConfig:
    """Addresses and security, as librdkafka takes them. Raises Misconfigured as `kafka_options` does."""
    options = kafka_options(settings)
    return ConnectionConfig(
        bootstrap_servers=settings.kafka_bootstrap,
        security_protocol=SECURITY[settings.kafka_security_protocol],
        sasl_mechanism=options.get("sasl_mechanism"),
        sasl_username=options.get("sasl_plain_username"),
        sasl_password=options.get("sasl_plain_password"),
        ssl_ca_location=None if settings.kafka_ca_file is None else str(settings.kafka_ca_file),
    )
