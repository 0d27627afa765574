"""Elements and checkpoints in PostgreSQL, moved together."""

from collections.abc import Iterator, Mapping, Sequence

import asyncpg

from consumers.board_store.handler import Row
from topics.bus.places import mismatch
from topics.errors import Halt, Retry

# A statement carries at most this much: a poll can bring tens of megabytes.
STATEMENT_ROWS = 5000
STATEMENT_CHARACTERS = 8_000_000

# Last writer wins; equal in both, what stands first in the log stays, so a record that comes again changes nothing.
UPSERT = """
insert into board_store.elements as e
       (board_id, id, version, nonce, deleted, ordering, body, generation, partition, next_offset)
select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::boolean[], $6::text[], $7::text[],
                     $8::text[], $9::integer[], $10::bigint[])
on conflict (board_id, id) do update
   set version = excluded.version, nonce = excluded.nonce, deleted = excluded.deleted, ordering = excluded.ordering,
       body = excluded.body, generation = excluded.generation, partition = excluded.partition,
       next_offset = excluded.next_offset
 where excluded.version > e.version or (excluded.version = e.version and excluded.nonce < e.nonce)
"""
# A former owner that was paused may come late with less; it has written nothing that the new one would not.
MOVE = """
insert into board_store.checkpoints as c (topic, partition, generation, next)
select * from unnest($1::text[], $2::integer[], $3::text[], $4::bigint[])
on conflict (topic, partition) do update set generation = excluded.generation, next = excluded.next
 where c.generation <> excluded.generation or c.next < excluded.next
"""
LOAD = "select generation, next from board_store.checkpoints where topic = $1 and partition = $2"

# PostgreSQL is away, starting, stopping, or chose us as the victim of a deadlock: the same again, later.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
)


class BoardStore:
    """The tables of this consumer."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def write(self, rows: Sequence[Row], ends: Mapping[tuple[str, int], tuple[str, int]]) -> None:
        """Write rows and checkpoints in one transaction.

        Args:
            rows: at most one per element, sorted by key.
            ends: by topic and partition, its generation and the next offset to read.

        Raises:
            Retry: PostgreSQL is not there; nothing was written.
        """
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                for part in statements(rows):
                    await connection.execute(UPSERT, *_columns(part))
                moved = sorted((topic, partition, *end) for (topic, partition), end in ends.items())
                if moved:
                    await connection.execute(MOVE, *map(list, zip(*moved, strict=True)))
        except AWAY as error:
            raise Retry(f"PostgreSQL is not there: {error!r}") from error

    async def load(self, topic: str, partition: int, generation: str) -> int | None:
        """The next offset to read. Raises Halt when the checkpoint is of another life of the topic, Retry when away."""
        try:
            held = await self._pool.fetchrow(LOAD, topic, partition)
        except AWAY as error:
            raise Retry(f"PostgreSQL is not there: {error!r}") from error
        if held is None:
            return None
        if held["generation"] != generation:
            raise Halt(mismatch(topic, partition, held["generation"], generation))
        return int(held["next"])


def statements(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Cut rows into statements of bounded size."""
    start = size = 0
    for i, row in enumerate(rows):
        if i > start and (i - start >= STATEMENT_ROWS or size + len(row.body) > STATEMENT_CHARACTERS):
            yield rows[start:i]
            start, size = i, 0
        size += len(row.body)
    if start < len(rows):
        yield rows[start:]


def _columns(rows: Sequence[Row]) -> tuple[list[object], ...]:
    return (
        [row.board_id for row in rows],
        [row.id for row in rows],
        [row.version for row in rows],
        [row.nonce for row in rows],
        [row.deleted for row in rows],
        [row.ordering for row in rows],
        [row.body for row in rows],
        [row.place.generation for row in rows],
        [row.place.partition for row in rows],
        [row.place.next for row in rows],
    )
