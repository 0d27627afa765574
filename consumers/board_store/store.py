"""Elements and checkpoints in PostgreSQL, moved together."""

from collections.abc import Iterator, Mapping, Sequence

import asyncpg
import orjson

from consumers.board_store.handler import Record, Row, grown, rows
from schemas.boards.merge import Element
from topics.bus.checkpoint_table import CheckpointTable, Reached
from topics.runtime.away import postgres_or_retry

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
HELD = """
select board_id, id, body from board_store.elements
  join unnest($1::uuid[], $2::text[]) as t (board_id, id) using (board_id, id)
"""


class BoardStore:
    """The tables of this consumer."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.checkpoints = CheckpointTable(pool, "board_store")
        self._claimed: set[tuple[str, int]] = set()

    async def write(self, records: Sequence[Record], ends: Reached) -> None:
        """Write what records leave, and checkpoints, in one transaction; what is contained already is passed over.

        Whole elements would bear being written again. Appended points would not: read again after what followed them
        they might find their base held that was drawn later, and no other reader of the log would come to the same.

        Args:
            records: in log order.
            ends: by topic and partition, its generation and the next offset to read.

        Raises:
            Reject: a record is wrong; nothing was written.
            Retry: PostgreSQL is not there; nothing was written.
        """
        with postgres_or_retry():
            async with self._pool.acquire() as connection, connection.transaction():
                fresh = _after(await self._lock(connection, ends), records)
                for part in statements(rows(fresh, await _held(connection, grown(fresh)))):
                    await connection.execute(UPSERT, *_columns(part))
                await self.checkpoints.move(connection, ends)
        self._claimed |= ends.keys()

    async def _lock(self, connection: asyncpg.Connection, ends: Reached) -> dict[tuple[str, int], int]:
        """Keep other writers of these partitions out; by generation and partition, what is contained."""
        # One writer of a partition at a time, and each knows what was written before it: a row to lock must be there.
        if not ends.keys() <= self._claimed:
            await self.checkpoints.claim(connection, ends)
        held = await self.checkpoints.lock(connection, ends)
        return {(generation, partition): following for (_, partition), (generation, following) in held.items()}


def _after(contained: Mapping[tuple[str, int], int], records: Sequence[Record]) -> Sequence[Record]:
    """Those of the records that are not contained yet."""
    if not any(contained.values()):
        return records
    return [each for each in records if each[0].next > contained.get((each[0].generation, each[0].partition), 0)]


async def _held(connection: asyncpg.Connection, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Element]:
    """What is stored of elements (board, id)."""
    if not wanted:
        return {}
    found = await connection.fetch(HELD, *map(list, zip(*wanted, strict=True)))
    return {(str(row["board_id"]), row["id"]): orjson.loads(row["body"]) for row in found}


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
