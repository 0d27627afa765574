"""Uses of sessions on their way to the log: few, and nobody waits for them."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import pytest

from edge.actions.asking import Asker
from edge.auth.callers import Caller
from edge.auth.seen import QUIET_SECONDS, Seen
from edge.errors import ApiError
from schemas.ids import new_id


class Log:
    """Takes actions, or refuses them."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.away = False
        self.changed = asyncio.Event()

    async def tell(self, kind: str, data: Mapping[str, str], asker: Asker) -> None:
        assert (kind, data["session_id"]) == ("identity.touch_session", asker.session_id)
        self.changed.set()
        if self.away:
            raise ApiError("unavailable", "The log takes nothing now.")
        self.told.append(data["session_id"])


def caller(session_id: str | None) -> Caller:
    return Caller(new_id(), session_id, "Ada", "#123456", session_id is None, None, None, 0.0)


@pytest.fixture
def log() -> Log:
    return Log()


async def noted(seen: Seen, log: Log, *callers: Caller) -> list[str]:
    """What is told after these have been noted."""
    for each in callers:
        seen.note(each)
    task = asyncio.create_task(seen.run())
    with suppress(TimeoutError):
        async with asyncio.timeout(0.05):
            await task
    return log.told


async def test_a_session_is_told_once_a_minute(log: Log) -> None:
    now, session = [0.0], caller(new_id())
    seen = Seen(log, lambda: now[0])

    assert await noted(seen, log, session, session) == [session.session_id]
    now[0] = QUIET_SECONDS - 0.1
    assert await noted(seen, log, session) == [session.session_id]
    now[0] = QUIET_SECONDS
    assert await noted(seen, log, session) == [session.session_id] * 2


async def test_a_guest_has_no_session(log: Log) -> None:
    assert await noted(Seen(log, lambda: 0.0), log, caller(None)) == []


async def test_what_the_log_did_not_take_may_be_told_at_the_next_use(log: Log) -> None:
    session, seen = caller(new_id()), Seen(log, lambda: 0.0)

    log.away = True
    assert await noted(seen, log, session) == []
    log.away = False
    assert await noted(seen, log, session) == [session.session_id]


async def test_a_crowd_is_dropped_and_not_waited_for(log: Log) -> None:
    seen = Seen(log, lambda: 0.0)

    told = await noted(seen, log, *(caller(new_id()) for _ in range(1500)))

    assert len(told) == 1000
