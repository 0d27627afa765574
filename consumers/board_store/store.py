"""Elements and checkpoints in PostgreSQL, moved together."""

from collections.abc import Iterator, Mapping, Sequence

import asyncpg
import orjson

from consumers.board_store.handler import Record, Row, grown, rows
from schemas.boards.merge import Element
from topics.bus.places import mismatch
from topics.errors import Halt, Retry
from topics.runtime.away import POSTGRES_AWAY

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
# One writer of a partition at a time, and each knows what was written before it: a row to lock must be there.
CLAIM = """
insert into board_store.checkpoints (topic, partition, generation, next)
select topic, partition, generation, 0 from unnest($1::text[], $2::integer[], $3::text[]) as t (topic, partition, generation)
on conflict (topic, partition) do nothing
"""
LOCK = """
select c.generation, c.partition, c.next
  from board_store.checkpoints as c join unnest($1::text[], $2::integer[]) as t (topic, partition) using (topic, partition)
 order by c.topic, c.partition for update of c
"""
HELD = """
select board_id, id, body from board_store.elements
  join unnest($1::uuid[], $2::text[]) as t (board_id, id) using (board_id, id)
"""
# A former owner that was paused may come late with less: the checkpoint never goes back.
MOVE = """
insert into board_store.checkpoints as c (topic, partition, generation, next)
select * from unnest($1::text[], $2::integer[], $3::text[], $4::bigint[])
on conflict (topic, partition) do update set generation = excluded.generation, next = excluded.next
 where c.generation <> excluded.generation or c.next < excluded.next
"""
LOAD = "select generation, next from board_store.checkpoints where topic = $1 and partition = $2"


class BoardStore:
    """The tables of this consumer."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._claimed: set[tuple[str, int]] = set()

    async def write(self, records: Sequence[Record], ends: Mapping[tuple[str, int], tuple[str, int]]) -> None:
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
        moved = sorted((topic, partition, *end) for (topic, partition), end in ends.items())
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                fresh = _after(await self._lock(connection, ends), records)
                for part in statements(rows(fresh, await _held(connection, grown(fresh)))):
                    await connection.execute(UPSERT, *_columns(part))
                if moved:
                    await connection.execute(MOVE, *map(list, zip(*moved, strict=True)))
        except POSTGRES_AWAY as error:
            raise Retry(f"PostgreSQL is not there: {error!r}") from error
        self._claimed |= ends.keys()

    async def _lock(
        self, connection: asyncpg.Connection, ends: Mapping[tuple[str, int], tuple[str, int]]
    ) -> dict[tuple[str, int], int]:
        """Keep other writers of these partitions out; by generation and partition, what is contained."""
        if not ends:
            return {}
        topics, partitions = map(list, zip(*ends, strict=True))
        if not ends.keys() <= self._claimed:
            await connection.execute(CLAIM, topics, partitions, [generation for generation, _ in ends.values()])
        found = await connection.fetch(LOCK, topics, partitions)
        return {(row["generation"], row["partition"]): row["next"] for row in found}

    async def load(self, topic: str, partition: int, generation: str) -> int | None:
        """The next offset to read. Raises Halt when the checkpoint is of another life of the topic, Retry when away."""
        try:
            held = await self._pool.fetchrow(LOAD, topic, partition)
        except POSTGRES_AWAY as error:
            raise Retry(f"PostgreSQL is not there: {error!r}") from error
        if held is None:
            return None
        if held["generation"] != generation:
            raise Halt(mismatch(topic, partition, held["generation"], generation))
        return int(held["next"])


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
