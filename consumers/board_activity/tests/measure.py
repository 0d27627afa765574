"""Figures of this consumer, on parts of their own: `python -m consumers.board_activity.tests.measure`.

How many records a second it takes when it catches up, and how late the tables are when it has.
"""

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from compose.embedded.stack import Stack
from consumers.board_activity.tests import histories
from schemas import codec
from schemas.envelope import to_headers
from schemas.ids import new_id
from tests.stack import prepare, settings_from
from topics.bus.publish import Placed, Publisher
from topics.runtime.settings import Settings

RECORDS, OPS_EACH, LATER = 20_000, 2, 20
BOARDS, PEOPLE_EACH = 50, 4
SPAN_MS = 3_000_000
OPS = "select coalesce(sum(ops), 0)::bigint from board_activity.windows where by = 'day' and scope = $1"
Count = Callable[[], Awaitable[int]]


def say(line: str) -> None:
    """A figure."""
    print(line, flush=True)  # noqa: T201 - it is what this is run for


async def draw(publisher: Publisher, workspace: str) -> str:
    """An hour of fifty boards; gives one of them."""
    boards, chance = [new_id() for _ in range(BOARDS)], random.Random(1)
    people = {board: [new_id() for _ in range(PEOPLE_EACH)] for board in boards}
    begin = int(time.time() * 1000) - histories.HOUR
    for board in boards:
        told = histories.board_created(board, workspace, people[board][0], begin)
        await publisher.publish(told.envelope, told.data)
    placed: list[asyncio.Future[Placed]] = []
    for number in range(RECORDS):
        board, at = chance.choice(boards), begin + number * SPAN_MS // RECORDS
        who = [chance.choice(people[board]) for _ in range(OPS_EACH)]
        told = histories.ops_record([histories.Event(board, each, at, new_id()) for each in who])
        headers = to_headers(told.envelope)
        placed.append(await publisher.send("boards.ops", board.encode(), codec.encode(told.data), headers))
    await asyncio.gather(*placed)
    return boards[0]


async def caught_up(count: Count) -> None:
    """From its first checkpoint to the last record."""
    while not (before := await count()):  # noqa: ASYNC110 - it looks from outside
        await asyncio.sleep(0.05)
    begun = time.monotonic()
    while (now := await count()) < RECORDS * OPS_EACH:  # noqa: ASYNC110 - it looks from outside
        await asyncio.sleep(0.1)
    say(f"{(now - before) / OPS_EACH / (time.monotonic() - begun):.0f} records a second of {OPS_EACH} ops each")


async def late(publisher: Publisher, board: str, count: Count) -> None:
    """From the acknowledgement of a record to its op in the tables."""
    lags, held = [], await count()
    for number in range(1, LATER + 1):
        told = histories.ops_record([histories.Event(board, new_id(), int(time.time() * 1000), new_id())])
        await publisher.publish(told.envelope, told.data)
        begun = time.monotonic()
        while await count() < held + number:  # noqa: ASYNC110 - it looks from outside
            await asyncio.sleep(0.01)
        lags.append(time.monotonic() - begun)
    say(f"in the tables after: median {statistics.median(lags):.2f} s, longest {max(lags):.2f} s of {LATER}")


async def main() -> None:
    """Everything."""
    with tempfile.TemporaryDirectory(prefix="doska-measure-") as directory:
        stack = Stack(Path(directory) / "parts", ports="free", parts=("kafka", "postgres"))
        await stack.start()
        try:
            environment = await prepare(stack.environment(), Path(directory))
            settings, workspace = settings_from(environment, Settings), new_id()
            connection = await asyncpg.connect(settings.postgres_dsn)
            async with Publisher(settings, "measure") as publisher:
                board = await draw(publisher, workspace)
                consumer = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "jobs", "run", "consumer", "board_activity"),
                    env={**os.environ, **environment},
                )
                try:
                    await caught_up(lambda: connection.fetchval(OPS, workspace))
                    await late(publisher, board, lambda: connection.fetchval(OPS, workspace))
                finally:
                    consumer.terminate()
                    await consumer.wait()
                    await connection.close()
        finally:
            await stack.stop()


if __name__ == "__main__":
    asyncio.run(main())
