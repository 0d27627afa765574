"""Brings a board back to a version, by ordinary ops that everybody sees live."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import orjson

from edge.actions.asking import Asking
from edge.actions.authority import authorise
from edge.actions.dispatch import Request
from edge.actions.ends import Now
from edge.actions.filling import IN_FLIGHT, Filling, chunks
from edge.actions.outcome import Made, Outcome
from edge.actions.past import Past, read, written
from edge.actions.restored import restored
from edge.auth.rights import Rights
from edge.errors import ApiError, not_found
from edge.lanes.op_checks import CheckedOp, check_repair
from edge.queries import versions
from edge.rooms.contents import Contents
from edge.rooms.cursor import Cursors
from schemas.boards.rules import check_elements
from topics.bus.message import Position

Json = dict[str, Any]
NONCES: Final = 2**31


class Restoring:
    """Carries out `boards.restore_version`."""

    def __init__(
        self,
        *,
        asking: Asking,
        filling: Filling,
        now: Now,
        past: Past,
        contents: Contents,
        rights: Rights,
        pool: asyncpg.Pool,
        cursors: Cursors,
        embed_hosts: Sequence[str],
    ) -> None:
        self._asking = asking
        self._filling = filling
        self._now = now
        self._past = past
        self._contents = contents
        self._rights = rights
        self._pool = pool
        self._cursors = cursors
        self._embed_hosts = tuple(embed_hosts)

    async def __call__(self, request: Request) -> Outcome:
        """See `dispatch.Composition`. Cut off in the middle, the repeat draws what is missing."""
        caller, data = request.caller, request.data
        await authorise(self._rights, self._pool, caller, request.mt, data)
        board_id = data["board_id"]
        version = await versions.position(self._pool, board_id, data["version_id"])
        if version is None:
            raise not_found()
        then = await self._past.state_at(board_id, version)
        position = await self._now.of(board_id)
        ops = await self._ops(board_id, then)
        self._filling.afford(caller, ops)
        # Reading may take seconds, and so may drawing: the right may have ended meanwhile.
        await authorise(self._rights, self._pool, caller, request.mt, data)
        for start in range(0, len(ops), IN_FLIGHT):
            try:
                if start:
                    await authorise(self._rights, self._pool, caller, request.mt, data)
                position = await self._filling.draw(caller, ops[start : start + IN_FLIGHT])
            except ApiError as error:
                raise ApiError("outcome_unknown", "Part of it may be drawn: repeat with the same key.") from error
        outcome = await self._asking.ask(request.mt.name, {**data, "position": written(position)}, request.asker)
        return Outcome(outcome.facts, self._made(board_id, position))

    async def show(self, _request: Request, outcome: Outcome) -> Made:
        """See `dispatch.Composition`."""
        told = outcome.data_of("boards.version_restored")
        if told is None:
            raise not_found()
        return self._made(told["board_id"], read(told["position"]))

    async def _ops(self, board_id: str, then: Sequence[Json]) -> list[CheckedOp]:
        """What brings back all of that state which may be shown today: an embed's host may be on the list no more."""
        stored = await self._contents.changed(board_id, None)
        return await asyncio.to_thread(self._checked, board_id, stored.bodies, then)

    def _checked(self, board_id: str, bodies: Sequence[bytes], then: Sequence[Json]) -> list[CheckedOp]:
        now = {element["id"]: element for element in map(orjson.loads, bodies)}
        shown = [each for each in then if not check_elements([{**each, "version": 1}], self._embed_hosts)]
        drawn = restored(now, shown, now_ms=int(time.time() * 1000), nonce=lambda: secrets.randbelow(NONCES))
        return [check_repair({"board_id": board_id, "elements": chunk}) for _, chunk in chunks(drawn)]

    def _made(self, board_id: str, position: Position) -> Made:
        return Made(200, {"position": self._cursors.encode_position(board_id, position)})
