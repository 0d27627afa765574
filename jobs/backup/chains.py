"""Chains of write-ahead log in a vault: one without a gap for each life of the cluster."""

import contextlib
import gzip
import json
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from compose.embedded.credentials import write_private
from jobs.backup.segments import WHOLE
from jobs.backup.vault import Vault, keep_bytes, keep_names
from topics.errors import Misconfigured

NOTE: Final = "chain.json"
COVERED: Final = "covered.json"


@dataclass(frozen=True, slots=True)
class Chain:
    """A folder of segments, of one timeline."""

    name: str
    timeline: str


@dataclass(frozen=True, slots=True)
class Covered:
    """Until when a chain has everything."""

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
        # Full by now, under another name, and on the disk for that.
        with contextlib.suppress(FileNotFoundError):
            keep_bytes(partial)
    write_private(vault.wal / covered.chain / COVERED, json.dumps({"until": covered.until.isoformat()}))


def covered_of(vault: Vault, chain: str | None) -> datetime | None:
    """How far a chain goes; None for one that has nothing yet. Raises Misconfigured."""
    if chain is None:
        return None
    file = vault.wal / chain / COVERED
    try:
        return datetime.fromisoformat(json.loads(file.read_text())["until"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Misconfigured(f"{file} cannot be read: {error!r}") from error


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
        keep_bytes(new)
        new.rename(path.with_name(f"{path.name}.gz"))
        path.unlink()
        packed += 1
    return packed
