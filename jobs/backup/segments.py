"""Segments of write-ahead log: their names, which follow each other, and which of them are needed."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from topics.errors import Misconfigured

WHOLE: Final = re.compile(r"([0-9A-F]{24})(\.gz)?")
ANY: Final = re.compile(r"([0-9A-F]{24})(\.gz|\.partial)?")
HISTORY: Final = re.compile(r"[0-9A-F]{8}\.history")


def segment_of(timeline: int, lsn: str, segment_bytes: int) -> str:
    """The name of the segment that a place (`0/2000028`) lies in."""
    high, _, low = lsn.partition("/")
    number = ((int(high, 16) << 32) | int(low, 16)) // segment_bytes
    return _named(timeline, number, segment_bytes)


def following(name: str, segment_bytes: int) -> str:
    """The name of the segment after this one."""
    per = _per(segment_bytes)
    number = int(name[8:16], 16) * per + int(name[16:24], 16) + 1
    return _named(int(name[:8], 16), number, segment_bytes)


def files_from(folder: Path, start: str, segment_bytes: int) -> list[Path]:
    """The files of a chain from a segment on, in order, each segment once.

    Raises Misconfigured when one is missing between two others, or at the beginning.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()) if folder.exists() else ():
        # "…", "….gz", "….partial": the first of a segment is the one to take.
        if match := ANY.fullmatch(path.name):
            found.setdefault(match[1], path)
    names = needed(found, start, segment_bytes, folder)
    return [found[name] for name in names]


def needed(names: Collection[str], start: str, segment_bytes: int, where: Path) -> Sequence[str]:
    """Those from `start` on. Raises Misconfigured for a gap."""
    later = sorted(name for name in names if name >= start)
    wanted = start
    for name in later:
        if name != wanted:
            break
        wanted = following(wanted, segment_bytes)
    else:
        if later:
            return later
    raise Misconfigured(
        f"{where}: the segment {wanted} is missing, and what comes after it cannot be replayed without it"
    )


def spent(names: Collection[str], oldest: str | None) -> list[str]:
    """The files that nothing needs: those before the segment that the oldest copy begins with."""
    if oldest is None:
        return []
    return sorted(name for name in names if (match := WHOLE.fullmatch(name)) and match[1] < oldest)


def _named(timeline: int, number: int, segment_bytes: int) -> str:
    per = _per(segment_bytes)
    return f"{timeline:08X}{number // per:08X}{number % per:08X}"


def _per(segment_bytes: int) -> int:
    return 0x100000000 // segment_bytes
