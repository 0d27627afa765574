"""A consumer's manifest: `consumer.yaml`, checked."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.registry import registry
from schemas.webhooks.patterns import of_a_workspace
from topics.bus.catalog import catalog, plain
from topics.bus.units import Seconds
from topics.errors import Misconfigured

ROOMS = "rooms"
FACTS_OF_WORKSPACES = "facts_of_workspaces"
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,62}$")]


class DeadLetterLimit(BaseModel):
    """How many dead letters are an accident; more is a bad deploy, and the consumer stops."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    consecutive: int = Field(default=10, ge=1, description="dead letters in a row")
    ratio: float = Field(default=0.5, gt=0, le=1, description="share of the last `window` records")
    window: int = Field(default=100, ge=1)


class RetryTopic(BaseModel):
    """How a record that was postponed comes back from `<consumer>.retry`, and when it is given up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempts: int = Field(default=20, ge=2, description="of a record, the first one included; then it is a dead letter")
    backoff: Seconds = Field(default=2.0, gt=0, description="before the second attempt; doubles after that")
    backoff_max: Seconds = Field(default=3600.0, gt=0, le=86400.0)


class OnFailure(BaseModel):
    """What happens to a record that fails."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempts: int = Field(default=5, ge=1, description="of a record that raises anything but Retry, Reject or Halt")
    backoff: Seconds = Field(default=0.2, gt=0, description="before the second attempt; doubles after that")
    backoff_max: Seconds = Field(default=30.0, gt=0)
    dead_letter_limit: DeadLetterLimit = DeadLetterLimit()
    retry: RetryTopic | None = Field(default=None, description="a retry topic, for what its handler postpones")


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
    background: bool = Field(
        default=False, description="whether nobody waits for it: it lets those that people wait for go first"
    )

    @property
    def dead_letters(self) -> str:
        """The topic of its dead letters."""
        return f"{self.name}.dlq"

    @property
    def retries(self) -> str | None:
        """The topic of what it postponed, which is also the name of the group that reads it; None without one."""
        return None if self.on_failure.retry is None else f"{self.name}.retry"

    @model_validator(mode="after")
    def _retries_need_no_order(self) -> "Manifest":
        if self.on_failure.retry is not None and self.engine not in ("each", "batch"):
            raise ValueError(f"on_failure.retry: engine {self.engine} keeps an order, which a retry topic gives up")
        return self


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
    """Words among `reads` that stand for topics, so that a topic which is added is read without an edit.

    `rooms`: every topic with types that go to rooms; `facts_of_workspaces`: every one with facts that belong to one.
    """
    reads = content.get("reads")
    if not isinstance(reads, list):
        return content
    stand_for = {ROOMS: lambda mt: bool(mt.rooms), FACTS_OF_WORKSPACES: of_a_workspace}
    said = [each for each in reads if each not in stand_for]
    for word, means in stand_for.items():
        if word in reads:
            found = sorted({mt.topic for mt in registry().types() if mt.topic is not None and means(mt)})
            said += [each for each in found if each not in said]
    return {**content, "reads": said}
