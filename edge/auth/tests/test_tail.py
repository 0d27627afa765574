"""Rights that follow a real log: what was replayed before the edge is ready, what arrives, and a log that stops."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from compose.embedded.stack import Stack
from edge.auth.callers import Caller
from edge.auth.freshness import Freshness
from edge.auth.rights import Rights
from edge.auth.sessions import Sessions
from edge.auth.standing import Standing
from edge.auth.tail import RightsTail
from edge.errors import ApiError
from edge.settings import EdgeSettings
from schemas.envelope import Envelope
from schemas.ids import new_id
from schemas.registry import registry
from tests.stack import settings_from
from topics.bus.admin import apply_topics
from topics.bus.publish import Publisher

pytestmark = pytest.mark.integration
LIMIT_SECONDS = 60.0


class Nobody:
    """A board without rights: only the log is looked at here."""

    async def read(self, board_id: str, subjects: object) -> dict[str, Standing]:
        return {}


class Log:
    """A broker of this module alone, so that a test may freeze it."""

    def __init__(self, stack: Stack, settings: EdgeSettings, publisher: Publisher) -> None:
        self.stack = stack
        self.settings = settings
        self._publisher = publisher

    async def tell(self, kind: str, key: str, **data: Any) -> None:
        """Publish a fact as a decider would."""
        mt = registry().get(kind)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        fact_id = new_id()
        await self._publisher.publish(
            Envelope(
                id=fact_id, type=kind, source="test", time=now, subject=key, dataschema=mt.dataschema, correlationid=fact_id
            ),
            {**data, "revision": 1},
        )  # fmt: skip

    async def close_session(self, session_id: str) -> None:
        user_id = new_id()
        await self.tell("identity.session_closed", user_id, user_id=user_id, session_id=session_id, reason="logout")

    @asynccontextmanager
    async def edge(self) -> AsyncIterator[tuple[Rights, RightsTail]]:
        rights = Rights(Nobody(), Sessions(self.settings.access_token_seconds), Freshness())
        tail = RightsTail(self.settings, rights)
        stopping = asyncio.Event()
        running = asyncio.create_task(tail.run(stopping))
        try:
            yield rights, tail
        finally:
            stopping.set()
            await running


@pytest.fixture(scope="module")
async def log(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Log]:
    stack = Stack(tmp_path_factory.mktemp("kafka"), ports="free", parts=("kafka",))
    await stack.start()
    try:
        settings = settings_from(stack.environment(), EdgeSettings)
        await apply_topics(settings, [])
        async with Publisher(settings, "tail-test") as publisher:
            yield Log(stack, settings, publisher)
    finally:
        await stack.stop()


def holder(session_id: str) -> Caller:
    return Caller(new_id(), session_id, "A", "#000", guest=False, link_id=None, board_id=None, expires_at=0)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while not holds():  # noqa: ASYNC110 - a test watches from outside
            await asyncio.sleep(0.01)


async def test_what_was_told_before_an_edge_started_is_known_when_it_is_ready(log: Log) -> None:
    closed = [new_id() for _ in range(50)]
    for session_id in closed:
        await log.close_session(session_id)

    async with log.edge() as (rights, tail):
        assert tail.not_ready() is not None
        await until(lambda: tail.not_ready() is None)

        assert all(rights.sessions.refuses(holder(session_id)) for session_id in closed)


async def test_every_edge_learns_what_is_told(log: Log) -> None:
    session_id, erased = new_id(), new_id()

    async with log.edge() as (one, _), log.edge() as (two, _):
        for rights in (one, two):
            await rights.ensure_fresh(LIMIT_SECONDS)
        await log.close_session(session_id)
        await log.tell("identity.user_erased", erased, user_id=erased)
        await until(lambda: all(rights.sessions.refuses(holder(session_id)) for rights in (one, two)))
        gone = Caller(erased, new_id(), "A", "#000", guest=False, link_id=None, board_id=None, expires_at=0)
        await until(lambda: all(rights.sessions.refuses(gone) for rights in (one, two)))


async def test_a_log_that_stops_answering_takes_the_proof_away_until_it_goes_on(log: Log) -> None:
    async with log.edge() as (rights, tail):
        await rights.ensure_fresh(LIMIT_SECONDS)
        said: list[str] = []
        rights.freshness.on_lost = lambda: said.append("lost")
        rights.freshness.on_found = lambda: said.append("found")

        os.kill(log.stack.part("kafka").pid, signal.SIGSTOP)
        try:
            await until(lambda: said[-1:] == ["lost"])
            assert tail.not_ready() is not None
            with pytest.raises(ApiError) as refused:
                await rights.ensure_fresh(0.1)
        finally:
            os.kill(log.stack.part("kafka").pid, signal.SIGCONT)
        await until(lambda: said[-1:] == ["found"])
        await rights.ensure_fresh(LIMIT_SECONDS)

    assert refused.value.code == "unavailable"


async def test_a_killed_broker_takes_the_proof_away_and_a_new_one_gives_it_back_with_what_was_told(log: Log) -> None:
    session_id = new_id()

    async with log.edge() as (rights, tail):
        await rights.ensure_fresh(LIMIT_SECONDS)
        await log.stack.kill9("kafka")
        await until(lambda: tail.not_ready() is not None)
        await log.stack.restart("kafka")
        await rights.ensure_fresh(LIMIT_SECONDS)
        await log.close_session(session_id)
        await until(lambda: rights.sessions.refuses(holder(session_id)))
