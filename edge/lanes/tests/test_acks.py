"""When an op is acknowledged: once the log has it for good. That a real log has it then is tested beside this."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from edge.auth.callers import Caller
from edge.errors import ApiError
from edge.lanes.ops import OpsLane
from edge.settings import EdgeSettings
from schemas.ids import new_id
from schemas.registry import registry
from topics.bus.generations import Generation
from topics.bus.message import Position
from topics.bus.publish import Placed, Publisher
from topics.errors import Unconfirmed

ADA = Caller(new_id(), new_id(), "Ada", "#000", guest=False, link_id=None, board_id=None, expires_at=0)
GENERATION = Generation(new_id(), 1)
ELEMENT = registry().get("boards.draw").examples[0]["elements"][0]


class Log:
    """Takes records, and has them when it is told to."""

    def __init__(self) -> None:
        self.taken: asyncio.Queue[asyncio.Future[Placed]] = asyncio.Queue()

    async def send(self, *_record: Any, **_partition: int) -> asyncio.Future[Placed]:
        placed: asyncio.Future[Placed] = asyncio.get_running_loop().create_future()
        self.taken.put_nowait(placed)
        return placed


@asynccontextmanager
async def a_lane(log: Log) -> AsyncIterator[OpsLane]:
    lane = OpsLane(EdgeSettings(), cast("Publisher", log), GENERATION, source="edge")
    running = asyncio.create_task(lane.run())
    try:
        yield lane
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def draw(lane: OpsLane) -> asyncio.Future[Position]:
    return lane.draw(ADA, lane.check({"board_id": new_id(), "elements": [ELEMENT]}))


async def turns(count: int = 20) -> None:
    """Whatever can happen now happens."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_an_op_is_acknowledged_when_the_log_has_it_and_not_before() -> None:
    log = Log()

    async with a_lane(log) as lane:
        op = draw(lane)
        written = await log.taken.get()
        await turns()
        assert not op.done()

        written.set_result(Placed("boards.ops", 0, 7, 0))
        await turns()
        assert op.done()

    assert op.result() == Position(GENERATION.generation, 0, 7, 0)


async def test_an_op_of_which_the_log_says_nothing_is_not_acknowledged() -> None:
    log = Log()

    async with a_lane(log) as lane:
        op = draw(lane)
        (await log.taken.get()).set_exception(Unconfirmed("no answer"))

        with pytest.raises(ApiError) as said:
            await op

    assert said.value.code == "outcome_unknown"
