"""Which objects of S3 there were, from when to when: a line for each that came or went."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from jobs.backup.base_copy import Damaged


@dataclass(frozen=True, slots=True)
class Kept:
    """An object as it was between two moments; `gone` is None while it is there. Headers are what S3 answers with."""

    key: str
    etag: str
    size: int
    sha256: str
    headers: Mapping[str, str]
    metadata: Mapping[str, str]
    seen: datetime
    gone: datetime | None = None
    kind: Literal["kept"] = field(default="kept")


@dataclass(frozen=True, slots=True)
class Gone:
    """An object that is not there any more."""

    key: str
    gone: datetime
    kind: Literal["gone"] = field(default="gone")


LINE: Final = TypeAdapter[Kept | Gone](Kept | Gone)


def read(path: Path) -> list[Kept]:
    """Every object that is kept, in the order of coming. Raises Damaged, but not for a last line that was cut off."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    # A kill may cut the last line off; what it spoke of is seen again by the next look at the bucket.
    lines = raw[: raw.rfind(b"\n") + 1].splitlines()
    found: list[Kept] = []
    living: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        try:
            said = LINE.validate_json(line)
        except ValidationError as error:
            raise Damaged(f"{path}: line {number} cannot be read: {error.errors()[0]['msg']}") from error
        at = living.pop(said.key, None)
        if at is not None and found[at].gone is None:
            found[at] = replace(found[at], gone=said.gone if isinstance(said, Gone) else said.seen)
        if isinstance(said, Kept):
            living[said.key] = len(found)
            found.append(said)
    return found


def add(path: Path, said: Iterable[Kept | Gone]) -> None:
    """Write more lines, and have them on the disk."""
    rows = [LINE.dump_json(each) + b"\n" for each in said]
    if not rows:
        return
    whole = 0
    if path.exists():
        raw = path.read_bytes()
        whole = raw.rfind(b"\n") + 1
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        # What a kill cut off would spoil the line that follows it.
        file.truncate(whole)
        file.seek(whole)
        file.writelines(rows)
        file.flush()
        os.fsync(file.fileno())


def rewrite(path: Path, kept: Iterable[Kept]) -> None:
    """Have these objects and no others in the journal."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    add(new, kept)
    if new.exists():
        new.replace(path)
    else:
        path.unlink(missing_ok=True)


def at(kept: Iterable[Kept], moment: datetime | None) -> dict[str, Kept]:
    """What was there at a moment or came later, by key: a copy is made a while after the object came.

    None: what is there as far as is known. Of one that was replaced, the earliest that was there still.
    """
    found: dict[str, Kept] = {}
    for each in kept:
        if each.gone is None or (moment is not None and each.gone > moment):
            found.setdefault(each.key, each)
    return found


def worth(kept: Iterable[Kept], since: datetime) -> list[Kept]:
    """Those that a moment from `since` on may need."""
    return [each for each in kept if each.gone is None or each.gone > since]
