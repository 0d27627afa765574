"""Looks at the processes of a product: memory by kind, open files, lag, disk, and what its edge says of sockets."""

import os
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from consumers import discovery
from jobs.bench import accounting
from jobs.soak.samples import Held
from topics.bus.group_lag import group_lag
from topics.errors import Unavailable
from topics.runtime.settings import Settings

OURSELVES = "soak"
KINDS = {"Pss_Anon:": "anon", "Pss_File:": "file", "Pss_Shmem:": "shmem"}
CLOSED = re.compile(r'^doska_sockets_closed_total\{code="(\d+)"\} (\S+)', re.MULTILINE)
OPEN = re.compile(r"^doska_sockets (\S+)", re.MULTILINE)


def held(pids: Mapping[str, int]) -> dict[str, Held]:
    """What each of these holds, with all that came from it; and this process, which plays everybody, by itself."""
    found = {name: _held(pid, accounting.descendants([pid])) for name, pid in pids.items()}
    return found | {OURSELVES: _held(os.getpid(), [os.getpid()])}


async def lag(settings: Settings) -> dict[str, int]:
    """Records that each consumer has still to read; nothing when Kafka does not tell."""
    found: dict[str, int] = {}
    with suppress(Unavailable):
        for each in await group_lag(settings, discovery.manifests().values()):
            found[each.consumer] = found.get(each.consumer, 0) + each.behind
    return found


def disk(directory: Path) -> dict[str, int]:
    """Bytes that each part has on disk."""
    return {part.name: _bytes_below(part) for part in (directory / "parts").iterdir() if part.is_dir()}


def sockets(metrics: str) -> tuple[int, dict[str, int]]:
    """Of the metrics of an edge: the open sockets, and by close code those that ended."""
    found = OPEN.search(metrics)
    return round(float(found[1])) if found else 0, {code: round(float(n)) for code, n in CLOSED.findall(metrics)}


def _held(pid: int, family: Collection[int]) -> Held:
    kinds = dict.fromkeys(KINDS.values(), 0)
    files = sockets = 0
    for each in family:
        with suppress(OSError, ValueError):
            for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
                name, *rest = line.split()
                if name in KINDS:
                    kinds[KINDS[name]] += int(rest[0]) * 1024
        with suppress(OSError):
            for entry in os.scandir(f"/proc/{each}/fd"):
                with suppress(OSError):
                    files += 1
                    sockets += str(Path(entry.path).readlink()).startswith("socket:")
    return Held(**kinds, files=files, sockets=sockets, pid=pid)


def _bytes_below(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                # What it takes, not how long it claims to be: logs are laid out before they are written.
                total += (Path(place) / name).lstat().st_blocks * 512
    return total
