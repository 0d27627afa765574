"""The elements of boards as the store holds them: all that live, what changed since, and the two put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from edge.errors import ApiError
from edge.rooms.contained import TOPIC
from topics.bus.generations import Generation
from topics.bus.publish import partition_for
from topics.rooms.mark import Mark
from topics.runtime.away import POSTGRES_AWAY

# One statement sees one state of the database: the checkpoint belongs to the elements. Bodies come as JSON text, so
# nobody parses them.
READ = """
select (select generation from board_store.checkpoints_v1 where topic = $2 and partition = $3) as generation,
       (select next from board_store.checkpoints_v1 where topic = $2 and partition = $3) as next,
       found.*
  from (select array_agg(id order by ordering, id) as ids,
               array_agg(ordering order by ordering, id) as orderings,
               array_agg(deleted order by ordering, id) as deleted,
               array_agg(convert_to(body, 'UTF8') order by ordering, id) as bodies
          from board_store.elements_v1
         where board_id = $1 and {}) found
"""
LIVE = READ.format("not deleted")
CHANGED = READ.format("($4::text is null or (generation = $4 and next_offset > $5))")


@dataclass(frozen=True, slots=True)
class Content:
    """Elements in their order, and how far the store was when it held them; the four rows belong together."""

    mark: Mark
    ids: Sequence[str]
    orderings: Sequence[str]
    deleted: Sequence[bool]
    bodies: Sequence[bytes]

    def __len__(self) -> int:
        """Bytes of its elements."""
        return sum(map(len, self.bodies)) + len(self.bodies)

    @property
    def elements(self) -> bytes:
        """A JSON array."""
        return b"[" + b",".join(self.bodies) + b"]"


def merged(content: Content, changes: Content) -> Content:
    """Living elements with later changes put into them."""
    living = zip(content.orderings, content.ids, content.bodies, strict=True)
    rows = {row[1]: row for row in living}
    changed = zip(changes.orderings, changes.ids, changes.bodies, strict=True)
    for row, deleted in zip(changed, changes.deleted, strict=True):
        if deleted:
            rows.pop(row[1], None)
        else:
            rows[row[1]] = row
    # The store sorts by collation "C", which is the order of code points, as here.
    ordered = sorted(rows.values())
    return Content(
        mark=changes.mark,
        ids=[row[1] for row in ordered],
        orderings=[row[0] for row in ordered],
        deleted=[False] * len(ordered),
        bodies=[row[2] for row in ordered],
    )


class Contents:
    """Reads the store's view. Raises ApiError `unavailable` when PostgreSQL is away."""

    def __init__(self, pool: asyncpg.Pool, generation: Generation) -> None:
        self._pool = pool
        self._generation = generation

    async def living(self, board_id: str) -> Content:
        """All that live."""
        return await self._read(LIVE, board_id)

    async def changed(self, board_id: str, after: Mark | None) -> Content:
        """What changed after a mark, tombstones too; everything after none, or one of another life of the log."""
        if after is None or after.generation != self._generation.generation:
            return await self._read(CHANGED, board_id, None, 0)
        return await self._read(CHANGED, board_id, after.generation, after.next)

    async def refreshed(self, board_id: str, content: Content) -> Content:
        """The same as `living`, by reading only what changed since `content`, which was read so."""
        changes = await self.changed(board_id, content.mark)
        if changes.mark.generation != content.mark.generation or changes.mark.next < content.mark.next:
            # The store was brought back to an earlier moment: nothing of before counts.
            return await self.living(board_id)
        return merged(content, changes)

    async def _read(self, query: str, board_id: str, *bounds: Any) -> Content:
        partition = partition_for(board_id.encode(), self._generation.partitions)
        try:
            row = await self._pool.fetchrow(query, board_id, TOPIC, partition, *bounds)
        except POSTGRES_AWAY as error:
            raise ApiError("unavailable", "The stored elements cannot be read now.") from error
        return Content(
            mark=Mark(row["generation"] or self._generation.generation, partition, row["next"] or 0),
            ids=row["ids"] or (),
            orderings=row["orderings"] or (),
            deleted=row["deleted"] or (),
            bodies=row["bodies"] or (),
        )
