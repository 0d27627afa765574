"""What can be wrong with a message, in the words and numbers that the edge's public contract fixes.

The tree of errors of this package:

    SchemasError
    ├── UnknownType          no schema of that name and version
    ├── DataInvalid          the data does not match its schema (problems say where and why)
    ├── EnvelopeInvalid      the headers are no envelope of ours (path is the header)
    ├── SealBroken           a sealed secret does not open
    └── SchemaFileInvalid    a file under schemas/ breaks the rules for such files
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, Literal, TypeAlias

Code: TypeAlias = Literal[
    "malformed",
    "unauthenticated",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "conflict",
    "gone",
    "too_large",
    "unsupported_media_type",
    "schema_invalid",
    "rate_limited",
    "internal",
    "unavailable",
    "outcome_unknown",
]

LONGEST_NAME: Final = 200  # characters of a name that a path shows; no property of ours has so many

STATUS: Mapping[Code, int] = {
    "malformed": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "gone": 410,
    "too_large": 413,
    "unsupported_media_type": 415,
    "schema_invalid": 422,
    "rate_limited": 429,
    "internal": 500,
    "unavailable": 503,
    "outcome_unknown": 504,
}

# A place on a walk: the place above it and one step. A path as text for every item of a list, under a name of a megabyte,
# takes more memory than there is.
Trail: TypeAlias = "tuple[Trail, str | int] | None"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where (a JSON Pointer, "" for the whole) and why, in plain words."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path or 'the whole'} {self.message}"


class SchemasError(Exception):
    """Anything that this package refuses."""


class UnknownType(SchemasError):
    """No schema of that name and version is known here."""

    def __init__(self, name: str, version: int | None = None) -> None:
        super().__init__(f"no message type {name!r}" + ("" if version is None else f" of version {version}"))
        self.name = name
        self.version = version


class DataInvalid(SchemasError):
    """The data does not match its schema."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class EnvelopeInvalid(SchemasError):
    """The headers of a record are not an envelope of ours; `path` is the header's name."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"header {path} {message}")
        self.path = path
        self.message = message


class SealBroken(SchemasError):
    """A sealed secret does not open: unknown key, changed bytes, or moved to another place."""


class SchemaFileInvalid(SchemasError):
    """A file under schemas/ breaks the rules for such files; `path` points into it."""

    def __init__(self, file: str, path: str, message: str) -> None:
        super().__init__(f"schemas/{file}{'#' + path if path else ''} {message}")
        self.file = file
        self.path = path
        self.message = message


def pointer(*parts: str | int) -> str:
    """The JSON Pointer of a path given in parts; it ends before a name that is too long to show.

    A refusal is answered, logged, and kept in the header of a dead letter: whoever sent a name of a megabyte must not
    choose how large these become.
    """
    shown = takewhile(lambda part: isinstance(part, int) or len(part) <= LONGEST_NAME, parts)
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in shown)


def steps(trail: Trail) -> list[str | int]:
    """The parts of a path that a walk has kept as a trail."""
    parts: list[str | int] = []
    while trail is not None:
        trail, part = trail
        parts.append(part)
    return parts[::-1]


def pointed(data: object, path: str) -> object:
    """What a JSON Pointer points at; KeyError when nothing is there."""
    found = data
    for escaped in path.split("/")[1:]:
        part = escaped.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and part in found:
            found = found[part]
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            raise KeyError(path)
    return found
