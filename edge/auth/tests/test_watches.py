"""Who watches a board is told of changes; who has stopped watching is not."""

import asyncio
from collections.abc import Collection

from edge.auth.standing import Standing
from edge.auth.watches import Change, Watch, Watches


async def nothing(_board: str, _subjects: Collection[str]) -> dict[str, Standing]:
    return {}


async def test_a_watch_closed_while_its_neighbour_was_told_is_told_nothing() -> None:
    # A guest's socket watches twice, for itself and for its room; losing the board closes both.
    watches = Watches(nothing, lambda: 0.0)
    told: list[Change] = []
    both: list[Watch] = []
    first_told = asyncio.Event()

    def lose_all(change: Change) -> None:
        told.append(change)
        for watch in both:
            watch.close()
        first_told.set()

    both += [watches.add("board", "guest", None, lose_all) for _ in range(2)]
    running = asyncio.create_task(watches.run())
    await asyncio.wait_for(first_told.wait(), 30)
    watches.add("board", "other", None, lambda _: running.cancel())
    await asyncio.wait([running], timeout=30)

    assert told == [None]
    assert running.cancelled()
