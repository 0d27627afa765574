"""How long people were not served."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from jobs.bench.load.refusal import Refused
from jobs.bench.stage import Stage
from jobs.chaos.people import People
from jobs.chaos.table import judged

HEALED_SECONDS = 150.0
LOOK_SECONDS = 0.05
NEWCOMERS = 8


@dataclass(slots=True)
class Pauses:
    """By service, the longest that the newest one served was old, in seconds."""

    longest: dict[str, float] = field(default_factory=dict)


async def served_again(people: People) -> dict[str, float]:
    """Wait until everybody was served with something asked after now; by service, the seconds until then."""
    begun, seconds = time.monotonic(), dict[str, float]()
    services = people.served()
    while len(seconds) < len(services):
        now = time.monotonic()
        for name, newest in services.items():
            if name not in seconds and newest() > begun:
                seconds[name] = round(now - begun, 2)
        if now - begun > HEALED_SECONDS:
            raise AssertionError(f"not served again within {HEALED_SECONDS} s, only {seconds}")
        await asyncio.sleep(LOOK_SECONDS)
    return seconds


async def newcomers_served(door: str) -> float:
    """Wait until several people at once could register, make a board and be visited; the seconds until then.

    People at work keep only some connections busy. One that was forgotten while it had nothing to do is found when it is
    next needed, and whoever needs it is told to come again.
    """
    begun, stage = time.monotonic(), Stage(door)

    async def newcomer() -> None:
        owner, board = "", ""
        while True:
            try:
                owner = owner or await stage.account()
                board = board or await stage.board(owner)
                await stage.guests(owner, board, 1)
            except Refused as refused:
                if time.monotonic() - begun > HEALED_SECONDS:
                    raise AssertionError(f"newcomers are not served within {HEALED_SECONDS} s") from refused
                await asyncio.sleep(LOOK_SECONDS)
            else:
                return

    async with asyncio.TaskGroup() as coming:
        for _ in range(NEWCOMERS):
            coming.create_task(newcomer())
    return round(time.monotonic() - begun, 1)


@asynccontextmanager
async def watched(people: People) -> AsyncIterator[Pauses]:
    """Watch how old the newest served is, while the context is open; people must have been served before."""
    pauses, services = Pauses(), people.served()

    async def watch() -> None:
        while True:
            now = time.monotonic()
            for name, newest in services.items():
                pauses.longest[name] = round(max(pauses.longest.get(name, 0.0), now - newest()), 2)
            await asyncio.sleep(LOOK_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        yield pauses
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def judge(people: People) -> int:
    """Settle, and assert that nothing was lost, doubled or seen differently; how many edits were acknowledged."""
    verdict = judged(0, [], await people.settle())
    assert (verdict.lost, verdict.doubled, verdict.disagreeing) == ([], [], [])
    return verdict.acked
