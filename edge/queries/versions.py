"""The versions of a board."""

from collections.abc import Callable
from typing import Any, Final

import asyncpg

from edge.queries.pages import Page, Place, listed
from edge.queries.reading import Row, row, rows, told
from topics.bus.message import Position

Json = dict[str, Any]
# Makes the token of a position on a board.
Tell = Callable[[str, Position], str]
# A guest has the name that he gave himself then.
COLUMNS: Final = """
v.version_id::text, v.board_id::text, v.name, v.kind, v.log, v.partition, v."offset", v.index, v.elements, v.bytes,
v.changes, v.created_by::text, v.created_at, coalesce(u.name, g.name) as author
"""
SOURCE: Final = """
  from board_decider.versions_v1 v
  left join identity_decider.users_v1 u on u.user_id = v.created_by and not u.erased
  left join lateral (
       select n.name from board_decider.guest_names_v1 n where n.board_id = v.board_id and n.user_id = v.created_by
        order by n.since > v.created_at, abs(extract(epoch from n.since - v.created_at)) limit 1
  ) g on true
"""
VERSIONS: Final = f"""
select {COLUMNS} {SOURCE}
 where v.board_id = $1::uuid and (v.created_at, v.version_id) < ($2, $3::uuid)
 order by v.created_at desc, v.version_id desc limit $4
"""
VERSION: Final = f"select {COLUMNS} {SOURCE} where v.board_id = $1::uuid and v.version_id = $2::uuid"


async def versions(pool: asyncpg.Pool, board_id: str, page: Page, tell: Tell) -> Json:
    """The versions of a board, newest first."""
    found = await rows(pool, VERSIONS, board_id, page.place.time, page.place.identifier, page.limit + 1)
    return listed(
        "versions",
        page,
        found,
        lambda item: Place(item["created_at"], item["version_id"]),
        lambda each: shown(each, tell),
    )


async def version(pool: asyncpg.Pool, board_id: str, version_id: str, tell: Tell) -> Json | None:
    """One version as the contract shows it."""
    found = await row(pool, VERSION, board_id, version_id)
    return None if found is None else shown(found, tell)


async def position(pool: asyncpg.Pool, board_id: str, version_id: str) -> Position | None:
    """Where a version stands."""
    found = await row(pool, VERSION, board_id, version_id)
    return None if found is None else _position(found)


def shown(found: Row, tell: Tell) -> Json:
    """A version as the contract shows it; the author's name is absent where there is none to tell."""
    return {
        "version_id": found["version_id"],
        "name": found["name"],
        "kind": found["kind"],
        "position": tell(found["board_id"], _position(found)),
        "created_at": told(found["created_at"]),
        "created_by": found["created_by"],
        "author": found["author"],
        "elements": found["elements"],
        "bytes": found["bytes"],
        "changes": found["changes"],
    }


def _position(found: Row) -> Position:
    return Position(found["log"], found["partition"], found["offset"], found["index"])
