"""What is said of a copy of PostgreSQL in its base.json."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from jobs.backup.vault import Vault
from topics.errors import DoskaError

FILE: Final = "base.json"
# What pg_basebackup wrote, apart from what we say of it: pg_verifybackup wants no strangers there.
CONTENT: Final = "postgres"
PIECE: Final = 1024 * 1024


class Damaged(DoskaError):
    """A part of a backup is not as it was written; the text says which and how."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What a file must be."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Base:
    """A copy of all of PostgreSQL.

    `start` is the segment that replay begins with; it ends no earlier than `ended_at`. `chain` names the chain that
    goes on from it; without one there is what the copy itself brings. Times are the server's.
    """

    id: str
    cluster: str
    server: str
    start: str
    segment_bytes: int
    started_at: datetime
    ended_at: datetime
    chain: str | None
    secrets: bool
    files: Mapping[str, Sum]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(each.size for each in self.files.values())


READER: Final = TypeAdapter(Base)


def bases_of(vault: Vault) -> list[Base]:
    """Every whole copy, the oldest first. Raises Damaged for one that cannot be read."""
    folders = sorted(vault.bases.iterdir()) if vault.bases.exists() else []
    # The manifest is written last: without it a backup was killed while it was made.
    return [read_base(each) for each in folders if (each / FILE).exists() and not each.name.endswith(".part")]


def read_base(folder: Path) -> Base:
    """What a folder holds. Raises Damaged."""
    file = folder / FILE
    try:
        found = READER.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise Damaged(f"{file} cannot be read: {error}") from error
    if found.id != folder.name:
        raise Damaged(f"{file} speaks of the backup {found.id}")
    return found


def sums_of(folder: Path) -> dict[str, Sum]:
    """What the files below a folder are, by their paths in it."""
    return {str(path.relative_to(folder)): sum_of(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def sum_of(path: Path) -> Sum:
    """What a file is."""
    found, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
            size += len(piece)
    return Sum(size, found.hexdigest())


def faults_of(folder: Path, base: Base) -> Iterator[str]:
    """Each file that is not as it was written, with its path."""
    for name, wanted in base.files.items():
        path = folder / name
        try:
            found = sum_of(path)
        except OSError as error:
            yield f"{path}: {error.strerror}"
            continue
        if found.size != wanted.size:
            yield f"{path}: has {found.size} bytes and had {wanted.size}"
        elif found != wanted:
            yield f"{path}: its content is not what it was (SHA-256)"
