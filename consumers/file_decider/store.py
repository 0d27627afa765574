"""Reads and writes files, and on which boards they are shown, in PostgreSQL."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from consumers.file_decider.settings import QuotaSettings
from consumers.file_decider.state import Board, File, State
from schemas.envelope import Envelope
from schemas.permissions import highest
from topics.bus.decide_locks import try_lock
from topics.decisions import Fact, sent_at
from topics.errors import Retry

Data = Mapping[str, Any]
# An upload that nobody finished stops taking room this long after its address expired.
GRACE: Final = timedelta(hours=1)

BOARD: Final = """
select board_id::text, workspace_id::text, archived_at is not null as archived, trashed_at is not null as trashed,
       hidden, created_by::text
  from board_decider.boards_v1 where board_id = $1
"""
ROLES: Final = """
select role from board_decider.roles_v1 where board_id = $1 and user_id = $2 and $3::uuid is null
union all
select role from board_decider.link_roles_v1
 where board_id = $1 and link_id = $3 and (expires_at is null or expires_at > $4)
"""
FILE: Final = """
select file_id::text, board_id::text, mime, size, sha256, status from files where file_id = $1 and board_id = $2
"""
USED: Final = """
select coalesce(sum(size), 0)::bigint from files
 where workspace_id = $1 and (status in ('checking', 'ready') or (status = 'requested' and expires_at > $2))
"""
SHAREABLE: Final = """
select f.file_id::text from files f join reach_v1 r using (file_id)
 where r.board_id = $1 and f.file_id = any($2::uuid[]) and f.status = 'ready'
   and not exists(select from reach_v1 here where here.file_id = f.file_id and here.board_id = $3)
"""
REVISION: Final = "select revision from revisions where board_id = $1"
COUNT: Final = """
insert into revisions (board_id, revision) values ($1, $2) on conflict (board_id) do update set revision = excluded.revision
"""


async def load(
    connection: asyncpg.Connection, name: str, data: Data, envelope: Envelope, settings: QuotaSettings
) -> State:
    """What the action may depend on. Raises Retry while another partition counts the same workspace's files."""
    board = await board_of(connection, data["board_id"], envelope)
    revision = await connection.fetchval(REVISION, data["board_id"]) or 0
    if name == "files.share_files":
        rows = await connection.fetch(SHAREABLE, data["source_board_id"], data["file_ids"], data["board_id"])
        return State(
            board,
            revision,
            source=await board_of(connection, data["source_board_id"], envelope),
            shareable=frozenset(row["file_id"] for row in rows),
        )
    row = await connection.fetchrow(FILE, data["file_id"], data["board_id"])
    file = None if row is None else File(**row)
    if name != "files.request_upload":
        return State(board, revision, file)
    return State(
        board,
        revision,
        file,
        used_bytes=await used(connection, board, sent_at(envelope)),
        quota_bytes=settings.quota_bytes,
        upload_seconds=settings.upload_seconds,
    )


async def board_of(connection: asyncpg.Connection, board_id: str, envelope: Envelope) -> Board | None:
    """A board with the actor's role on it; a guest's is that of his link."""
    row = await connection.fetchrow(BOARD, board_id)
    if row is None:
        return None
    roles = await connection.fetch(ROLES, board_id, envelope.actor, envelope.via, sent_at(envelope))
    return Board(**row, role=highest(each["role"] for each in roles))


async def used(connection: asyncpg.Connection, board: Board | None, time: datetime) -> int:
    """The bytes of a workspace's files, counted by nobody else until the transaction ends. Raises Retry.

    The workspace is known only here, where waiting for another transaction could go in a circle: so it is tried.
    """
    if board is None:
        return 0
    if not await try_lock(connection, f"files_of:{board.workspace_id}"):
        raise Retry(after=0.05, detail="the files of the workspace are being counted")
    found: int = await connection.fetchval(USED, board.workspace_id, time - GRACE)
    return found


async def apply(connection: asyncpg.Connection, fact: Fact, state: State, actor: str | None, time: datetime) -> None:
    """Make one fact so, and count it as the board's last."""
    await WRITES[fact.type](connection, fact.data, state, actor, time)
    await connection.execute(COUNT, fact.data["board_id"], fact.data["revision"])


async def _requested(
    connection: asyncpg.Connection, fact: Data, state: State, actor: str | None, time: datetime
) -> None:
    await connection.execute(
        "insert into files (file_id, board_id, workspace_id, name, mime, size, sha256, status, requested_by,"
        " requested_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, 'requested', $8, $9, $10)",
        fact["file_id"],
        fact["board_id"],
        state.board.workspace_id if state.board else None,
        fact["name"],
        fact["mime"],
        fact["size"],
        fact["sha256"],
        actor,
        time,
        datetime.fromisoformat(fact["expires_at"]),
    )


async def _uploaded(connection: asyncpg.Connection, fact: Data, _s: State, _a: str | None, _time: datetime) -> None:
    await connection.execute("update files set status = 'checking' where file_id = $1", fact["file_id"])


async def _ready(connection: asyncpg.Connection, fact: Data, _s: State, _a: str | None, time: datetime) -> None:
    await connection.execute(
        "update files set status = 'ready', width = $2, height = $3, thumbnail = $4, settled_at = $5 where file_id = $1",
        fact["file_id"],
        fact["width"],
        fact["height"],
        fact["thumbnail"],
        time,
    )


async def _rejected(connection: asyncpg.Connection, fact: Data, _s: State, _a: str | None, time: datetime) -> None:
    await connection.execute(
        "update files set status = 'rejected', path = $2, message = $3, settled_at = $4 where file_id = $1",
        fact["file_id"],
        fact["path"],
        fact["message"],
        time,
    )


async def _deleted(connection: asyncpg.Connection, fact: Data, _s: State, _a: str | None, time: datetime) -> None:
    await connection.execute(
        "update files set status = 'deleted', name = '', settled_at = $2 where file_id = $1", fact["file_id"], time
    )
    await connection.execute("delete from shares where file_id = $1", fact["file_id"])


async def _shared(connection: asyncpg.Connection, fact: Data, _s: State, _a: str | None, time: datetime) -> None:
    await connection.execute(
        "insert into shares (board_id, file_id, shared_at) select $1, file_id, $3 from unnest($2::uuid[]) as file_id"
        " on conflict do nothing",
        fact["board_id"],
        fact["file_ids"],
        time,
    )


Write = Callable[[asyncpg.Connection, Data, State, str | None, datetime], Awaitable[None]]
WRITES: Final[Mapping[str, Write]] = {
    "files.file_requested": _requested,
    "files.file_uploaded": _uploaded,
    "files.file_ready": _ready,
    "files.file_rejected": _rejected,
    "files.file_deleted": _deleted,
    "files.files_shared": _shared,
}
