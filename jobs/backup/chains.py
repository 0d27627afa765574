"""Chains of write-ahead log in a vault: one without a gap for each life of the cluster."""

import gzip
import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from compose.embedded.credentials import write_private
from jobs.backup.segments import WHOLE
from jobs.backup.vault import Vault, keep_names
from topics.errors import Misconfigured

NOTE: Final = "chain.json"


@dataclass(frozen=True, slots=True)
class Chain:
    """A folder of segments, of one timeline."""

    name: str
    timeline: str


@dataclass(frozen=True, slots=True)
class Covered:
    """Until when the newest chain has everything."""

    chain: str
    until: datetime


def newest(vault: Vault) -> Chain | None:
    """The chain that was begun last."""
    found = sorted(vault.wal.glob(f"*/{NOTE}"))
    if not found:
        return None
    try:
        return Chain(**json.loads(found[-1].read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise Misconfigured(f"{found[-1]} cannot be read: {error!r}") from error


def begin(vault: Vault, chain: Chain) -> None:
    """Make the folder of a new chain."""
    folder = vault.wal / chain.name
    folder.mkdir(mode=0o700)
    write_private(folder / NOTE, json.dumps(asdict(chain)))
    keep_names(folder)
    keep_names(vault.wal)


def note_covered(vault: Vault, covered: Covered) -> None:
    """Say how far it goes, once that is on the disk."""
    # What is received is written at once, and a loss of power takes what only the system has.
    for partial in (vault.wal / covered.chain).glob("*.partial"):
        opened = os.open(partial, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    write_private(vault.covered, json.dumps({"chain": covered.chain, "until": covered.until.isoformat()}))


def covered_of(vault: Vault, chain: str | None) -> datetime | None:
    """How far a chain goes as far as is known; None for one that something came after, or that never had everything."""
    try:
        told = json.loads(vault.covered.read_text())
    except (OSError, ValueError):
        return None
    return datetime.fromisoformat(told["until"]) if chain is not None and told["chain"] == chain else None


def pack_finished(folder: Path) -> int:
    """Compress the segments that are full; how many there were. A kill leaves the one or the other, whole."""
    packed = 0
    for path in sorted(folder.iterdir()):
        match = WHOLE.fullmatch(path.name)
        if match is None or match[2]:
            continue
        new = path.with_name(f"{path.name}.gz.new")
        with path.open("rb") as source, gzip.open(new, "wb", compresslevel=1) as target:
            shutil.copyfileobj(source, target, 1 << 20)
        new.chmod(0o600)
        opened = os.open(new, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
        new.rename(path.with_name(f"{path.name}.gz"))
        path.unlink()
        packed += 1
    return packed
