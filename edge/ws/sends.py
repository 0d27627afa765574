"""What one socket asks to be written: ops to the lane in their order, actions to their decider."""

import asyncio
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from edge.actions.dispatch import Actions
from edge.auth.callers import Caller
from edge.auth.rights import WRITE_PROOF_SECONDS, Rights
from edge.errors import ApiError
from edge.lanes.op_checks import CheckedOp
from edge.lanes.ops import OpsLane
from edge.rooms.cursor import Cursors
from edge.ws import server_frames
from edge.ws.client_frames import FrameProblem, FrameRefused, Send
from edge.ws.limits import ACTIONS_IN_FLIGHT, OPS_IN_FLIGHT, OPS_WAITING
from edge.ws.serial import Serial
from schemas.problems import UnknownType
from schemas.registry import MessageType, registry
from topics.bus.message import Position

DRAW_PERMISSION: Final = "board.draw"


class Answers(Protocol):
    """What a send needs of its socket."""

    def say(self, payload: bytes) -> None:
        """Send a text frame."""

    def refuse(self, frame_id: str | None, error: ApiError | FrameRefused) -> None:
        """Send a `reject`."""

    def answering(self, frame_id: str | None) -> AbstractContextManager[None]:
        """Answer what goes wrong within by a `reject`."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An op whose rights have to be read or proven first."""

    frame_id: str | None
    caller: Caller
    op: CheckedOp
    until: float


class Sends:
    """Ops and actions of one socket. An op is handed on at once when its rights are known, else it waits in line."""

    def __init__(
        self,
        connection: str,
        socket: Answers,
        *,
        rights: Rights,
        lane: OpsLane,
        actions: Actions,
        cursors: Cursors,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._connection = connection
        self._socket = socket
        self._rights = rights
        self._lane = lane
        self._actions = actions
        self._cursors = cursors
        self._tasks = tasks
        self._line = Serial(tasks, OPS_WAITING)
        self._in_flight = 0
        self._acting = 0
        self._settled: asyncio.Event | None = None

    def take(self, frame: Send, caller: Caller) -> None:
        """Begin a send. Raises `ApiError` or `FrameRefused`: then nothing happened."""
        mt = _type_of(frame)
        if mt.kind == "op":
            self._take_op(frame, mt, caller)
        elif self._acting >= ACTIONS_IN_FLIGHT:
            raise ApiError("rate_limited", f"At most {ACTIONS_IN_FLIGHT} actions of a socket run at once.")
        else:
            self._acting += 1
            self._tasks.create_task(self._act(frame, mt, caller))

    async def settle(self, timeout_seconds: float) -> None:
        """Wait until all that was taken has been answered, or some seconds."""
        try:
            async with asyncio.timeout(timeout_seconds):
                while self._in_flight or self._acting or not self._line.idle:
                    self._settled = asyncio.Event()
                    await self._settled.wait()
        except TimeoutError:
            return

    def _take_op(self, frame: Send, mt: MessageType, caller: Caller) -> None:
        op = self._lane.check(frame.data, mt.name)
        if self._in_flight >= OPS_IN_FLIGHT:
            raise ApiError("unavailable", "Too many ops of this socket wait for the log.")
        if self._line.idle and self._rights.known_access(caller, op.board_id, DRAW_PERMISSION) is not None:
            self._draw(frame.id, caller, op)
            return
        until = asyncio.get_running_loop().time() + WRITE_PROOF_SECONDS
        if not self._line.put(partial(self._draw_later, _Waiting(frame.id, caller, op, until))):
            raise ApiError("unavailable", "Too many ops of this socket wait for their rights.")

    async def _draw_later(self, waiting: _Waiting) -> None:
        with self._socket.answering(waiting.frame_id):
            left = waiting.until - asyncio.get_running_loop().time()
            await self._rights.ensure_fresh(max(0.0, left))
            await self._rights.board_access(waiting.caller, waiting.op.board_id, DRAW_PERMISSION)
            self._draw(waiting.frame_id, waiting.caller, waiting.op)
        self._note_settled()

    def _draw(self, frame_id: str | None, caller: Caller, op: CheckedOp) -> None:
        placed = self._lane.draw(caller, op, frame_id, self._connection)
        self._in_flight += 1
        placed.add_done_callback(partial(self._on_placed, frame_id, op.board_id))

    def _on_placed(self, frame_id: str | None, board_id: str, placed: asyncio.Future[Position]) -> None:
        self._in_flight -= 1
        self._note_settled()
        error = placed.exception()
        if error is None:
            self._socket.say(server_frames.ack(frame_id, self._cursors.encode_position(board_id, placed.result())))
        elif isinstance(error, ApiError):
            self._fail(frame_id, error)

    async def _act(self, frame: Send, mt: MessageType, caller: Caller) -> None:
        with self._socket.answering(frame.id):
            try:
                answer = await self._actions.perform(caller, mt, frame.data, key=frame.key)
            except ApiError as error:
                self._fail(frame.id, error)
            else:
                self._socket.say(server_frames.answer(frame.id, answer.facts))
        self._acting -= 1
        self._note_settled()

    def _note_settled(self) -> None:
        if self._settled is not None:
            self._settled.set()

    def _fail(self, frame_id: str | None, error: ApiError) -> None:
        if error.code == "outcome_unknown":
            self._socket.say(server_frames.unknown(frame_id, error.retry_after or 1))
        else:
            self._socket.refuse(frame_id, error)


def _type_of(frame: Send) -> MessageType:
    try:
        mt = registry().get(frame.type)
        if mt.sendable:
            return mt
    except UnknownType:
        pass
    raise FrameRefused(
        "schema_invalid",
        "`type` is not one that a client may send.",
        (FrameProblem("/type", "is no action or op that a client may send"),),
        frame_id=frame.id,
    )
