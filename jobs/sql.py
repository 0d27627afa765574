"""`doska sql`: asks the views that consumers offer, as anybody may who reads them."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import asyncpg
import typer

from topics.errors import Misconfigured, Unavailable
from topics.migrations import READER
from topics.runtime.away import POSTGRES_AWAY
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings


def command(
    query: Annotated[str, typer.Argument(help="One statement; it may read the open views (…_v1) and nothing else.")],
) -> None:
    """Ask the views of the consumers; a line for each row, fields with a tab between them."""
    for line in asyncio.run(answer(Settings(), query)):
        print(line)


async def answer(settings: Settings, query: str) -> list[str]:
    """The names of the columns, then the rows. Changes nothing: the transaction is one that only reads.

    Raises Misconfigured with what PostgreSQL says of the query, Unavailable when it is not there.
    """
    try:
        async with (
            await postgres_pool(settings, READER, max_size=1) as pool,
            pool.acquire() as connection,
            connection.transaction(readonly=True),
        ):
            statement = await connection.prepare(query)
            rows = await statement.fetch()
            return [_line([each.name for each in statement.get_attributes()]), *(_line(list(row)) for row in rows)]
    except asyncpg.ReadOnlySQLTransactionError as error:
        raise Misconfigured(f"this only reads: {error}") from error
    except POSTGRES_AWAY as error:
        raise Unavailable(f"PostgreSQL is not there: {error!r}") from error
    except asyncpg.PostgresError as error:
        raise Misconfigured(f"PostgreSQL says: {error}") from error


def _line(values: Sequence[Any]) -> str:
    return "\t".join("" if each is None else str(each) for each in values)
