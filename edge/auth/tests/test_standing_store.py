"""Standings as they come out of the deciders' views in PostgreSQL."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from edge.auth.standing import Right
from edge.auth.standing_store import PostgresStandings
from edge.errors import ApiError
from schemas.ids import new_id
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)


class Tables:
    """Rows put where the deciders put theirs."""

    def __init__(self, owner: asyncpg.Pool) -> None:
        self._owner = owner

    async def board(self, workspace_id: str | None = None, **columns: Any) -> str:
        row = {"hidden": False, "archived_at": None, "trashed_at": None, **columns}
        board_id = new_id()
        await self._owner.execute(
            "insert into board_decider.boards (board_id, workspace_id, title, created_by, hidden, created_at,"
            " archived_at, trashed_at, revision) values ($1, $2, 'A board', $3, $4, now(), $5, $6, 1)",
            board_id, workspace_id or new_id(), new_id(), row["hidden"], row["archived_at"], row["trashed_at"],
        )  # fmt: skip
        return board_id

    async def grant(self, board_id: str, role: str) -> str:
        user_id = new_id()
        await self._owner.execute(
            "insert into board_decider.grants values ($1, $2, $3, now())", board_id, user_id, role
        )
        return user_id

    async def link(self, board_id: str, role: str, **columns: Any) -> str:
        link_id = new_id()
        await self._owner.execute(
            "insert into board_decider.links (link_id, board_id, role, expires_at, revoked_at, created_at)"
            " values ($1, $2, $3, $4, $5, now())",
            link_id, board_id, role, columns.get("expires_at"), columns.get("revoked_at"),
        )  # fmt: skip
        return link_id

    async def visit(self, board_id: str, link_id: str, user_id: str) -> None:
        await self._owner.execute(
            "insert into board_decider.visits values ($1, $2, $3, now())", link_id, board_id, user_id
        )


@pytest.fixture(scope="module")
async def tables(settings: Settings) -> AsyncIterator[Tables]:
    owner = await postgres_pool(settings, None)
    yield Tables(owner)
    await owner.close()


@pytest.fixture(scope="module")
async def store(settings: Settings) -> AsyncIterator[PostgresStandings]:
    pool = await postgres_pool(settings, "doska_edge")
    yield PostgresStandings(pool, time.monotonic)
    await pool.close()


async def test_every_reason_for_a_role_is_found(tables: Tables, store: PostgresStandings) -> None:
    board_id = await tables.board()
    ada = await tables.grant(board_id, "viewer")
    link = await tables.link(board_id, "editor", expires_at=SOON)
    await tables.visit(board_id, link, ada)

    found = await store.read(board_id, [f"user:{ada}", f"link:{link}", f"user:{new_id()}"])

    assert set(found) == {f"user:{ada}", f"link:{link}"}
    assert set(found[f"user:{ada}"].rights) == {Right("viewer", None), Right("editor", SOON.timestamp())}
    assert found[f"link:{link}"].rights == (Right("editor", SOON.timestamp()),)


async def test_revoked_links_and_links_of_other_boards_give_nothing(tables: Tables, store: PostgresStandings) -> None:
    board_id, other = await tables.board(), await tables.board()
    revoked = await tables.link(board_id, "editor", revoked_at=datetime.now(UTC))
    foreign = await tables.link(other, "editor")

    assert await store.read(board_id, [f"link:{revoked}", f"link:{foreign}"]) == {}


async def test_the_boards_state_comes_with_the_role(tables: Tables, store: PostgresStandings) -> None:
    now = datetime.now(UTC)
    for columns, state in (
        ({}, (False, False)),
        ({"archived_at": now}, (True, False)),
        ({"archived_at": now, "trashed_at": now}, (True, True)),
    ):
        board_id = await tables.board(**columns)
        owner = await tables.grant(board_id, "owner")

        (standing,) = (await store.read(board_id, [f"user:{owner}"])).values()

        assert (standing.board.archived, standing.board.trashed) == state


async def test_a_board_that_does_not_exist_gives_nothing(store: PostgresStandings) -> None:
    assert await store.read(new_id(), [f"user:{new_id()}"]) == {}


async def test_many_people_are_read_at_once(tables: Tables, store: PostgresStandings) -> None:
    board_id = await tables.board()
    people = [await tables.grant(board_id, "viewer") for _ in range(30)]

    assert len(await store.read(board_id, [f"user:{person}" for person in people])) == 30


async def test_without_postgres_rights_are_unavailable(settings: Settings) -> None:
    pool = await postgres_pool(settings, "doska_edge")
    await pool.close()

    with pytest.raises(ApiError) as refused:
        await PostgresStandings(pool, time.monotonic).read(new_id(), [f"user:{new_id()}"])

    assert refused.value.code == "unavailable"


async def test_a_read_that_hangs_is_unavailable(
    settings: Settings, tables: Tables, store: PostgresStandings, monkeypatch: pytest.MonkeyPatch
) -> None:
    board_id = await tables.board()
    owner = await postgres_pool(settings, None)

    async with owner.acquire() as holder, holder.transaction():
        await holder.execute("lock table board_decider.boards in access exclusive mode")
        with monkeypatch.context() as hasty:
            hasty.setattr("edge.auth.standing_store.READ_SECONDS", 0.2)
            with pytest.raises(ApiError) as refused:
                await store.read(board_id, [f"user:{new_id()}"])
    await owner.close()

    assert refused.value.code == "unavailable"
    assert await asyncio.wait_for(store.read(board_id, []), 30) == {}
