"""A board made of the elements of a file, all or nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from edge.actions import pictures
from edge.actions.asking import Asker, Asking
from edge.actions.authority import authorise
from edge.actions.filling import Filling
from edge.actions.idempotency import Scope
from edge.actions.outcome import Made, Outcome
from edge.actions.pictures import Picture
from edge.actions.uploads import Uploads
from edge.auth.callers import Caller
from edge.auth.rights import Rights
from edge.errors import ApiError
from schemas.ids import new_id
from schemas.registry import registry

Json = dict[str, Any]
CREATE: Final = "boards.create_board"
# A file takes up to ten times its size in memory while it is read.
AT_ONCE: Final = 2
MAX_PLACES: Final = 8


class Importing:
    """Makes boards of files, few at a time."""

    def __init__(
        self, *, asking: Asking, filling: Filling, rights: Rights, pool: asyncpg.Pool, uploads: Uploads
    ) -> None:
        self._asking = asking
        self._filling = filling
        self._rights = rights
        self._pool = pool
        self._uploads = uploads
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._places = 0

    async def ensure_may(self, caller: Caller, workspace_id: str | None) -> None:
        """Return when the caller may make a board there. Raises `ApiError`."""
        data = {} if workspace_id is None else {"workspace_id": workspace_id}
        await authorise(self._rights, self._pool, caller, registry().get(CREATE), data)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Have a place in the line, with a file that is still coming. Raises `ApiError` `unavailable` when it is full."""
        if self._places >= MAX_PLACES:
            raise ApiError("unavailable", "Too many files are being imported now.")
        self._places += 1
        try:
            yield
        finally:
            self._places -= 1

    def turn(self) -> asyncio.Semaphore:
        """Wait for one's turn to have a file read and drawn: use it in `async with`."""
        return self._turns

    def prepared(
        self,
        caller: Caller,
        elements: Sequence[Json],
        shown: Mapping[str, Picture],
        *,
        title: str,
        workspace_id: str | None,
        scope: Scope,
        trace: str | None,
    ) -> Callable[[], Awaitable[Outcome]]:
        """The import, ready to be run once: elements, and the pictures that they show by their keys in the file."""

        async def run() -> Outcome:
            board_id = new_id()
            # A picture's key in a file may be no id of a file; it gets one before anybody sees it.
            ops = await self._filling.checked(board_id, pictures.rewritten(elements, dict.fromkeys(shown, board_id)))
            self._filling.afford(caller, ops)
            data: Json = {"board_id": board_id, "title": title, "hidden": True}
            if workspace_id is not None:
                data["workspace_id"] = workspace_id
            made = await self._asking.ask(
                CREATE, data, Asker(caller.user_id, traceparent=trace, session_id=caller.session_id)
            )
            if shown:
                files = await pictures.uploaded(self._uploads, caller, board_id, shown)
                ops = await self._filling.checked(board_id, pictures.rewritten(elements, files))
            reveal = Asker(caller.user_id, None, scope.key, scope.fingerprint, trace, caller.session_id)
            return await self._filling.fill(caller, made, ops, reveal)

        return run

    async def show(self, caller: Caller, outcome: Outcome) -> Made:
        """How REST shows an import of which only the facts are known."""
        return await self._filling.show(caller, outcome)
