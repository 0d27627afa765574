"""Things done at a steady rate, spread evenly over those who do them."""

import asyncio
import time
from collections.abc import Callable, Sequence

from jobs.bench.load.times import Times

# Timers of the loop count milliseconds; a shorter wait would spin.
SHORTEST_SECONDS = 0.001


async def pace(turns: Sequence[Callable[[], None]], per_second: float, begin_ns: int, end_ns: int, late: Times) -> int:
    """Call one after the other, each `per_second` times a second; how many calls that were.

    `late` gets how far behind its schedule each call was: a load client that is too busy shows there.
    """
    if not turns or per_second <= 0:
        return 0
    step = 1_000_000_000 / (per_second * len(turns))
    count = 0
    while (due := begin_ns + round(count * step)) < end_ns:
        now = time.monotonic_ns()
        if due > now:
            await asyncio.sleep(max(SHORTEST_SECONDS, (due - now) / 1_000_000_000))
            continue
        late.add((now - due) // 1000)
        turns[count % len(turns)]()
        count += 1
        if count % 32 == 0:
            # What came meanwhile is read, also when the schedule is behind.
            await asyncio.sleep(0)
    return count
