"""Reads standings from the deciders' views, one statement so that board and roles are of one moment."""

import asyncio
from collections.abc import Callable, Collection
from typing import Any, Protocol

import asyncpg

from edge.auth.standing import BoardState, Right, Standing
from edge.errors import ApiError
from topics.runtime.away import POSTGRES_AWAY

# A read that takes longer is as good as none: the caller gets `unavailable` instead of a hanging frame.
READ_SECONDS = 2.0

SELECT = """
select b.workspace_id::text as workspace_id,
       b.archived_at is not null as archived,
       b.trashed_at is not null as trashed,
       b.hidden,
       array(select row('user:' || r.user_id, r.role, extract(epoch from r.expires_at)::float8)
               from board_decider.roles_v1 r
              where r.board_id = b.board_id and r.user_id = any($2::uuid[])) as roles,
       array(select row('link:' || l.link_id, l.role, extract(epoch from l.expires_at)::float8)
               from board_decider.links_v1 l
              where l.board_id = b.board_id and l.link_id = any($3::uuid[]) and l.revoked_at is null) as links
  from board_decider.boards_v1 b
 where b.board_id = $1::uuid
"""


WORKSPACE = """
select 'user:' || user_id as subject, role from workspace_decider.members_v1
 where workspace_id = $1::uuid and user_id = any($2::uuid[])
"""


class StandingStore(Protocol):
    """Where standings are read: on a board by its id, in the rooms `workspace:<id>` and `user:<id>` by their names."""

    async def read(self, board_id: str, subjects: Collection[str]) -> dict[str, Standing]:
        """The standing of each subject that has a right there; without those that have none.

        Raises `ApiError` `unavailable`.
        """


class PostgresStandings:
    """The deciders' views in PostgreSQL."""

    def __init__(self, pool: asyncpg.Pool, loop_time: Callable[[], float]) -> None:
        self._pool = pool
        self._loop_time = loop_time

    async def read(self, board_id: str, subjects: Collection[str]) -> dict[str, Standing]:
        """See `StandingStore`."""
        kind, _, identifier = board_id.rpartition(":")
        if kind == "user":
            # Oneself, for as long as one's session lives, which is not decided here.
            own = Standing(_room(board_id, board_id), (Right("owner", None),), self._loop_time())
            return {board_id: own} if board_id in subjects else {}
        if kind == "workspace":
            return await self._members(board_id, identifier, subjects)
        read_at = self._loop_time()
        users = [subject.removeprefix("user:") for subject in subjects if subject.startswith("user:")]
        links = [subject.removeprefix("link:") for subject in subjects if subject.startswith("link:")]
        found = await self._fetch(SELECT, board_id, users, links)
        if not found:
            return {}
        [row] = found
        board = BoardState(board_id, row["workspace_id"], row["archived"], row["trashed"], row["hidden"])
        rights: dict[str, list[Right]] = {}
        for subject, role, expires_at in (*row["roles"], *row["links"]):
            rights.setdefault(subject, []).append(Right(role, expires_at))
        return {subject: Standing(board, tuple(found), read_at) for subject, found in rights.items()}

    async def _members(self, room: str, workspace_id: str, subjects: Collection[str]) -> dict[str, Standing]:
        read_at = self._loop_time()
        users = [subject.removeprefix("user:") for subject in subjects if subject.startswith("user:")]
        found = await self._fetch(WORKSPACE, workspace_id, users)
        place = _room(room, workspace_id)
        return {row["subject"]: Standing(place, (Right(row["role"], None),), read_at) for row in found}

    async def _fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        try:
            async with asyncio.timeout(READ_SECONDS):
                found: list[asyncpg.Record] = await self._pool.fetch(statement, *values)
                return found
        except (*POSTGRES_AWAY, asyncpg.PostgresError) as error:
            raise ApiError("unavailable", "Rights cannot be read now.") from error


def _room(name: str, workspace_id: str) -> BoardState:
    return BoardState(name, workspace_id, archived=False, trashed=False, hidden=False)
