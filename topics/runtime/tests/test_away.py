"""What a part that went away looks like to who asks it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest

from topics.errors import Retry
from topics.runtime.away import postgres_or_retry
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration


@asynccontextmanager
async def deaf_to_the_end(dsn: str) -> AsyncIterator[int]:
    """A wire to PostgreSQL on which everything passes but the end: what was told last is heard, and the line stays open."""
    where = urlsplit(dsn)
    wires: set[asyncio.Task[None]] = set()

    async def wire(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        wires.add(task)
        far, on = await asyncio.open_connection(where.hostname, where.port)
        try:
            await asyncio.gather(pieces(near, on), pieces(far, back))
            await asyncio.Event().wait()
        finally:
            on.transport.abort()
            back.transport.abort()

    async def pieces(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while piece := await source.read(65_536):
            target.write(piece)

    server = await asyncio.start_server(wire, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in wires:
            each.cancel()
        await asyncio.gather(*wires, return_exceptions=True)


async def asks_on(statement: asyncpg.prepared_stmt.PreparedStatement) -> None:
    """Until the goodbye has come through."""
    with postgres_or_retry():
        while True:
            await statement.fetchval()


async def test_a_connection_that_was_told_goodbye_and_is_still_open_is_not_there(settings: Settings) -> None:
    dsn = settings.postgres_dsn
    async with deaf_to_the_end(dsn) as port:
        connection = await asyncpg.connect(dsn, host="127.0.0.1", port=port)
        other = await asyncpg.connect(dsn)
        try:
            statement = await connection.prepare("select 1")
            await other.execute("select pg_terminate_backend($1, 30000)", connection.get_server_pid())
            with pytest.raises(Retry, match="PostgreSQL is not there"):
                await asks_on(statement)
        finally:
            connection.terminate()
            await other.close()
