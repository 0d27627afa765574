"""Reads and writes threads and comments in PostgreSQL; boards, roles and people are read from their deciders' views."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg
import orjson

from consumers.comment_decider.state import Board, Comment, Right, State, Thread
from topics.decisions import Fact

Data = Mapping[str, Any]

BOARD: Final = """
select board_id::text, workspace_id::text, archived_at is not null as archived, trashed_at is not null as trashed, hidden
  from board_decider.boards_v1 where board_id = $1
"""
# An erased person has no role any more, also before the board's own decider has forgotten him.
RIGHTS: Final = """
select r.role, r.expires_at
  from board_decider.roles_v1 r join identity_decider.users_v1 u using (user_id)
 where r.board_id = $1 and r.user_id = $2 and not u.erased
"""
GUEST_RIGHTS: Final = "select role, expires_at from board_decider.link_roles_v1 where board_id = $1 and link_id = $2"
THREAD: Final = """
select t.thread_id::text, t.started_by::text, t.resolved_at is not null as resolved,
       (select count(*) from comments c where c.thread_id = t.thread_id) as length
  from threads t where t.board_id = $1 and t.thread_id = $2
"""
COMMENT: Final = """
select comment_id::text, author_id::text, text, mention::text[] as mention
  from comments where thread_id = $1 and comment_id = $2
"""
# Guests are no readers of this list: nobody could tell them that they were mentioned.
READERS: Final = """
select distinct r.user_id::text
  from board_decider.roles_v1 r join identity_decider.users_v1 u using (user_id)
 where r.board_id = $1 and r.user_id = any($2::uuid[]) and not u.erased
"""
KNOWN: Final = "select comment_id::text from comments where comment_id = any($1::uuid[])"
PRESENT: Final = "select exists(select from identity_decider.users_v1 where user_id = $1 and not erased)"
TOUCHES: Final = "author_id = $1 or mention @> array[$1]::uuid[]"


@dataclass(frozen=True, slots=True)
class Said:
    """Of an action, what its facts do not say."""

    time: datetime
    guest_name: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)


async def load(connection: asyncpg.Connection, data: Data, actor: str | None, via: str | None) -> State:
    """What the action may depend on; `actor` is None for what we ask ourselves, `via` is a guest's link."""
    board_id = data["board_id"]
    board = await connection.fetchrow(BOARD, board_id)
    rights = [] if actor is None else await _rights(connection, board_id, actor, via)
    thread = await connection.fetchrow(THREAD, board_id, data.get("thread_id"))
    comment = None
    if thread is not None and "comment_id" in data:
        comment = await connection.fetchrow(COMMENT, data["thread_id"], data["comment_id"])
    readers = await connection.fetch(READERS, board_id, data["mention"]) if data.get("mention") else []
    person = data.get("user_id")
    brought = [each["comment_id"] for each in data.get("comments", ())]
    known = await connection.fetch(KNOWN, brought) if brought else []
    return State(
        board=None if board is None else Board(**board),
        rights=tuple(Right(**each) for each in rights),
        revision=await connection.fetchval("select revision from boards where board_id = $1", board_id) or 0,
        threads=await connection.fetchval("select count(*) from threads where board_id = $1", board_id),
        thread=None if thread is None else Thread(**thread),
        comment=None if comment is None else Comment(**{**comment, "mention": tuple(comment["mention"])}),
        readers=frozenset(each["user_id"] for each in readers),
        present=person is not None and await connection.fetchval(PRESENT, person),
        concerned=person is not None
        and await connection.fetchval(
            f"select exists(select from comments where board_id = $2 and ({TOUCHES}))",  # noqa: S608 - a constant
            person,
            board_id,
        ),
        known=frozenset(each["comment_id"] for each in known),
    )


async def boards_of(connection: asyncpg.Connection, user_id: str) -> tuple[str, ...]:
    """The boards on which a person has written or is mentioned."""
    rows = await connection.fetch(
        f"select distinct board_id::text from comments where {TOUCHES} order by 1",  # noqa: S608 - a constant
        user_id,
    )
    return tuple(row["board_id"] for row in rows)


async def apply(connection: asyncpg.Connection, fact: Fact, said: Said) -> None:
    """Make one fact so, and count it as the board's last."""
    await WRITES[fact.type](connection, fact.data, said)
    await connection.execute(
        "insert into boards (board_id, revision) values ($1, $2)"
        " on conflict (board_id) do update set revision = excluded.revision",
        fact.data["board_id"],
        fact.data["revision"],
    )


async def _rights(connection: asyncpg.Connection, board_id: str, actor: str, via: str | None) -> list[asyncpg.Record]:
    if via is None:
        return list(await connection.fetch(RIGHTS, board_id, actor))
    return list(await connection.fetch(GUEST_RIGHTS, board_id, via))


async def _thread_started(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "insert into threads (thread_id, board_id, anchor, started_by, started_at) values ($1, $2, $3, $4, $5)",
        fact["thread_id"],
        fact["board_id"],
        orjson.dumps(fact["anchor"]).decode(),
        fact["author_id"],
        said.time,
    )
    await _comment_added(connection, fact, said)


async def _comment_added(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "insert into comments (comment_id, thread_id, board_id, author_id, guest_name, text, mention, written_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        fact["comment_id"],
        fact["thread_id"],
        fact["board_id"],
        fact["author_id"],
        said.guest_name,
        fact["text"],
        fact["mention"],
        said.time,
    )


async def _comment_edited(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "update comments set text = $2, mention = $3, edited_at = $4 where comment_id = $1",
        fact["comment_id"],
        fact["text"],
        fact["mention"],
        said.time,
    )


async def _comment_deleted(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await connection.execute("delete from comments where comment_id = $1", fact["comment_id"])
    if fact["thread_ended"]:
        await connection.execute("delete from threads where thread_id = $1", fact["thread_id"])


async def _thread_resolved(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "update threads set resolved_at = $2, resolved_by = $3 where thread_id = $1",
        fact["thread_id"],
        said.time,
        fact["resolved_by"],
    )


async def _thread_reopened(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await connection.execute(
        "update threads set resolved_at = null, resolved_by = null where thread_id = $1", fact["thread_id"]
    )


async def _thread_moved(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await connection.execute(
        "update threads set anchor = $2 where thread_id = $1", fact["thread_id"], orjson.dumps(fact["anchor"]).decode()
    )


async def _thread_restored(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    comments = fact["comments"]
    times = [datetime.fromisoformat(each["written_at"]) for each in comments]
    await connection.execute(
        "insert into threads (thread_id, board_id, anchor, started_by, started_at, resolved_at)"
        " values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        fact["thread_id"],
        fact["board_id"],
        orjson.dumps(fact["anchor"]).decode(),
        comments[0].get("author_id"),
        times[0],
        times[-1] if fact["resolved"] else None,
    )
    for each, time in zip(comments, times, strict=True):
        await connection.execute(
            "insert into comments (comment_id, thread_id, board_id, author_id, guest_name, text, mention, written_at,"
            " edited_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            each["comment_id"],
            fact["thread_id"],
            fact["board_id"],
            each.get("author_id"),
            said.names.get(each["comment_id"]),
            each["text"],
            each["mention"],
            time,
            datetime.fromisoformat(each["edited_at"]) if "edited_at" in each else None,
        )


async def _person_forgotten(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    person, board_id = fact["user_id"], fact["board_id"]
    for statement in (
        "update comments set author_id = null where board_id = $2 and author_id = $1",
        "update comments set mention = array_remove(mention, $1) where board_id = $2 and mention @> array[$1]::uuid[]",
        "update threads set started_by = null where board_id = $2 and started_by = $1",
        "update threads set resolved_by = null where board_id = $2 and resolved_by = $1",
    ):
        await connection.execute(statement, person, board_id)


Write = Callable[[asyncpg.Connection, Data, Said], Awaitable[None]]
WRITES: Final[Mapping[str, Write]] = {
    "comments.thread_started": _thread_started,
    "comments.comment_added": _comment_added,
    "comments.comment_edited": _comment_edited,
    "comments.comment_deleted": _comment_deleted,
    "comments.thread_resolved": _thread_resolved,
    "comments.thread_reopened": _thread_reopened,
    "comments.thread_moved": _thread_moved,
    "comments.thread_restored": _thread_restored,
    "comments.person_forgotten": _person_forgotten,
}
