"""Which processes an earlier start left behind: one record on disk per part."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Record:
    """A process that was started; `born` tells it from a later process with the same pid."""

    pid: int
    born: str
    program: str


def born(pid: int) -> str | None:
    """When this process was born, as the system tells it, or None if there is no such process.

    On Linux the boot's id and the ticks since boot; elsewhere only that the process lives.
    """
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        # The program's name is in parentheses and may itself hold spaces and parentheses.
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else f"{_boot()}:{fields[19]}"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return "alive"
    return "alive"


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        # Some sandboxes hide it; ticks since boot alone are nearly as good.
        return ""


def write(path: Path, pid: int, program: str) -> None:
    """Remember a process that was just started."""
    record = Record(pid=pid, born=born(pid) or "", program=program)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(record)))
    new.replace(path)


def survivor(path: Path) -> Record | None:
    """The recorded process if that very process still lives, else None."""
    try:
        record = Record(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return record if alive(record) else None


def alive(record: Record) -> bool:
    """Whether the very process of this record lives."""
    now = born(record.pid)
    return now is not None and now == record.born


def forget(path: Path) -> None:
    """Drop a record."""
    path.unlink(missing_ok=True)
