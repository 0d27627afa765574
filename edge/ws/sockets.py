"""All sockets of an edge: who holds them, and how they end together."""

import asyncio
from contextvars import Context
from typing import Final

import structlog

from edge.ws.close_codes import CloseCode
from edge.ws.connection import Connection, Parts
from topics.runtime import metrics

# Answering what was taken: the lane's own deadline, which is longer than any healthy log needs.
SETTLE_SECONDS: Final = 5.0
# A thousand clients should not come back in one moment; a handful may.
CLOSINGS_PER_SECOND: Final = 500
CLOSED_WITHIN_SECONDS: Final = 5.0
log = structlog.get_logger(__name__)
KNOWN_CODES: Final = frozenset({*map(int, CloseCode), 1006})


class Sockets:
    """Knows every connection by session and person, and carries what ends them.

    While rights cannot be proven nothing is delivered: the rooms are paused.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.draining = False
        self._names: dict[Connection, tuple[str, ...]] = {}
        self._named: dict[str, set[Connection]] = {}
        self._emptied = asyncio.Event()
        self._serving: set[asyncio.Task[None]] = set()
        # One for all: a copy of each request's would keep what its log lines were bound to.
        self._context = Context()
        parts.rights.sessions.on_closed = self._close_named
        parts.rights.sessions.on_erased = self._close_named
        parts.rights.freshness.on_lost = parts.rooms.pause
        parts.rights.freshness.on_found = parts.rooms.resume

    def __len__(self) -> int:
        return len(self._names)

    def serve(self, connection: Connection) -> None:
        """Serve a socket that was just opened, to its end."""
        self._names[connection] = ()
        task = asyncio.get_running_loop().create_task(self._serve(connection), context=self._context)
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, connection: Connection) -> None:
        try:
            await connection.run()
        except Exception:
            log.exception("a socket met a bug", connection=connection.identifier)
            connection.close(CloseCode.RESTART, "A mistake of the server.")
        finally:
            self._remove(connection)

    def know(self, connection: Connection) -> None:
        """It is known, perhaps anew, who holds a socket: it is found by session and by person from now on."""
        caller = connection.caller
        if caller is None or connection not in self._names:
            return
        if not self._names[connection]:
            metrics.SOCKETS.inc()
        self._unname(connection)
        names = tuple(name for name in (caller.user_id, caller.session_id) if name is not None)
        self._names[connection] = names
        for name in names:
            self._named.setdefault(name, set()).add(connection)

    def _remove(self, connection: Connection) -> None:
        if self._names[connection]:
            metrics.SOCKETS.dec()
        # A client may make up codes of its own, and each would be a series for ever.
        code = connection.close_code
        metrics.SOCKETS_CLOSED.labels(code if code in KNOWN_CODES else "other").inc()
        self._unname(connection)
        del self._names[connection]
        if not self._names:
            self._emptied.set()

    async def close_all(self, code: CloseCode = CloseCode.RESTART) -> None:
        """Open no more, answer what was taken, close everybody spread over a moment, and wait until they are gone."""
        self.draining = True
        connections = tuple(self._names)
        async with asyncio.TaskGroup() as closings:
            for number, connection in enumerate(connections, 1):
                closings.create_task(connection.drain(code, SETTLE_SECONDS))
                if number % (CLOSINGS_PER_SECOND // 10) == 0:
                    await asyncio.sleep(0.1)
        await self._until_empty()

    async def _until_empty(self) -> None:
        try:
            async with asyncio.timeout(CLOSED_WITHIN_SECONDS):
                while self._names:
                    self._emptied.clear()
                    await self._emptied.wait()
        except TimeoutError:
            late = tuple(self._serving)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _close_named(self, name: str) -> None:
        for connection in tuple(self._named.get(name, ())):
            connection.close(CloseCode.SESSION, "The session is closed.")

    def _unname(self, connection: Connection) -> None:
        for name in self._names[connection]:
            self._named[name].discard(connection)
            if not self._named[name]:
                del self._named[name]
