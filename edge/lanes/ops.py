"""The direct lane: ops go straight to `boards.ops`, and what arrives together for one board is one record.

A board has one record under way at once. What arrives meanwhile gathers and joins the next one: a busy board or a slow
broker makes records larger instead of queues longer, a lonely op is written at once, and nothing overtakes on a board.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import structlog

from edge.auth.callers import Caller
from edge.errors import ApiError
from edge.lanes.gathering import Board, Op, Partition, take_record
from edge.lanes.op_checks import OP_BYTES, CheckedOp, check_op, too_large
from edge.lanes.op_rates import OpRates
from edge.lanes.ops_record import SHELL_BYTES, write_op, write_record
from edge.settings import EdgeSettings
from schemas.boards.append import DRAW
from schemas.envelope import Envelope, to_headers
from schemas.ids import new_id
from topics.bus.generations import Generation
from topics.bus.message import Position
from topics.bus.publish import Placed, Publisher, partition_for
from topics.errors import Reject, Unavailable
from topics.runtime import metrics
from topics.runtime.steps import steps
from topics.runtime.tracing import new_traceparent

TOPIC: Final = "boards.ops"
# The producer never gives up by itself (idempotence): the edge has its own end to waiting.
DEADLINE_SECONDS: Final = 5.0
# Of all boards together, written and not yet durable; beyond it a broker is not slow but gone.
UNSETTLED_BYTES: Final = 64 * 1024 * 1024
# Looked up once: finding a metric by its label costs more than counting, and this is done for every op.
ACKED: Final = metrics.OPS.labels("acked")

log = structlog.get_logger(__name__)


class OpsLane:
    """Writes ops and tells each where it stands once the log has it for good."""

    def __init__(
        self,
        settings: EdgeSettings,
        publisher: Publisher,
        generation: Generation,
        *,
        source: str,
        clock: Callable[[], float] = time.monotonic,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._embed_hosts = settings.embed_hosts
        self._publisher = publisher
        self._generation = generation
        self._source = source
        self._clock = clock
        self._deadline_seconds = deadline_seconds
        self._rates = OpRates(settings.limit_op_bytes_per_second, clock)
        self._partitions = tuple(Partition(number) for number in range(generation.partitions))
        self._boards: dict[str, Board] = {}
        self._unsettled: deque[Op] = deque()
        self._unsettled_bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def check(self, data: Any, type_: str = DRAW) -> CheckedOp:
        """See `op_checks.check_op`."""
        return check_op(data, self._embed_hosts, type_)

    def draw(
        self,
        caller: Caller,
        op: CheckedOp,
        client_id: str | None = None,
        connection: str | None = None,
        *,
        limited: bool = True,
    ) -> asyncio.Future[Position]:
        """Write an op that its caller may write (the rights are the caller's business).

        Ops of a board stand in the log in the order of these calls. Raises `ApiError`: `rate_limited` (not when
        `limited` is False), `too_large`, `unavailable`. The future gives the position once the broker has the op for
        good, or fails with `ApiError`: `unavailable` (nothing happened) or `outcome_unknown` (it may still appear).
        """
        if steps.on:
            steps.mark("checked", (client_id,))
        written = write_op(
            op_id=new_id(),
            actor=caller.user_id,
            connection=connection,
            client_id=client_id,
            time=_timestamp(time.time()),
            body=op.body,
            type_=op.type,
        )
        size = SHELL_BYTES + len(written)
        if size > OP_BYTES:
            raise too_large()
        if self._unsettled_bytes + size > UNSETTLED_BYTES:
            raise _unavailable()
        if limited:
            self._rates.take(caller.user_id, op.board_id, size)
        loop = asyncio.get_running_loop()
        waiting = Op(
            op.board_id,
            client_id,
            caller.user_id,
            written,
            size,
            loop.time() + self._deadline_seconds,
            loop.create_future(),
        )
        self._unsettled.append(waiting)
        self._unsettled_bytes += size
        waiting.placed.add_done_callback(partial(self._settled, size))
        if self._timer is None:
            self._timer = loop.call_at(waiting.deadline, self._on_deadline)
        board = self._boards.get(op.board_id)
        if board is None:
            board = self._boards[op.board_id] = Board(op.board_id)
        board.waiting.append(waiting)
        self._partition_of(op.board_id).offer(board)
        return waiting.placed

    async def run(self) -> None:
        """Write until cancelled."""
        async with asyncio.TaskGroup() as streams:
            for partition in self._partitions:
                streams.create_task(self._write_all(partition))

    async def settle(self) -> None:
        """Wait until everything written so far is durable or past its deadline."""
        unsettled = [op.placed for op in self._unsettled if not op.placed.done()]
        if unsettled:
            await asyncio.wait(unsettled, timeout=self._deadline_seconds + 1)

    def _partition_of(self, board_id: str) -> Partition:
        return self._partitions[partition_for(board_id.encode(), len(self._partitions))]

    async def _write_all(self, partition: Partition) -> None:
        while True:
            await partition.filled.wait()
            partition.filled.clear()
            while partition.ready:
                board = partition.ready.popleft()
                board.queued = False
                await self._write(partition, board)
                partition.offer(board)
                self._forget_idle(board)

    async def _write(self, partition: Partition, board: Board) -> None:
        ops = take_record(board.waiting)
        if not ops:
            return
        for op in ops:
            op.sending = True
        board.under_way = True
        sent = await self._hand_over(partition, ops)
        for op in ops:
            op.sending = False
            if isinstance(sent, ApiError):
                _fail(op, sent)
            else:
                op.enqueued = True
                op.written = b""
        if isinstance(sent, ApiError):
            board.under_way = False
        else:
            metrics.OPS_PER_RECORD.observe(len(ops))
            if steps.on:
                steps.mark("handed", [op.client_id for op in ops])
            sent.add_done_callback(partial(self._on_placed, partition, board, ops))

    def _forget_idle(self, board: Board) -> None:
        if not board.waiting and not board.under_way:
            self._boards.pop(board.board_id, None)

    async def _hand_over(self, partition: Partition, ops: list[Op]) -> asyncio.Future[Placed] | ApiError:
        """Give a record to the producer, or say why its ops are not in it."""
        try:
            async with asyncio.timeout_at(min(op.deadline for op in ops)):
                return await self._publisher.send(
                    TOPIC,
                    ops[0].board_id.encode(),
                    write_record([op.written for op in ops]),
                    self._headers(ops),
                    partition=partition.number,
                )
        except (Unavailable, TimeoutError):
            return _unavailable()
        except Reject as error:
            return ApiError(error.code, error.detail, error.errors)
        except Exception:
            # The boards behind this one must not stand still for it.
            log.exception("a record of ops met a bug", board_id=ops[0].board_id)
            return _unknown()

    def _on_placed(self, partition: Partition, board: Board, ops: list[Op], sent: asyncio.Future[Placed]) -> None:
        board.under_way = False
        partition.offer(board)
        self._forget_idle(board)
        error = None if sent.cancelled() else sent.exception()
        if steps.on:
            steps.mark("placed", [op.client_id for op in ops])
        for index, op in enumerate(ops):
            if op.placed.done():
                continue  # past its deadline: whoever waited was told so
            if sent.cancelled() or error is not None:
                _fail(op, _unavailable() if isinstance(error, Unavailable) else _unknown())
            else:
                placed = sent.result()
                ACKED.inc()
                op.placed.set_result(Position(self._generation.generation, placed.partition, placed.offset, index))

    def _on_deadline(self) -> None:
        """Give up on what is too old, and look again when the next one is."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._timer = None
        while self._unsettled and (self._unsettled[0].placed.done() or self._unsettled[0].deadline <= now):
            op = self._unsettled.popleft()
            # An op that is just being handed over has its own timeout, which knows whether it was enqueued.
            if not op.placed.done() and not op.sending:
                _fail(op, _unknown() if op.enqueued else _unavailable())
        if self._unsettled:
            self._timer = loop.call_at(self._unsettled[0].deadline, self._on_deadline)

    def _settled(self, size: int, _: asyncio.Future[Position]) -> None:
        self._unsettled_bytes -= size
        while self._unsettled and self._unsettled[0].placed.done():
            self._unsettled.popleft()

    def _headers(self, ops: list[Op]) -> list[tuple[str, bytes]]:
        record_id = new_id()
        actors = {op.actor for op in ops}
        return to_headers(
            Envelope(
                id=record_id,
                type="boards.ops_record",
                source=self._source,
                time=_timestamp(time.time()),
                subject=ops[0].board_id,
                dataschema="boards.ops_record/1",
                actor=actors.pop() if len(actors) == 1 else None,
                workspace=None,
                correlationid=record_id,
                causationid=None,
                replyto=None,
                traceparent=new_traceparent(),
                via=None,
                idempotencykey=None,
                fingerprint=None,
            )
        )


def _fail(op: Op, error: ApiError) -> None:
    if not op.placed.done():
        metrics.OPS.labels(error.code).inc()
        op.placed.set_exception(error)
        # Whoever sent the op may be gone; nobody looking at a refusal is no fault.
        op.placed.exception()


def _timestamp(seconds: float) -> str:
    """RFC 3339 in milliseconds."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"


def _unavailable() -> ApiError:
    return ApiError("unavailable", "The log does not take the op now; nothing happened.")


def _unknown() -> ApiError:
    return ApiError("outcome_unknown", "The op is on its way to the log, and no acknowledgement came in time.")
