"""Notes when a session is used, without a write per use: the last use of a list of sessions is a matter of minutes."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from edge.actions.asking import Asker
from edge.auth.callers import Caller
from edge.errors import ApiError
from topics.runtime import metrics

# A refresh moves the last use too, and comes each access-token lifetime.
QUIET_SECONDS: Final = 60.0
WAITING: Final = 1000
REMEMBERED: Final = 50_000

log = structlog.get_logger(__name__)


class Telling(Protocol):
    """What publishes an action that nobody waits for."""

    async def tell(self, kind: str, data: dict[str, str], asker: Asker) -> None:
        """Raises `ApiError`."""


class Seen:
    """Uses of sessions on their way to the log; they may be dropped, a login never waits for them."""

    def __init__(self, actions: Telling, clock: Callable[[], float]) -> None:
        self._actions = actions
        self._clock = clock
        self._noted: dict[str, float] = {}
        self._waiting: asyncio.Queue[tuple[str, str]] = asyncio.Queue(WAITING)

    def note(self, caller: Caller) -> None:
        """A socket was opened with a session."""
        now, session_id = self._clock(), caller.session_id
        if session_id is None or now - self._noted.get(session_id, -QUIET_SECONDS) < QUIET_SECONDS:
            return
        if len(self._noted) >= REMEMBERED:
            self._noted = {name: at for name, at in self._noted.items() if now - at < QUIET_SECONDS}
        try:
            self._waiting.put_nowait((session_id, caller.user_id))
        except asyncio.QueueFull:
            metrics.SEEN_DROPPED.inc()
        else:
            self._noted[session_id] = now

    async def run(self) -> None:
        """Tell what was noted until cancelled."""
        while True:
            session_id, user_id = await self._waiting.get()
            data = {"user_id": user_id, "session_id": session_id}
            try:
                await self._actions.tell("identity.touch_session", data, Asker(user_id, session_id=session_id))
            except ApiError as error:
                self._noted.pop(session_id, None)
                metrics.SEEN_DROPPED.inc()
                log.info("the use of a session was not noted", reason=error.detail)
