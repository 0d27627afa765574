"""Who was active where, in PostgreSQL: minutes of people, what they come to, and checkpoints, moved together."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import asyncpg

from consumers.board_activity import statements as sql
from consumers.board_activity.handler import Cell, Saying, cells
from topics.bus.checkpoint_table import CheckpointTable, Reached
from topics.runtime.away import postgres_or_retry

# A person in a minute of a scope, which is a board or a workspace.
Touched: TypeAlias = tuple[str, datetime, str]
Seen: TypeAlias = tuple[int, frozenset[int]]

PURGE_EVERY = timedelta(hours=1)
# boards.ops keeps a week: nothing of an erased person can come after this.
ERASED_KEPT = timedelta(days=8)
PURGE_SCOPES = 50


class ActivityStore:
    """The tables of this consumer.

    Args:
        pool: connections as this consumer's role.
        kept: how long minutes are kept person by person.
        now: the clock by which they grow old.
    """

    def __init__(
        self, pool: asyncpg.Pool, kept: timedelta, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.checkpoints = CheckpointTable(pool, "board_activity")
        self._pool = pool
        self._kept = kept
        self._now = now
        self._purged_at = datetime.min.replace(tzinfo=UTC)

    async def write(self, said: Sequence[tuple[int, Saying]], ends: Reached) -> None:
        """Add what was said of minutes, count anew what that touches, move the checkpoints: one transaction.

        Args:
            said: starts of minutes in Unix milliseconds, and sayings of them, in any order; any may be known already.
            ends: by topic and partition, its generation and the next offset to read.

        Raises:
            Retry: PostgreSQL is not there; nothing was written.
        """
        with postgres_or_retry():
            async with self._pool.acquire() as connection:
                async with connection.transaction():
                    await _add(connection, said)
                    await self.checkpoints.move(connection, ends)
                if self._now() - self._purged_at >= PURGE_EVERY:
                    self._purged_at = self._now()
                    await self._purge(connection)

    async def _purge(self, connection: asyncpg.Connection) -> None:
        """Let old minutes go into their hours, some scopes at a time, each in a transaction of its own."""
        before = (self._now() - self._kept).replace(minute=0, second=0, microsecond=0)
        for _ in range(PURGE_SCOPES):
            scope = await connection.fetchval(sql.OLD_SCOPE, before)
            if scope is None:
                break
            async with connection.transaction():
                await connection.execute(sql.LOCK, [scope])
                await connection.execute(sql.SEAL, scope, before)
                await connection.execute(sql.DROP_MINUTES, scope, before)
        await connection.execute(sql.FORGET_ERASED, self._now() - ERASED_KEPT)


async def _add(connection: asyncpg.Connection, said: Sequence[tuple[int, Saying]]) -> None:
    seen = _gathered(said)
    erased = sorted({user_id for _, saying in said for user_id in saying.get("erased", ())})
    homes = {board: home for _, saying in said for board, home in saying.get("homes", {}).items()}
    if erased:
        await connection.execute(sql.LOCK, erased)
        await connection.execute(sql.ERASE, erased)
        await connection.execute(sql.RENAME_MINUTES, erased)
        await connection.execute(sql.RENAME_SPANS, erased)
    people = sorted({cell.user_id for cell in seen} - set(erased))
    if people:
        await connection.execute(sql.LOCK_SHARED, people)
    aliases = {row["user_id"]: row["alias"] for row in await connection.fetch(sql.ALIASES, [*people, *erased])}
    boards = sorted({cell.board_id for cell in seen} | homes.keys())
    if not boards:
        return
    await connection.execute(sql.LOCK, boards)
    late = await _settle_homes(connection, homes)
    touched = {_touched(row) for row in await connection.fetch(sql.ADD_MINUTES, *_minutes(seen, aliases))}
    lives = {row["board_id"]: row["workspace_id"] for row in await connection.fetch(sql.HOMES, boards)}
    above = {(lives[board], start, user) for board, start, user in touched | late if board in lives}
    if above:
        await connection.execute(sql.LOCK, sorted({workspace for workspace, _, _ in above}))
        await connection.execute(sql.ADD_UP, *_columns(above))
    await _count(connection, touched | above)


async def _settle_homes(connection: asyncpg.Connection, homes: Mapping[str, str]) -> set[Touched]:
    """Note where boards are; what is known of those that are new already is to be added to their workspaces."""
    if not homes:
        return set()
    new = [row["board_id"] for row in await connection.fetch(sql.ADD_HOMES, list(homes), list(homes.values()))]
    return {_touched(row) for row in await connection.fetch(sql.MINUTES_OF, new)} if new else set()


async def _count(connection: asyncpg.Connection, touched: set[Touched]) -> None:
    """Count anew what stands on these minutes."""
    if not touched:
        return
    # Beginnings may move in minutes that nobody touched, and so in hours and days after.
    every = touched | {_touched(row) for row in await connection.fetch(sql.BEGIN_SESSIONS, *_columns(touched))}
    for statement, of in ((sql.COUNT_HOURS, _hour), (sql.COUNT_DAYS, _day)):
        await connection.execute(statement, *_columns({(scope, of(start), user) for scope, start, user in every}))
    for statement, of in ((sql.TOTAL_MINUTES, _minute), (sql.TOTAL_HOURS, _hour), (sql.TOTAL_DAYS, _day)):
        await connection.execute(statement, *_columns({(scope, of(start)) for scope, start, _ in every}))


def _gathered(said: Iterable[tuple[int, Saying]]) -> dict[Cell, Seen]:
    found: dict[Cell, Seen] = {}
    for minute_ms, saying in said:
        for cell, slices, ops in cells(minute_ms, saying):
            held = found.get(cell, (0, frozenset()))
            found[cell] = held[0] | slices, held[1] | frozenset(ops)
    return found


def _minutes(seen: Mapping[Cell, Seen], aliases: Mapping[str, str]) -> tuple[list[Any], ...]:
    """The columns of `ADD_MINUTES`: sorted, each person in a minute once, under the name that they have now."""
    rows = [
        (
            cell.board_id,
            datetime.fromtimestamp(cell.minute_ms / 1000, UTC),
            aliases.get(cell.user_id, cell.user_id),
            slices,
            "{" + ",".join(map(str, sorted(ops))) + "}",
        )
        for cell, (slices, ops) in seen.items()
    ]
    return _columns(rows) if rows else ([], [], [], [], [])


def _columns(rows: Collection[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    return tuple(map(list, zip(*sorted(rows), strict=True)))


def _touched(row: Any) -> Touched:
    return row["scope"], row["start"], row["user_id"]


def _minute(start: datetime) -> datetime:
    return start


def _hour(start: datetime) -> datetime:
    return start.astimezone(UTC).replace(minute=0)


def _day(start: datetime) -> datetime:
    return start.astimezone(UTC).replace(hour=0, minute=0)
