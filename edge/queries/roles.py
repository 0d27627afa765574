"""Everything that gives somebody a role."""

from typing import Final

import asyncpg

from edge.auth.explaining import Condition, Reason
from edge.queries.reading import row, rows

BOARD: Final = """
select workspace_id::text, archived_at is not null as archived, trashed_at is not null as trashed
  from board_decider.boards_v1 where board_id = $1::uuid and not hidden
"""
REASONS: Final = """
select role, via, expires_at from board_decider.roles_v1 where board_id = $1::uuid and user_id = $2::uuid
 order by via, role
"""


async def on_board(pool: asyncpg.Pool, board_id: str, user_id: str) -> tuple[Condition, list[Reason]] | None:
    """A board's condition and a person's roles there; None when there is no such board."""
    board = await row(pool, BOARD, board_id)
    if board is None:
        return None
    found = await rows(pool, REASONS, board_id, user_id)
    return Condition(**board), [Reason(**each) for each in found]
