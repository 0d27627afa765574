"""Reads backups to their last byte and names what is not as it was written."""

import asyncio
import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from jobs.backup import base_copy, journal, object_copies, programs, segments
from jobs.backup.base_copy import CONTENT, Base
from jobs.backup.vault import Vault
from topics.errors import DoskaError, Misconfigured

# The first release whose pg_verifybackup reads a copy in the form that we write.
READS_TAR: Final = 18


async def faults(vault: Vault) -> list[str]:
    """Everything that is wrong, each with its path; empty is good."""
    found: list[str] = []
    try:
        bases = await asyncio.to_thread(base_copy.bases_of, vault)
    except DoskaError as error:
        return [str(error)]
    for base in bases:
        folder = vault.bases / base.id
        wrong = await asyncio.to_thread(lambda folder, base: list(base_copy.faults_of(folder, base)), folder, base)
        found += wrong or await _verified(folder / CONTENT)
        found += await asyncio.to_thread(log_faults, vault, base)
    try:
        kept = await asyncio.to_thread(journal.read, vault.journal)
    except DoskaError as error:
        return [*found, str(error)]
    return [*found, *await asyncio.to_thread(lambda: list(object_copies.faults_of(vault, kept)))]


def log_faults(vault: Vault, base: Base) -> list[str]:
    """What is wrong with the log that goes on from a copy."""
    if base.chain is None:
        return []
    try:
        files = segments.files_from(vault.wal / base.chain, base.start, base.segment_bytes)
    except Misconfigured as error:
        return [str(error)]
    return list(_wrong_sizes(files, base.segment_bytes))


def _wrong_sizes(files: list[Path], segment_bytes: int) -> Iterator[str]:
    for path in files:
        try:
            size = _size(path)
        except (OSError, EOFError, zlib.error) as error:
            yield f"{path}: cannot be read: {error}"
            continue
        if size != segment_bytes:
            yield f"{path}: holds {size} of {segment_bytes} bytes"


def _size(path: Path) -> int:
    if path.suffix != ".gz":
        return path.stat().st_size
    size = 0
    with gzip.open(path) as file:
        while piece := file.read(base_copy.PIECE):
            size += len(piece)
    return size


async def _verified(folder: Path) -> list[str]:
    """What PostgreSQL's own program says of a copy, where there is one that works and reads what we write."""
    environment = {"LC_ALL": "C"}
    try:
        told = await programs.run("pg_verifybackup", ["--version"], environment=environment)
        release = int(re.sub(r".*\) (\d+).*", r"\1", told))
    except (programs.ProgramFailed, Misconfigured, ValueError):
        # That of the embedded server ends with a segmentation fault; the sums of the files were looked at in any case.
        return []
    if release < READS_TAR:
        return []
    try:
        words = ["--format", "tar", "--no-parse-wal", str(folder)]
        await programs.run("pg_verifybackup", words, environment=environment)
    except programs.ProgramFailed as error:
        return [f"{folder}: {error}"]
    return []
