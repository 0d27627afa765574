"""Draws without a socket: an op by REST goes the same way as one by a socket."""

import asyncpg

from edge.actions.authority import authorise
from edge.actions.dispatch import Request
from edge.actions.outcome import Made, Outcome
from edge.auth.rights import Rights
from edge.errors import not_found
from edge.lanes.ops import OpsLane
from edge.rooms.cursor import Cursors


class Drawing:
    """Carries out the ops: `boards.draw`, `boards.append_points`."""

    def __init__(self, ops: OpsLane, rights: Rights, pool: asyncpg.Pool, cursors: Cursors) -> None:
        self._ops = ops
        self._rights = rights
        self._pool = pool
        self._cursors = cursors

    async def __call__(self, request: Request) -> Outcome:
        """See `dispatch.Composition`."""
        await self._rights.ensure_fresh()
        await authorise(self._rights, self._pool, request.caller, request.mt, request.data)
        position = await self._ops.draw(request.caller, self._ops.check(request.data, request.mt.name))
        token = self._cursors.encode_position(request.data["board_id"], position)
        return Outcome(made=Made(200, {"position": token}))

    async def show(self, _request: Request, _outcome: Outcome) -> Made:
        """An op has no facts from which it could be shown."""
        raise not_found()
