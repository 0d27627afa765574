"""The catalog: which topics there are, from one YAML file each."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from topics.bus.units import Bytes, Seconds
from topics.errors import Misconfigured
from topics.runtime.settings import Settings

FOLDER = Path(__file__).parent.parent / "catalog"
DAY = 86400.0
# A dead letter is a record of any topic plus the headers that say why it is dead.
DEAD_LETTER_BYTES = 4 * 1024**2
DEAD_LETTER_SECONDS = 30 * DAY
# The least wait, in seconds, of what stands in each partition of a retry topic. A record waits behind an earlier one
# of its own rung only, whose wait is at most four times as long.
RETRY_RUNGS = (0, 2, 8, 32, 128, 512, 2048, 8192)


class Topic(BaseModel):
    """A topic as it should be. `key` names the field whose records stay in order; `None` is a topic without order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
    about: str = Field(min_length=1)
    carries: Literal["action", "fact", "op", "presence", "answer", "state", "dead letter", "retry"]
    key: str | None
    partitions: int = Field(ge=1, le=1000)
    retention: Seconds | Literal["forever"]
    partition_bytes: Bytes | None = None
    compaction: bool = False
    max_message: Bytes
    unread: str | None = Field(default=None, description="why nobody reads it, where nobody does")

    @model_validator(mode="after")
    def _compacted_is_kept(self) -> "Topic":
        if self.compaction and self.retention != "forever":
            raise ValueError("a compacted topic keeps the last record of each key: retention must be forever")
        return self

    def configs(self, settings: Settings) -> Mapping[str, str]:
        """The topic's settings in Kafka's own words."""
        configs = {
            "cleanup.policy": "compact" if self.compaction else "delete",
            "retention.ms": "-1" if self.retention == "forever" else str(int(self.retention * 1000)),
            "retention.bytes": str(self.partition_bytes if self.partition_bytes is not None else -1),
            "max.message.bytes": str(self.max_message),
            "min.insync.replicas": str(settings.min_insync_replicas),
            # The broker's clock alone: a producer with a wrong one could keep a segment for years, or hide a record
            # from a reader that starts at a time.
            "message.timestamp.type": "LogAppendTime",
        }
        if self.compaction:
            # Only closed segments are compacted, and a tombstone has to be honoured within a day.
            configs |= {"segment.ms": str(int(DAY * 250)), "max.compaction.lag.ms": str(int(DAY * 1000))}
        elif self.retention != "forever" and self.retention < 7 * DAY:
            # Only closed segments are deleted.
            configs["segment.ms"] = str(max(60_000, int(self.retention * 500)))
        return configs


def dead_letters_of(consumer: str) -> Topic:
    """The dead-letter topic of a consumer: derived, never written down."""
    return Topic(
        name=f"{consumer}.dlq",
        about=f"What {consumer} could not handle, with the reason.",
        carries="dead letter",
        key=None,
        partitions=1,
        retention=DEAD_LETTER_SECONDS,
        max_message=DEAD_LETTER_BYTES,
        unread="an operator reads and replays it",
    )


def retries_of(consumer: str) -> Topic:
    """The retry topic of a consumer: derived, never written down. A partition is a rung of waiting times."""
    return Topic(
        name=f"{consumer}.retry",
        about=f"What {consumer} has postponed, until it is due.",
        carries="retry",
        key=None,
        partitions=len(RETRY_RUNGS),
        retention=DEAD_LETTER_SECONDS,
        max_message=DEAD_LETTER_BYTES,
    )


@cache
def catalog(folder: Path = FOLDER) -> Mapping[str, Topic]:
    """Read the catalog once. Raises Misconfigured naming the file and the key."""
    return {topic.name: topic for topic in map(_read, sorted(folder.glob("*.yaml")))}


def _read(file: Path) -> Topic:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise Misconfigured(f"{file}: must be a mapping")
        return Topic(name=file.stem, **content)
    except (yaml.YAMLError, TypeError) as error:
        raise Misconfigured(f"{file}: {error}") from error
    except ValidationError as error:
        raise Misconfigured(f"{file}: {plain(error)}") from error


def plain(error: ValidationError) -> str:
    """A validation error in one line: `partitions: Input should be greater than 0; colour: Extra inputs …`."""
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'file'}: {each['msg']}" for each in error.errors())
