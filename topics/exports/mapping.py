"""A mapping: which fact becomes which event at a destination, with which properties, from one YAML file."""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from topics.errors import Misconfigured

Scalar = str | int | float | bool
TypeName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Pointer = Annotated[str, Field(pattern=r"^(/[^/]+)+$")]
# What happened: told by a decider, or by an edge where nothing is to be decided.
TELLING: Final = frozenset({"fact", "op"})


class Source(BaseModel):
    """Where a property comes from: one of `fact` (a JSON pointer), `envelope`, `person` (a JSON pointer), `value`.

    `pii: with_consent` lets a personal field out, for those people who consented; without it such a field is refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: Pointer | None = None
    envelope: Literal["id", "type", "time", "actor", "workspace", "session", "via", "correlationid"] | None = None
    person: Pointer | None = None
    value: Scalar | None = None
    pii: Literal["with_consent"] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Source":
        given = [each for each in (self.fact, self.envelope, self.person, self.value) if each is not None]
        if len(given) != 1:
            raise ValueError("is exactly one of fact, envelope, person, value")
        return self


def _short(content: object) -> object:
    """`/title` is short for `{fact: /title}`."""
    return {"fact": content} if isinstance(content, str) else content


AnySource = Annotated[Source, BeforeValidator(_short)]


class Event(BaseModel):
    """What a fact is called at the destination, and what it carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=255)
    properties: dict[str, AnySource] = {}


class Profile(BaseModel):
    """What a destination knows of a person: set anew, from what is known now, after each fact of the types `set_after`.

    Personal properties of somebody who has not consented are removed there. `delete_after` removes the whole person.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    set_after: tuple[TypeName, ...] = Field(min_length=1)
    properties: dict[str, AnySource] = Field(min_length=1)
    delete_after: tuple[TypeName, ...] = ()


class Mapping(BaseModel):
    """A whole mapping. `identity`: who did it, the first source that gives something; `nobody`: facts without anyone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str = Field(min_length=1)
    consent: str = Field(default="analytics", description="the purpose that people consent to")
    identity: tuple[AnySource, ...] = Field(min_length=1)
    nobody: Literal["send", "drop"]
    others: Literal["send", "drop"] = Field(description="facts of types that are neither under events nor under drop")
    properties: dict[str, AnySource] = Field(default={}, description="of every event")
    events: dict[TypeName, Event]
    drop: tuple[TypeName, ...] = ()
    profile: Profile | None = None


def load_mapping(file: Path) -> Mapping:
    """Read a mapping. Raises Misconfigured with the file, the key and what is wrong with it."""
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise Misconfigured(f"{file}: must be a mapping")
        return Mapping(**content)
    except OSError as error:
        raise Misconfigured(f"{file}: {error.strerror}") from error
    except (yaml.YAMLError, TypeError) as error:
        raise Misconfigured(f"{file}: {error}") from error
    except ValidationError as error:
        lines = (f"{'.'.join(map(str, each['loc'])) or 'file'}: {each['msg']}" for each in error.errors())
        raise Misconfigured(f"{file}: {'; '.join(lines)}") from error
