"""A copy of a board: the same elements under a new id."""

from collections.abc import Iterable

import asyncpg
import orjson

from edge.actions.asking import Asker, Asking
from edge.actions.authority import authorise, authorise_workspace
from edge.actions.dispatch import Request
from edge.actions.ends import Now
from edge.actions.excalidraw_file import HIGHEST_CLIENT_VERSION
from edge.actions.filling import Filling
from edge.actions.outcome import Json, Made, Outcome
from edge.actions.uploads import Uploads
from edge.auth.rights import Rights
from edge.rooms.snapshot import Snapshots
from schemas.ids import new_id


class Duplicating:
    """Carries out `boards.duplicate_board`."""

    def __init__(
        self,
        *,
        asking: Asking,
        filling: Filling,
        snapshots: Snapshots,
        now: Now,
        rights: Rights,
        pool: asyncpg.Pool,
        uploads: Uploads,
    ) -> None:
        self._asking = asking
        self._filling = filling
        self._snapshots = snapshots
        self._now = now
        self._rights = rights
        self._pool = pool
        self._uploads = uploads

    async def __call__(self, request: Request) -> Outcome:
        """See `dispatch.Composition`."""
        caller, data = request.caller, request.data
        await authorise(self._rights, self._pool, caller, request.mt, data)
        await authorise_workspace(self._pool, caller, "workspace.create_board", data.get("workspace_id"))
        board_id = new_id()
        # What was acknowledged before is in the copy, shown already or not.
        await self._now.of(data["source_board_id"])
        snapshot = await self._snapshots.read(data["source_board_id"])
        elements = fresh(orjson.loads(snapshot.elements))
        ops = await self._filling.checked(board_id, elements)
        self._filling.afford(caller, ops)
        # Hidden, and under the copy's title: the decider sees to both.
        asker = Asker(caller.user_id, traceparent=request.traceparent, session_id=caller.session_id)
        made = await self._asking.ask(request.mt.name, {**data, "board_id": board_id}, asker)
        await self._uploads.share(caller, data["source_board_id"], board_id, elements)
        return await self._filling.fill(caller, made, ops, request.asker)

    async def show(self, request: Request, outcome: Outcome) -> Made:
        """See `dispatch.Composition`."""
        return await self._filling.show(request.caller, outcome)


def fresh(elements: Iterable[Json]) -> list[Json]:
    """Elements whose version only the server may write begin anew: on a new board nothing competes with them."""
    return [
        {**element, "version": 1} if element["version"] > HIGHEST_CLIENT_VERSION else element for element in elements
    ]
