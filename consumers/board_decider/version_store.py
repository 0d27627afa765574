"""Reads and writes versions and lineage in PostgreSQL."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import asyncpg

from consumers.board_decider.state import Content, Version
from schemas.models.boards import Position

Data = Mapping[str, Any]

ABOUT_VERSIONS: Final = frozenset(
    {
        "boards.save_version",
        "boards.keep_version",
        "boards.rename_version",
        "boards.delete_version",
        "boards.restore_version",
    }
)
WITH_CONTENT: Final = frozenset({"boards.save_version", "boards.keep_version"})
# An op in a record of several: the store knows the record alone, and a board's state is that of whole records.
LAST_INDEX: Final = 2**31 - 1

VERSIONS: Final = "select version_id::text, name, kind, created_at from versions where board_id = $1"
# The store's own view, at one moment of it. A version counts what was touched since the one before.
CONTENT: Final = """
with before as (
    select log, "offset" from versions where board_id = $1 order by created_at desc, version_id desc limit 1
), last as (
    select e.generation, e.partition, e.next_offset
      from board_store.elements_v1 e
      left join board_store.checkpoints_v1 c on c.topic = 'boards.ops' and c.partition = e.partition
     where e.board_id = $1
     order by (e.generation = c.generation) desc nulls last, e.next_offset desc
     limit 1
)
select (select generation from last) as log, (select partition from last) as partition,
       (select next_offset - 1 from last) as "offset",
       count(*) filter (where not e.deleted) as elements,
       coalesce(sum(octet_length(e.body)) filter (where not e.deleted), 0)::bigint as bytes,
       count(*) filter (
           where (select log from before) is null
              or e.generation <> (select log from before)
              or e.next_offset > (select "offset" from before) + 1
       ) as changes
  from board_store.elements_v1 e where e.board_id = $1
"""
SAVE: Final = """
insert into versions (version_id, board_id, name, kind, log, partition, "offset", index, elements, bytes, changes,
                      created_by, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
BRANCH: Final = """
insert into branches (board_id, source_board_id, log, partition, "offset", index) values ($1, $2, $3, $4, $5, $6)
"""


async def versions_of(connection: asyncpg.Connection, board_id: str) -> tuple[Version, ...]:
    """All versions of a board."""
    return tuple(Version(**row) for row in await connection.fetch(VERSIONS, board_id))


async def content_of(connection: asyncpg.Connection, board_id: str) -> Content:
    """What the store has of a board."""
    row = await connection.fetchrow(CONTENT, board_id)
    position: Position | None = None
    if row["log"] is not None:
        position = Position(log=row["log"], partition=row["partition"], offset=row["offset"], index=LAST_INDEX)
    return Content(position, row["elements"], row["bytes"], row["changes"])


async def save(connection: asyncpg.Connection, fact: Data, created_at: datetime) -> None:
    """Write a version."""
    values = [fact[name] for name in ("elements", "bytes", "changes", "created_by")]
    await connection.execute(
        SAVE, fact["version_id"], fact["board_id"], fact["name"], fact["kind"], *place(fact), *values, created_at
    )


async def rename(connection: asyncpg.Connection, fact: Data) -> None:
    """Write a version's name."""
    await connection.execute("update versions set name = $2 where version_id = $1", fact["version_id"], fact["name"])


async def delete(connection: asyncpg.Connection, fact: Data) -> None:
    """Forget a version."""
    await connection.execute("delete from versions where version_id = $1", fact["version_id"])


async def branch(connection: asyncpg.Connection, board_id: str, origin: Data) -> None:
    """Write where a board comes from."""
    await connection.execute(BRANCH, board_id, origin["board_id"], *place(origin))


def place(named: Data) -> list[Any]:
    """The columns of a position."""
    return [named["position"][name] for name in ("log", "partition", "offset", "index")]
