"""A consumer's manifest: `consumer.yaml`, checked."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.registry import registry
from topics.bus.catalog import catalog, plain
from topics.bus.units import Seconds
from topics.errors import Misconfigured

ROOMS = "rooms"
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,62}$")]


class DeadLetterLimit(BaseModel):
    """How many dead letters are an accident; more is a bad deploy, and the consumer stops."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    consecutive: int = Field(default=10, ge=1, description="dead letters in a row")
    ratio: float = Field(default=0.5, gt=0, le=1, description="share of the last `window` records")
    window: int = Field(default=100, ge=1)


class OnFailure(BaseModel):
    """What happens to a record that fails."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempts: int = Field(default=5, ge=1, description="of a record that raises anything but Retry, Reject or Halt")
    backoff: Seconds = Field(default=0.2, gt=0, description="before the second attempt; doubles after that")
    backoff_max: Seconds = Field(default=30.0, gt=0)
    dead_letter_limit: DeadLetterLimit = DeadLetterLimit()


class Manifest(BaseModel):
    """What a consumer is. Its folder's name is its group, its metrics label, its tables' owner, its dead letters' topic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    about: str = Field(min_length=1)
    engine: Literal["each", "batch", "decide", "window"]
    reads: tuple[str, ...] = Field(min_length=1)
    writes: tuple[str, ...] = ()
    stores: tuple[Literal["postgres", "redis", "s3"], ...] = ()
    views: tuple[Name, ...] = Field(default=(), description="consumers whose views it reads")
    migrations_after: tuple[Name, ...] = ()
    on_failure: OnFailure = OnFailure()
    lag_alert_seconds: Seconds = Field(default=60.0, gt=0)
    own_process: bool = Field(default=False, description="whether `doska up` runs it apart from the others")

    @property
    def dead_letters(self) -> str:
        """The topic of its dead letters."""
        return f"{self.name}.dlq"


def load_manifest(folder: Path) -> Manifest:
    """Read `folder/consumer.yaml`. Raises Misconfigured with the file, the key and what is wrong with it."""
    file = folder / "consumer.yaml"
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise Misconfigured(f"{file}: must be a mapping")
        manifest = Manifest(name=folder.name, **_derived(content))
    except OSError as error:
        raise Misconfigured(f"{file}: {error.strerror}") from error
    except (yaml.YAMLError, TypeError) as error:
        raise Misconfigured(f"{file}: {error}") from error
    except ValidationError as error:
        raise Misconfigured(f"{file}: {plain(error)}") from error
    for key, topics in (("reads", manifest.reads), ("writes", manifest.writes)):
        for topic in topics:
            if topic not in catalog():
                raise Misconfigured(f"{file}: {key}: there is no topic {topic} in topics/catalog")
    return manifest


def _derived(content: dict[str, Any]) -> dict[str, Any]:
    """`rooms` among `reads` stands for every topic with types that go to rooms."""
    reads = content.get("reads")
    if not isinstance(reads, list) or ROOMS not in reads:
        return content
    found = sorted({mt.topic for mt in registry().types() if mt.rooms and mt.topic is not None})
    return {
        **content,
        "reads": [*(each for each in reads if each != ROOMS), *(each for each in found if each not in reads)],
    }
