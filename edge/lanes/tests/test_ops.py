"""The lane on a real log: what is joined, in which order it stands, what is said when the log does not answer."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from compose.embedded.stack import Stack
from edge.auth.callers import Caller
from edge.errors import ApiError
from edge.lanes.op_checks import OP_BYTES, CheckedOp
from edge.lanes.ops import OpsLane
from edge.settings import EdgeSettings
from schemas.ids import new_id
from schemas.registry import registry
from tests.stack import settings_from
from topics.bus.admin import apply_topics
from topics.bus.generations import Generation, read_generations
from topics.bus.message import Message, Position
from topics.bus.publish import Publisher
from topics.bus.tail import Tail

pytestmark = pytest.mark.integration
LIMIT_SECONDS = 60.0
ELEMENT = registry().get("boards.draw").examples[0]["elements"][0]
ADA, GRACE = (
    Caller(new_id(), new_id(), name, "#000", guest=False, link_id=None, board_id=None, expires_at=0)
    for name in ("Ada", "Grace")
)


class Log:
    """A broker of this module alone, so that a test may hurt it."""

    def __init__(self, stack: Stack, settings: EdgeSettings, generation: Generation) -> None:
        self.stack = stack
        self.settings = settings
        self.generation = generation

    @asynccontextmanager
    async def lane(self, deadline_seconds: float = 5.0, **changes: Any) -> AsyncIterator[OpsLane]:
        # Its own deadline is far away: what is told here is told by the lane.
        async with Publisher(self.settings, "lane-test", deadline_seconds=600) as publisher:
            settings = self.settings.model_copy(update=changes)
            lane = OpsLane(settings, publisher, self.generation, source="edge", deadline_seconds=deadline_seconds)
            running = asyncio.create_task(lane.run())
            try:
                yield lane
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    async def records(self, board_id: str, enough: Callable[[list[dict[str, Any]]], bool]) -> list[Message]:
        """All records of a board, once the ops in them are enough."""
        found: list[Message] = []
        stopping = asyncio.Event()

        def on_message(message: Message) -> None:
            if message.envelope.subject == board_id:
                found.append(message)
            if enough([op for record in found for op in record.data["ops"]]):
                stopping.set()

        tail = Tail(self.settings, ["boards.ops"], on_message, since_ms=0, name="lane-test")
        async with asyncio.timeout(LIMIT_SECONDS):
            await tail.run(stopping)
        return found

    async def ops(self, board_id: str, count: int) -> dict[Position, dict[str, Any]]:
        """At least so many ops of a board, each under its position."""
        records = await self.records(board_id, lambda ops: len(ops) >= count)
        return {
            Position(self.generation.generation, record.partition, record.offset, index): op
            for record in records
            for index, op in enumerate(record.data["ops"])
        }


@pytest.fixture(scope="module")
async def log(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Log]:
    stack = Stack(tmp_path_factory.mktemp("kafka"), ports="free", parts=("kafka",))
    await stack.start()
    try:
        settings = settings_from(stack.environment(), EdgeSettings)
        await apply_topics(settings, [])
        yield Log(stack, settings, (await read_generations(settings))["boards.ops"])
    finally:
        await stack.stop()


def an_op(lane: OpsLane, board_id: str, size: int = 0, **changes: Any) -> CheckedOp:
    custom = {"customData": {"x": "y" * size}} if size else {}
    return lane.check({"board_id": board_id, "elements": [{**ELEMENT, **custom, **changes}]})


def code(error: BaseException | None) -> str:
    assert isinstance(error, ApiError)
    return error.code


async def codes(*drawn: asyncio.Future[Position]) -> list[str]:
    results = await asyncio.gather(*drawn, return_exceptions=True)
    return [code(result) if isinstance(result, BaseException) else "acked" for result in results]


async def test_ops_of_several_people_that_arrive_together_are_one_record(log: Log) -> None:
    board_id = new_id()

    async with log.lane() as lane:
        drawn = [
            lane.draw(ADA, an_op(lane, board_id), "a-1", "connection-a"),
            lane.draw(GRACE, an_op(lane, board_id), "g-1", "connection-g"),
            lane.draw(ADA, an_op(lane, board_id), None, None),
        ]
        positions = await asyncio.gather(*drawn)

    stored = await log.ops(board_id, 3)
    assert [position.index for position in positions] == [0, 1, 2]
    assert len({position.offset for position in positions}) == 1
    assert [(op["actor"], op["client_id"], op["connection"]) for op in stored.values()] == [
        (ADA.user_id, "a-1", "connection-a"),
        (GRACE.user_id, "g-1", "connection-g"),
        (ADA.user_id, None, None),
    ]
    assert list(stored) == positions


async def test_boards_do_not_share_a_record(log: Log) -> None:
    boards = [new_id() for _ in range(5)]

    async with log.lane() as lane:
        await asyncio.gather(*(lane.draw(ADA, an_op(lane, board)) for board in boards for _ in range(2)))

    for board in boards:
        records = await log.records(board, lambda ops: len(ops) >= 2)
        assert [op["data"]["board_id"] for record in records for op in record.data["ops"]] == [board, board]


async def test_ops_that_do_not_fit_together_are_several_records_in_order(log: Log) -> None:
    board_id = new_id()

    async with log.lane(limit_op_bytes_per_second=0) as lane:
        drawn = [lane.draw(ADA, an_op(lane, board_id, 200_000), f"a-{number}") for number in range(12)]
        positions = await asyncio.gather(*drawn)

    records = await log.records(board_id, lambda ops: len(ops) >= 12)
    assert len(records) == 3
    assert all(len(record.raw) <= OP_BYTES for record in records)
    assert [op["client_id"] for record in records for op in record.data["ops"]] == [f"a-{n}" for n in range(12)]
    assert positions == sorted(positions, key=lambda position: (position.offset, position.index))


async def test_an_op_stands_where_its_ack_says(log: Log) -> None:
    board_id = new_id()

    async with log.lane() as lane:
        positions = {}
        for number in range(20):
            drawn = [lane.draw(ADA, an_op(lane, board_id), f"{number}-{each}") for each in range(number % 4 + 1)]
            for each, future in enumerate(drawn):
                positions[f"{number}-{each}"] = await future

    stored = await log.ops(board_id, len(positions))
    assert {op["client_id"]: position for position, op in stored.items()} == positions


async def test_rates_of_bytes_are_per_person_and_leave_imports_alone(log: Log) -> None:
    board_id = new_id()

    async with log.lane(limit_op_bytes_per_second=1000) as lane:
        fits = lane.draw(ADA, an_op(lane, board_id, 1500))
        with pytest.raises(ApiError) as refused:
            lane.draw(ADA, an_op(lane, board_id, 1500))
        free = lane.draw(ADA, an_op(lane, board_id, 1500), limited=False)
        await asyncio.gather(fits, free)

    assert refused.value.code == "rate_limited"
    assert refused.value.retry_after is not None


async def test_an_op_too_large_with_its_envelope_is_refused(log: Log) -> None:
    async with log.lane(limit_op_bytes_per_second=0) as lane:
        op = CheckedOp(new_id(), b"x" * (OP_BYTES - 100))
        with pytest.raises(ApiError) as refused:
            lane.draw(ADA, op)

    assert refused.value.code == "too_large"


async def test_what_comes_while_a_record_of_a_board_is_under_way_joins_the_next_one(log: Log) -> None:
    board_id, other = new_id(), new_id()

    async with log.lane(deadline_seconds=60) as lane:
        await asyncio.gather(lane.draw(ADA, an_op(lane, board_id)), lane.draw(ADA, an_op(lane, other)))
        os.kill(log.stack.part("kafka").pid, signal.SIGSTOP)
        try:
            drawn = []
            for number in range(8):
                drawn.append(lane.draw(ADA, an_op(lane, board_id), f"a-{number}"))
                # The writer gets its turn after each: nothing joins because it came at once.
                for _ in range(10):
                    await asyncio.sleep(0)
            assert not any(placed.done() for placed in drawn)
        finally:
            os.kill(log.stack.part("kafka").pid, signal.SIGCONT)
        await asyncio.gather(*drawn)

    records = await log.records(board_id, lambda ops: len(ops) >= 9)
    assert [[op["client_id"] for op in record.data["ops"]] for record in records[1:]] == [
        ["a-0"],
        [f"a-{number}" for number in range(1, 8)],
    ]


async def test_a_frozen_broker_makes_ops_unknown_then_unavailable_and_all_that_is_acked_is_in_the_log(log: Log) -> None:
    board_id = new_id()

    async with log.lane(deadline_seconds=1.5, limit_op_bytes_per_second=0) as lane:
        async with asyncio.timeout(LIMIT_SECONDS):
            # A producer takes a moment for its first record.
            while await codes(lane.draw(ADA, an_op(lane, board_id), "before")) != ["acked"]:
                pass
        os.kill(log.stack.part("kafka").pid, signal.SIGSTOP)
        try:
            # These two are one record, which waits at the producer; what waits for it is known not to be sent.
            enqueued = [lane.draw(ADA, an_op(lane, board_id, 40_000), f"e-{number}") for number in range(2)]
            said = await codes(*enqueued)
            crowded = [lane.draw(ADA, an_op(lane, board_id, 200_000), f"c-{number}") for number in range(20)]
            more = await codes(*crowded)
        finally:
            os.kill(log.stack.part("kafka").pid, signal.SIGCONT)
        assert said == ["outcome_unknown"] * 2
        assert "unavailable" in more
        assert "acked" not in more

        async with asyncio.timeout(LIMIT_SECONDS):
            after = "refused"
            while after != "acked":
                (after,) = await codes(lane.draw(ADA, an_op(lane, board_id), "after"))

    stored = await log.records(board_id, lambda ops: any(op["client_id"] == "after" for op in ops))
    order = [op["client_id"] for record in stored for op in record.data["ops"]]
    refused = {f"c-{number}" for number, what in enumerate(more) if what == "unavailable"}
    assert order[0] == "before"
    assert order.index("e-0") < order.index("e-1")
    assert not refused & set(order)


async def test_over_a_killed_broker_nothing_acked_is_lost_and_the_order_holds(log: Log) -> None:
    board_id = new_id()
    said: dict[str, str] = {}

    async with log.lane(deadline_seconds=2.0) as lane:

        async def draw(number: int) -> None:
            (said[f"{number:05}"],) = await codes(lane.draw(ADA, an_op(lane, board_id), f"{number:05}"))

        async with asyncio.TaskGroup() as drawing:
            number = 0
            killing = asyncio.create_task(kill_and_start(log))
            until = None
            while until is None or number < until:
                number += 1
                drawing.create_task(draw(number))
                await asyncio.sleep(0.01)
                if until is None and killing.done() and said.get(f"{number - 5:05}") == "acked":
                    until = number + 50
            await killing

    acked = {name for name, what in said.items() if what == "acked"}
    last = max(acked)
    stored = await log.records(board_id, lambda ops: any(op["client_id"] == last for op in ops))
    order = [op["client_id"] for record in stored for op in record.data["ops"]]
    assert acked <= set(order)
    assert not {name for name, what in said.items() if what == "unavailable"} & set(order)
    assert order == sorted(order)
    assert len(order) == len(set(order))


async def kill_and_start(log: Log) -> None:
    await asyncio.sleep(0.5)
    await log.stack.kill9("kafka")
    await log.stack.restart("kafka")


async def test_settling_waits_for_what_is_under_way(log: Log) -> None:
    async with log.lane() as lane:
        drawn = [lane.draw(ADA, an_op(lane, new_id())) for _ in range(20)]

        await lane.settle()

        assert all(future.done() for future in drawn)
        assert lane._unsettled_bytes == 0
