"""Objects of S3 into a vault and out of it. Ours never change under their key, so each is copied once."""

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from jobs.backup.base_copy import Sum, sum_of
from jobs.backup.bucket import Bucket, Listed
from jobs.backup.journal import Gone, Kept, add, at, read
from jobs.backup.vault import Vault, keep_bytes
from topics.errors import DoskaError
from topics.runtime.settings import Settings

AT_ONCE: Final = 8
# After so many objects what was copied is noted: a kill costs no more.
PAGE: Final = 200
# Stands in every bucket that was copied: where it is missing, nobody cleaned up, the bucket itself was lost.
MARKER: Final = "backups/bucket"


class BucketLost(DoskaError):
    """Objects are missing because their bucket is: of none of them it may be noted that somebody removed it."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What one look at the bucket brought."""

    objects: int
    fresh: int
    fresh_bytes: int
    gone: int


@dataclass(frozen=True, slots=True)
class Returned:
    """What went back into a bucket; `damaged` names what could not."""

    objects: int
    put: int
    put_bytes: int
    damaged: Sequence[str]


def place_of(vault: Vault, sha256: str) -> Path:
    """Where the bytes lie."""
    return vault.objects / sha256[:2] / sha256


async def copy_new(settings: Settings, vault: Vault, now: datetime) -> Copied:
    """Copy what came since the last look, and note what went.

    Raises Unavailable without S3; BucketLost, once everything new is copied, when the bucket is not the one that was
    copied before: nothing is noted as gone then, so that all of it can be put back.
    """
    bucket = Bucket(settings)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="backup") as threads:
        try:
            for left in vault.objects.glob("new-*"):
                left.unlink()
            known = at(await asyncio.to_thread(read, vault.journal), None)
            listed = await asyncio.to_thread(_marked, bucket, known)
            fresh = [each for each in listed if _is_fresh(each, known.get(each.key))]
            copied: list[Kept] = []
            for start in range(0, len(fresh), PAGE):
                loop = asyncio.get_running_loop()
                found = await asyncio.gather(
                    *(
                        loop.run_in_executor(threads, _one, bucket, vault, each, now)
                        for each in fresh[start : start + PAGE]
                    )
                )
                page = [each for each in found if each is not None]
                await asyncio.to_thread(add, vault.journal, page)
                copied += page
            there = {each.key for each in listed}
            if MARKER in known and MARKER not in there:
                raise BucketLost(
                    f"S3 has lost {bucket.where}, or it is another one than was copied ({MARKER} is not in it): "
                    "`doska restore --only objects` puts back what was there"
                )
            gone = [Gone(key, now) for key in known if key not in there]
            await asyncio.to_thread(add, vault.journal, gone)
        finally:
            bucket.close()
    return Copied(len(listed), len(copied), sum(each.size for each in copied), len(gone))


async def bring_back(settings: Settings, vault: Vault, moment: datetime | None) -> Returned:
    """Put what was there at a moment and is not there now. Nothing is replaced or deleted. Raises Unavailable."""
    bucket = Bucket(settings)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="backup") as threads:
        try:
            wanted = at(await asyncio.to_thread(read, vault.journal), moment)
            there = {each.key: each.size for each in await asyncio.to_thread(bucket.list)}
            missing = [each for each in wanted.values() if there.get(each.key) != each.size]
            loop = asyncio.get_running_loop()
            outcomes: list[str | None] = []
            for start in range(0, len(missing), PAGE):
                outcomes += await asyncio.gather(
                    *(
                        loop.run_in_executor(threads, _back, bucket, vault, each)
                        for each in missing[start : start + PAGE]
                    )
                )
        finally:
            bucket.close()
    put = [each for each, fault in zip(missing, outcomes, strict=True) if fault is None]
    return Returned(
        len(wanted), len(put), sum(each.size for each in put), [fault for fault in outcomes if fault is not None]
    )


def faults_of(vault: Vault, kept: Iterable[Kept]) -> Iterable[str]:
    """Each object whose bytes are not what they were, with the path."""
    seen: set[str] = set()
    for each in kept:
        if each.sha256 in seen:
            continue
        seen.add(each.sha256)
        path = place_of(vault, each.sha256)
        try:
            if sum_of(path) != Sum(each.size, each.sha256):
                yield f"{path}: is not what {each.key} was (SHA-256)"
        except OSError as error:
            yield f"{path}: {error.strerror}, and {each.key} lies there"


def drop_unused(vault: Vault, kept: Iterable[Kept]) -> int:
    """Remove bytes that no object of these is; how many files."""
    needed, dropped = {each.sha256 for each in kept}, 0
    for path in vault.objects.glob("*/*"):
        if path.name not in needed:
            path.unlink()
            dropped += 1
    return dropped


def _marked(bucket: Bucket, known: Mapping[str, Kept]) -> list[Listed]:
    """All objects; one that was never copied before gets its mark first."""
    listed = bucket.list()
    if MARKER in known or any(each.key == MARKER for each in listed):
        return listed
    bucket.put(MARKER, secrets.token_hex(16).encode(), {"ContentType": "text/plain"}, {})
    return bucket.list()


def _is_fresh(listed: Listed, known: Kept | None) -> bool:
    return known is None or (known.etag, known.size) != (listed.etag, listed.size)


def _one(bucket: Bucket, vault: Vault, listed: Listed, now: datetime) -> Kept | None:
    """Copy one; None when it went before we came."""
    scratch = vault.objects / f"new-{secrets.token_hex(8)}"
    try:
        found = bucket.fetch(listed.key, scratch)
        if found is None:
            return None
        place = place_of(vault, found.sum.sha256)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        keep_bytes(scratch)
        scratch.rename(place)
    finally:
        scratch.unlink(missing_ok=True)
    return Kept(listed.key, found.etag, found.sum.size, found.sum.sha256, found.headers, found.metadata, seen=now)


def _back(bucket: Bucket, vault: Vault, kept: Kept) -> str | None:
    """Put one back; what is wrong with it, when its bytes are not what they were."""
    for fault in faults_of(vault, [kept]):
        return fault
    bucket.put(kept.key, place_of(vault, kept.sha256).read_bytes(), kept.headers, kept.metadata)
    return None
