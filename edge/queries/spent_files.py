"""Files that nobody needs: uploads never finished, and files that no element has named for long."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from edge.queries.reading import Row, rows

UNFINISHED: Final = """
select file_id::text, board_id::text, size, 'unfinished' as why
  from file_decider.files_v1 where status in ('requested', 'checking') and expires_at < $1
 order by file_id
"""
# An element that was deleted names its file for as long: its author may undo it. A version that was kept since the file
# was asked for may show it, and a restored one must. A board that was given it lately may not have its elements yet.
# `body` is JSON as text; an id in it is in quotes.
ORPHANS: Final = """
select f.file_id::text, f.board_id::text, f.size, 'orphan' as why
  from file_decider.files_v1 f
 where f.status = 'ready' and f.settled_at < $1
   and not exists (
       select from file_decider.reach_v1 r join board_store.elements_v1 e on e.board_id = r.board_id
        where r.file_id = f.file_id and position('"' || f.file_id::text || '"' in e.body) > 0
          and (not e.deleted or (e.body::jsonb ->> 'updated')::numeric > extract(epoch from $1::timestamptz) * 1000))
   and not exists (
       select from file_decider.reach_v1 r join board_decider.versions_v1 v on v.board_id = r.board_id
        where r.file_id = f.file_id and v.created_at >= f.requested_at)
   and not exists (select from file_decider.reach_v1 r where r.file_id = f.file_id and r.since >= $1)
 order by f.file_id
"""
NEEDED: Final = """
select file_id::text from file_decider.files_v1 where status = any($2::text[]) and file_id = any($1::uuid[])
"""
# Whose bytes are needed where they were put, and where they are kept. The address to put a file is good for longer than
# the file may take to be settled: what is put there afterwards is nobody's, and counts to no workspace's room.
UPLOAD_NEEDED: Final = ("requested", "checking")
CONTENT_NEEDED: Final = ("requested", "checking", "ready")


async def unfinished(pool: asyncpg.Pool, before: datetime) -> list[Row]:
    """Uploads whose address expired before then."""
    return await rows(pool, UNFINISHED, before)


async def orphans(pool: asyncpg.Pool, before: datetime) -> list[Row]:
    """Files that were ready before then and that nothing on any of their boards has shown since."""
    return await rows(pool, ORPHANS, before)


async def needed(pool: asyncpg.Pool, file_ids: list[str], statuses: Sequence[str]) -> set[str]:
    """Of these, the files in one of some statuses."""
    return {found["file_id"] for found in await rows(pool, NEEDED, file_ids, list(statuses))}
