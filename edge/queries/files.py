"""Files of boards, and the boards that they are shown on."""

from typing import Final

import asyncpg

from edge.queries.reading import Row, row

ONE: Final = """
select f.file_id::text, f.board_id::text, f.name, f.mime, f.size, f.sha256, f.status, f.width, f.height, f.thumbnail,
       f.path, f.message, f.expires_at,
       array(select r.board_id::text from file_decider.reach_v1 r where r.file_id = f.file_id) as boards
  from file_decider.files_v1 f where f.file_id = $1::uuid and f.status <> 'deleted'
"""


async def file(pool: asyncpg.Pool, file_id: str) -> Row | None:
    """A file with every board that shows it (`boards`); None when there is none. Raises `ApiError` `unavailable`."""
    return await row(pool, ONE, file_id)


def shown(found: Row) -> Row:
    """A file as the contract shows it; width and height are null for what has none."""
    names = ("file_id", "board_id", "name", "mime", "size", "sha256", "status", "width", "height")
    return {name: found[name] for name in names}
