"""A board that begins with what another one was at some time."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg

from edge.actions.asking import Asker, Asking
from edge.actions.authority import authorise, authorise_workspace
from edge.actions.dispatch import Request
from edge.actions.duplicating import fresh
from edge.actions.filling import Filling
from edge.actions.outcome import Made, Outcome
from edge.actions.past import Past, written
from edge.actions.uploads import Uploads
from edge.auth.rights import Rights
from edge.errors import ApiError
from edge.lanes.op_checks import CheckedOp
from schemas.boards.rules import check_elements
from schemas.ids import new_id

Json = dict[str, Any]


class Branching:
    """Carries out `boards.branch_board`."""

    def __init__(
        self,
        *,
        asking: Asking,
        filling: Filling,
        past: Past,
        rights: Rights,
        pool: asyncpg.Pool,
        embed_hosts: Sequence[str],
        uploads: Uploads,
    ) -> None:
        self._asking = asking
        self._filling = filling
        self._past = past
        self._rights = rights
        self._pool = pool
        self._embed_hosts = tuple(embed_hosts)
        self._uploads = uploads

    async def __call__(self, request: Request) -> Outcome:
        """See `dispatch.Composition`."""
        caller, data = request.caller, request.data
        await authorise(self._rights, self._pool, caller, request.mt, data)
        await authorise_workspace(self._pool, caller, "workspace.create_board", data.get("workspace_id"))
        source, board_id = data["source_board_id"], new_id()
        position = await self._past.resolve(source, data["at"])
        state = await self._past.state_at(source, position)
        ops = await self._ops(board_id, state)
        self._filling.afford(caller, ops)
        # Hidden, and with its lineage: the decider sees to both.
        asker = Asker(caller.user_id, traceparent=request.traceparent, session_id=caller.session_id)
        named = {**data, "board_id": board_id, "position": written(position)}
        made = await self._asking.ask(request.mt.name, named, asker)
        await self._uploads.share(caller, source, board_id, state)
        return await self._filling.fill(caller, made, ops, request.asker)

    async def show(self, request: Request, outcome: Outcome) -> Made:
        """See `dispatch.Composition`."""
        return await self._filling.show(request.caller, outcome)

    async def _ops(self, board_id: str, state: Sequence[Json]) -> list[CheckedOp]:
        """What draws that state, as far as it may be shown today."""
        try:
            return await self._filling.checked(board_id, await asyncio.to_thread(self._shown, state))
        except ApiError as error:
            # What was drawn before is no fault of who branches it now.
            raise ApiError("conflict", f"That state cannot be drawn today: {error.detail}") from error

    def _shown(self, state: Sequence[Json]) -> list[Json]:
        alive = (element for element in fresh(state) if not element["isDeleted"])
        return [each for each in alive if not check_elements([each], self._embed_hosts)]
