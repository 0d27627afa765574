"""What processes cost: processor time and memory from /proc, all threads and all children of each."""

import os
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PREFERRED = -19
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Reading:
    """Processor seconds used until now: by name, and by the whole machine."""

    at: float
    by_name: Mapping[str, float]
    machine: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Between two readings: cores in use by name, and by everything that is not ours."""

    seconds: float
    cores: Mapping[str, float]
    others: float

    def microseconds(self, name: str, count: int) -> float:
        """Of one process per op or delivery."""
        return self.cores.get(name, 0.0) * self.seconds * 1e6 / count if count else 0.0


def read(named: Mapping[str, Collection[int]]) -> Reading:
    """What these processes and their descendants used so far."""
    children = _children()
    by_name = {name: sum(_seconds(pid) for pid in _tree(pids, children)) for name, pids in named.items()}
    return Reading(time.monotonic(), by_name, _machine_seconds())


def between(before: Reading, after: Reading) -> Usage:
    """The difference of two readings, in cores."""
    passed = max(after.at - before.at, 1e-9)
    used = {name: max(0.0, after.by_name[name] - before.by_name.get(name, 0.0)) / passed for name in after.by_name}
    machine = (after.machine - before.machine) / passed
    return Usage(passed, used, max(0.0, machine - sum(used.values())))


def memory(named: Mapping[str, Collection[int]]) -> dict[str, int]:
    """Bytes of memory of each with its descendants; pages that several share count once."""
    children = _children()
    return {name: sum(_bytes(pid) for pid in _tree(pids, children)) for name, pids in named.items()}


def pin(pids: Iterable[int], cores: Collection[int]) -> None:
    """Let these processes, their threads and descendants run on these cores alone; what they start inherits it."""
    # Twice: a thread born during the first round has its parent's cores only if that was done already.
    for _ in range(2):
        for pid in descendants(pids):
            with suppress(OSError):
                for thread in Path(f"/proc/{pid}/task").iterdir():
                    with suppress(OSError):
                        os.sched_setaffinity(int(thread.name), cores)


def prefer(pids: Iterable[int]) -> None:
    """Ask the system to serve these processes and their descendants before others. Only root may.

    What yields to the rest of the product goes on doing so. With autogroups the niceness of a process counts only inside
    its session, so the session gets it too.
    """
    for pid in descendants(pids):
        with suppress(OSError):
            niceness = PREFERRED + max(0, os.getpriority(os.PRIO_PROCESS, pid))
            os.setpriority(os.PRIO_PROCESS, pid, niceness)
            Path(f"/proc/{pid}/autogroup").write_text(str(niceness))


def descendants(pids: Iterable[int]) -> list[int]:
    """These processes and all that came from them and live."""
    return _tree(pids, _children())


def _tree(pids: Iterable[int], children: Mapping[int, list[int]]) -> list[int]:
    found, todo = [], list(pids)
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError, ValueError, IndexError):
                found.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
    return found


def _stat(pid: int) -> list[str]:
    # The name in parentheses may hold anything; the fields after it are numbers, the state first.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _seconds(pid: int) -> float:
    """Of all its threads, also those that ended, and of children that ended and were waited for."""
    try:
        return sum(map(int, _stat(pid)[11:15])) * TICK_SECONDS
    except (OSError, ValueError, IndexError):
        return 0.0


def _bytes(pid: int) -> int:
    with suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _machine_seconds() -> float:
    fields = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))
    user, nice, system, _idle, _iowait, irq, softirq, _steal = fields
    return (user + nice + system + irq + softirq) * TICK_SECONDS
