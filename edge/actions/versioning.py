"""Keeps a version: the board as it is once everything acknowledged before is in the store, which the decider reads."""

import asyncpg

from edge.actions.asking import Asking
from edge.actions.authority import authorise
from edge.actions.dispatch import Request
from edge.actions.ends import Now
from edge.actions.outcome import Made, Outcome
from edge.actions.past import written
from edge.auth.rights import Rights
from edge.errors import not_found
from edge.queries import versions
from edge.rooms.cursor import Cursors
from schemas.ids import new_id


class Versioning:
    """Carries out `boards.save_version`."""

    def __init__(self, *, asking: Asking, now: Now, rights: Rights, pool: asyncpg.Pool, cursors: Cursors) -> None:
        self._asking = asking
        self._now = now
        self._rights = rights
        self._pool = pool
        self._cursors = cursors

    async def __call__(self, request: Request) -> Outcome:
        """See `dispatch.Composition`."""
        await authorise(self._rights, self._pool, request.caller, request.mt, request.data)
        position = await self._now.of(request.data["board_id"])
        data = {**request.data, "version_id": new_id(), "position": written(position)}
        outcome = await self._asking.ask(request.mt.name, data, request.asker)
        return Outcome(outcome.facts)

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
