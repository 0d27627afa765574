"""Keeps a version: the board as it was, or as it is once everything acknowledged is in the store, which the decider reads."""

import asyncio

import asyncpg
import orjson

from edge.actions.asking import Asking
from edge.actions.authority import authorise
from edge.actions.dispatch import Data, Request
from edge.actions.ends import Now
from edge.actions.outcome import Json, Made, Outcome
from edge.actions.past import Past, written
from edge.auth.rights import Rights
from edge.errors import not_found
from edge.queries import versions
from edge.rooms.cursor import Cursors
from schemas.ids import new_id


class Versioning:
    """Carries out `boards.save_version`."""

    def __init__(
        self, *, asking: Asking, now: Now, past: Past, rights: Rights, pool: asyncpg.Pool, cursors: Cursors
    ) -> None:
        self._asking = asking
        self._now = now
        self._past = past
        self._rights = rights
        self._pool = pool
        self._cursors = cursors

    async def __call__(self, request: Request) -> Outcome:
        """See `dispatch.Composition`."""
        await authorise(self._rights, self._pool, request.caller, request.mt, request.data)
        data = {**request.data, "version_id": new_id(), **await self._place(request.data)}
        outcome = await self._asking.ask(request.mt.name, data, request.asker)
        return Outcome(outcome.facts)

    async def _place(self, data: Data) -> Json:
        """Where the version stands, and what was there if that is not now."""
        board_id = data["board_id"]
        if "at" not in data:
            return {"position": written(await self._now.of(board_id))}
        position = await self._past.resolve(board_id, data["at"])
        alive = [each for each in await self._past.state_at(board_id, position) if not each["isDeleted"]]
        size = await asyncio.to_thread(lambda: sum(len(orjson.dumps(element)) for element in alive))
        return {"position": written(position), "content": {"elements": len(alive), "bytes": size}}

    async def show(self, _request: Request, outcome: Outcome) -> Made:
        """See `dispatch.Composition`."""
        saved = outcome.data_of("boards.version_saved")
        if saved is None:
            raise not_found()
        tell = self._cursors.encode_position
        shown = await versions.version(self._pool, saved["board_id"], saved["version_id"], tell)
        if shown is None:
            raise not_found()
        return Made(201, shown)
