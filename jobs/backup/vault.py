"""The directory that backups of one cluster lie in, private to who makes them.

vault.json        which cluster of PostgreSQL
bases/ID/         a copy of all of PostgreSQL: base.json is written last, so a folder without it is no backup
wal/CHAIN/        write-ahead log without a gap, and until when: one chain for each life of the cluster between restores
objects/AA/SHA    the bytes of objects of S3, by their SHA-256
objects.jsonl     which objects there were, and from when to when
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from compose.embedded.credentials import write_private
from topics.errors import Misconfigured

FORMAT: Final = 1
ID: Final = "%Y%m%dT%H%M%S.%fZ"
# What one that was killed at its very beginning leaves.
BEGUN: Final = frozenset({"vault.json.new"})


@dataclass(frozen=True, slots=True)
class Vault:
    """Where what lies. `cluster` is PostgreSQL's own system identifier."""

    root: Path
    cluster: str

    @property
    def bases(self) -> Path:
        """A folder for each copy of PostgreSQL."""
        return self.root / "bases"

    @property
    def wal(self) -> Path:
        """A folder for each chain."""
        return self.root / "wal"

    @property
    def objects(self) -> Path:
        """Bytes of objects."""
        return self.root / "objects"

    @property
    def journal(self) -> Path:
        """Which objects there were."""
        return self.root / "objects.jsonl"

    @contextmanager
    def held(self, work: str) -> Iterator[None]:
        """Be the only one at this kind of work. Raises Misconfigured when somebody else is."""
        file = os.open(self.root / f"{work}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Misconfigured(f"another process is at the {work} of {self.root}: let it end first") from None
            yield
        finally:
            os.close(file)


def open_vault(root: Path) -> Vault:
    """The backups in a directory. Raises Misconfigured when there are none, or not ours."""
    file = root / "vault.json"
    try:
        told = json.loads(file.read_text())
        form, cluster = told["format"], str(told["cluster"])
    except FileNotFoundError:
        raise Misconfigured(f"{root} holds no backups: there is no {file.name} in it") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Misconfigured(f"{file} cannot be read: {error!r}") from error
    if form != FORMAT:
        raise Misconfigured(f"{file}: format {form} is of another release, this one reads {FORMAT}")
    return Vault(root, cluster)


def make_vault(root: Path, cluster: str) -> Vault:
    """The directory for backups of this cluster, made when it is not there. Raises Misconfigured for one of another cluster."""
    if (root / "vault.json").exists():
        found = open_vault(root)
        if found.cluster != cluster:
            raise Misconfigured(
                f"{root} holds backups of another cluster ({found.cluster}, and this one is {cluster}): set "
                "DOSKA_BACKUP_DIR to another directory"
            )
    elif root.exists() and {path.name for path in root.iterdir()} - BEGUN:
        raise Misconfigured(
            f"{root} is neither empty nor holds backups: set DOSKA_BACKUP_DIR to a directory of its own"
        )
    vault = Vault(root, cluster)
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Whoever reads this directory has all there is.
        root.chmod(0o700)
        # First what says whose it is: killed after it, the rest is made by the next one.
        if not (root / "vault.json").exists():
            write_private(root / "vault.json", json.dumps({"format": FORMAT, "cluster": cluster}))
        for folder in (vault.bases, vault.wal, vault.objects):
            folder.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise Misconfigured(f"{root} cannot hold backups: {error}") from error
    return vault


def name_of(moment: datetime) -> str:
    """A name that sorts by time."""
    return moment.strftime(ID)


def keep_names(folder: Path) -> None:
    """Have a rename in this folder survive a loss of power."""
    keep_bytes(folder)


def keep_bytes(path: Path) -> None:
    """Have what was written survive a loss of power."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
