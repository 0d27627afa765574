"""Makes a board with content, all or nothing: hidden first, then every op, and a last fact that reveals it.

A crash in between leaves a hidden board, which is nobody's to see.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import asyncpg
import orjson

from edge.actions.asking import Asker, Asking
from edge.actions.excalidraw_file import refused
from edge.actions.outcome import Made, Outcome
from edge.auth.callers import Caller
from edge.errors import ApiError, not_found
from edge.lanes.op_checks import OP_BYTES, CheckedOp
from edge.lanes.ops import OpsLane
from edge.queries import boards
from edge.rooms.cursor import Cursors
from edge.rooms.snapshot import Snapshots
from topics.bus.message import Position

Json = dict[str, Any]
# Below the bound of an op, with room for its envelope.
CHUNK_BYTES: Final = OP_BYTES - 64 * 1024
CHUNK_ELEMENTS: Final = 1000
IN_FLIGHT: Final = 8
CONTAINED_SECONDS: Final = 60.0
DRAW_ATTEMPTS: Final = 3


class Filling:
    """Fills hidden boards with elements, reveals them and shows them."""

    def __init__(
        self,
        *,
        asking: Asking,
        ops: OpsLane,
        snapshots: Snapshots,
        cursors: Cursors,
        pool: asyncpg.Pool,
        spend: Callable[[str, int], None],
    ) -> None:
        self._asking = asking
        self._ops = ops
        self._snapshots = snapshots
        self._cursors = cursors
        self._pool = pool
        self._spend = spend

    def afford(self, caller: Caller, ops: Sequence[CheckedOp]) -> None:
        """Count what these ops write, before anything is made. Raises `ApiError` `rate_limited`."""
        self._spend(caller.user_id, sum(len(op.body) for op in ops))

    async def checked(self, board_id: str, elements: Sequence[Json]) -> list[CheckedOp]:
        """The ops that draw these elements, tombstones checked but left out.

        Raises `ApiError`: `schema_invalid` or `too_large`, with paths into `elements`.
        """
        ops = []
        for offset, chunk in chunks(elements):
            try:
                self._ops.check({"board_id": board_id, "elements": chunk})
                alive = [element for element in chunk if not element["isDeleted"]]
                if alive:
                    ops.append(self._ops.check({"board_id": board_id, "elements": alive}))
            except ApiError as error:
                raise refused(error, offset) from None
            # A large file is checked piece by piece; the sockets go on in between.
            await asyncio.sleep(0)
        return ops

    async def fill(self, caller: Caller, made: Outcome, ops: Sequence[CheckedOp], reveal: Asker) -> Outcome:
        """Draw on the hidden board that was just made, wait until all of it can be read, reveal it and show it.

        `reveal` holds the key of the whole: what a crash cut off before the last step is begun anew by the repeat.
        Raises `ApiError`: `unavailable` while nothing is to be seen, `outcome_unknown` when it may be.
        """
        board_id = (made.data_of("boards.board_created") or {})["board_id"]
        position: Position | None = None
        for start in range(0, len(ops), IN_FLIGHT):
            position = await self.draw(caller, ops[start : start + IN_FLIGHT])
        if position is not None:
            await self._snapshots.contains(board_id, position, CONTAINED_SECONDS)
        revealed = await self._asking.ask("boards.reveal_board", {"board_id": board_id}, reveal)
        if (revealed.data_of("boards.board_revealed") or {}).get("board_id") != board_id:
            # Another edge was asked the same and was first: its board is the one, and ours stays hidden.
            return Outcome(revealed.facts, await self.show(caller, revealed))
        return Outcome((*made.facts, *revealed.facts), await self._shown(caller, board_id, position))

    async def show(self, caller: Caller, outcome: Outcome) -> Made:
        """How REST shows a revealed board of which only the facts are known."""
        revealed = outcome.data_of("boards.board_revealed")
        if revealed is None:
            raise not_found()
        return await self._shown(caller, revealed["board_id"], None)

    async def _shown(self, caller: Caller, board_id: str, position: Position | None) -> Made:
        try:
            board = await boards.board(self._pool, caller, board_id)
            # Without an op of its own it stands where its store does.
            token = (
                (await self._snapshots.read(board_id)).position
                if position is None
                else self._cursors.encode_position(board_id, position)
            )
        except ApiError as error:
            # It is done; only what it looks like could not be read.
            raise ApiError("outcome_unknown", "It is done and cannot be shown: repeat with the same key.") from error
        if board is None:
            raise not_found()
        return Made(201, {**board, "position": token})

    async def draw(self, caller: Caller, ops: Sequence[CheckedOp]) -> Position:
        """Draw some ops. One whose fate is unknown is drawn again: the same element twice is the element once."""
        for attempt in range(DRAW_ATTEMPTS):
            try:
                drawn = [self._ops.draw(caller, op, limited=False) for op in ops]
                return max(await asyncio.gather(*drawn), key=lambda position: (position.offset, position.index))
            except ApiError as error:
                if attempt + 1 == DRAW_ATTEMPTS or error.code not in ("unavailable", "outcome_unknown"):
                    raise ApiError("unavailable", "The log does not take the board's content now.") from error
        raise AssertionError("a loop of attempts ends in one of them")


def chunks(
    elements: Sequence[Json], size: Callable[[Json], int] = lambda one: len(orjson.dumps(one))
) -> Iterator[tuple[int, list[Json]]]:
    """The elements in runs that fit into one op, each with how many stand before it."""
    start, chunk, weight = 0, list[Json](), 0
    for index, element in enumerate(elements):
        more = size(element)
        if chunk and (len(chunk) == CHUNK_ELEMENTS or weight + more > CHUNK_BYTES):
            yield start, chunk
            start, chunk, weight = index, [], 0
        chunk.append(element)
        weight += more + 1
    if chunk:
        yield start, chunk
