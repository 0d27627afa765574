"""Breaks processes as a plan says, and waits until people are served again."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from jobs.chaos.plan import Fault

LOOK_SECONDS = 0.05
# What people want: edits acknowledged, edits shown, actions decided.
SERVICES = ("acked", "shown", "decided")
Served = Mapping[str, Callable[[], float]]
# A killed process is started again by what keeps the product; a frozen one is woken.
SIGNALS = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP, "stop": signal.SIGTERM}


@dataclass(slots=True)
class Broken:
    """What one fault did: by service, the seconds from it to the first that was asked after it and served everybody."""

    fault: Fault
    seconds: dict[str, float | None] = field(default_factory=lambda: dict.fromkeys(SERVICES))

    @property
    def healed(self) -> bool:
        """Whether people were served again in the time allowed."""
        return None not in self.seconds.values()


async def carry_out(
    plan: Sequence[Fault],
    pids: Callable[[], Mapping[str, int]],
    served: Served,
    tell: Callable[[str], None],
    within_seconds: float,
) -> list[Broken]:
    """Do all of a plan.

    Args:
        plan: the faults.
        pids: the processes that run now, by name.
        served: by service, when the newest that was served had been asked, on the monotonic clock.
        tell: told each fault as it comes.
        within_seconds: how long people may wait until they are served again.
    """
    done: list[Broken] = []
    async with asyncio.TaskGroup() as healing:
        for fault in plan:
            await asyncio.sleep(fault.after_seconds)
            broken = Broken(fault)
            done.append(broken)
            tell(fault.name)
            pid = await _pid(pids, fault.target)
            begun = time.monotonic()
            os.kill(pid, SIGNALS[fault.how])
            if fault.how == "freeze":
                healing.create_task(_wake(pid, fault.seconds))
            healed = healing.create_task(_heal(broken, begun, served, within_seconds))
            if fault.healed:
                await healed
    return done


async def _pid(pids: Callable[[], Mapping[str, int]], name: str) -> int:
    """Its process, which may just be starting again."""
    while True:
        pid = pids().get(name)
        if pid is not None:
            return pid
        await asyncio.sleep(LOOK_SECONDS)


async def _wake(pid: int, seconds: float) -> None:
    await asyncio.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


async def _heal(broken: Broken, begun: float, served: Served, within_seconds: float) -> None:
    while not broken.healed and (now := time.monotonic()) - begun < within_seconds:
        for name, newest in served.items():
            if broken.seconds[name] is None and newest() > begun:
                broken.seconds[name] = now - begun
        await asyncio.sleep(LOOK_SECONDS)
