"""Chains and checkpoints in a real PostgreSQL."""

import asyncio
import dataclasses
import random

import asyncpg
import pytest

from consumers.audit_log import reading
from consumers.audit_log.handler import Entry, Head, Row
from consumers.audit_log.store import AuditStore
from consumers.audit_log.tests.facts import board_created, board_renamed, joined, logged_in
from consumers.audit_log.verification import walk
from schemas.ids import new_id
from topics.errors import Halt, Reject

pytestmark = pytest.mark.integration


async def rows_of(pool: asyncpg.Pool, chain: str) -> list[Row]:
    async with pool.acquire() as connection, connection.transaction():
        return [row async for row in reading.rows_from(connection, chain, 1)]


async def facts_of(pool: asyncpg.Pool, chain: str) -> list[str]:
    """The facts in a chain that is good."""
    async with pool.acquire() as connection, connection.transaction():
        heads = await reading.heads(connection)
        found = await walk(chain, lambda seq: reading.rows_from(connection, chain, seq), heads.get(chain))
        assert isinstance(found, Head), found
    return [row.entry.fact_id for row in await rows_of(pool, chain)]


def ids(entries: list[Entry]) -> list[str]:
    return [entry.fact_id for entry in entries]


async def test_what_is_read_back_is_what_was_told(pool: asyncpg.Pool) -> None:
    workspace = new_id()
    told = [joined(workspace, actor=new_id(), session=new_id(), via=new_id()), joined(workspace, 0.123)]

    await AuditStore(pool).write(told, {})

    assert [row.entry for row in await rows_of(pool, workspace)] == told


async def test_a_fact_stands_once_however_often_and_with_whomever_it_comes(pool: asyncpg.Pool) -> None:
    workspace, other, chance = new_id(), new_id(), random.Random(3)
    told = [joined(chance.choice([workspace, other]), n) for n in range(40)]
    store = AuditStore(pool)

    for start in (0, 10, 5, 20, 0, 39):
        await store.write([*told[start : start + 20], *told[start : start + 3]], {})

    for chain in (workspace, other):
        assert await facts_of(pool, chain) == [entry.fact_id for entry in told if entry.subject == chain]


async def test_another_fact_under_a_known_id_is_refused_and_not_lost_without_a_word(pool: asyncpg.Pool) -> None:
    workspace, store = new_id(), AuditStore(pool)
    known = joined(workspace)
    other = dataclasses.replace(board_created(workspace, new_id()), fact_id=known.fact_id)
    await store.write([known], {})

    with pytest.raises(Reject, match="is that of a workspaces"):
        await store.write([other], {})
    with pytest.raises(Reject):
        await store.write([dataclasses.replace(known, fact_id=new_id()), *[joined(workspace)] * 2, known, other], {})

    assert await facts_of(pool, workspace) == [known.fact_id]


async def test_a_board_s_facts_go_to_the_workspace_it_was_made_in(pool: asyncpg.Pool) -> None:
    workspace, board, store = new_id(), new_id(), AuditStore(pool)
    told = [board_created(workspace, board), board_renamed(board), board_renamed(board)]

    await store.write(told[:2], {})
    await store.write(told[2:], {})

    assert await facts_of(pool, workspace) == ids(told)


async def test_a_login_is_in_no_workspace(pool: asyncpg.Pool) -> None:
    user_id = new_id()
    entry = logged_in(user_id)

    await AuditStore(pool).write([entry], {})

    async with pool.acquire() as connection:
        assert (await reading.of_facts(connection, [entry.fact_id]))[entry.fact_id].chain == "instance"


async def test_many_writers_make_one_chain_each(pool: asyncpg.Pool) -> None:
    chains = [new_id() for _ in range(3)]
    told = [joined(random.choice(chains), n) for n in range(120)]
    store = AuditStore(pool)

    async with asyncio.timeout(30):
        await asyncio.gather(*(store.write(told[n : n + 30], {}) for n in range(0, 120, 10)))

    found = [fact for chain in chains for fact in await facts_of(pool, chain)]
    assert sorted(found) == sorted(ids(told))


async def test_a_failure_half_way_leaves_neither_entries_nor_heads_nor_checkpoint(pool: asyncpg.Pool) -> None:
    workspace, store = new_id(), AuditStore(pool)
    await store.write([joined(workspace)], {})
    before = await facts_of(pool, workspace)

    with pytest.raises(asyncpg.DataError):
        await store.write([joined(workspace)], {("test.half", 0): ("test", "not an offset")})

    assert await facts_of(pool, workspace) == before
    assert await store.checkpoints.load("test.half", 0, "test") is None


async def test_the_checkpoint_moves_with_the_entries_and_never_back(pool: asyncpg.Pool) -> None:
    store, topic = AuditStore(pool), f"test.{new_id()}"

    await store.write([joined(new_id())], {(topic, 1): ("test", 10)})
    await store.write([], {(topic, 1): ("test", 7)})

    assert await store.checkpoints.load(topic, 1, "test") == 10
    assert await store.checkpoints.load(topic, 2, "test") is None
    with pytest.raises(Halt, match="made anew"):
        await store.checkpoints.load(topic, 1, "another life")


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_log.entries set actor = null",
        "delete from audit_log.entries",
        "truncate audit_log.entries",
        "delete from audit_log.chains",
        "truncate audit_log.chains",
        "update audit_log.boards set workspace_id = board_id",
        "delete from audit_log.boards",
    ],
)
@pytest.mark.parametrize("role", ["doska_audit_log", "doska_edge", "doska_board_decider"])
async def test_no_role_of_ours_may_change_or_remove_what_is_written(
    superuser: asyncpg.Connection, pool: asyncpg.Pool, role: str, statement: str
) -> None:
    await AuditStore(pool).write([joined(new_id())], {})
    await superuser.execute(f"set role {role}")

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await superuser.execute(statement)


@pytest.mark.parametrize(
    "statement",
    ["update audit_log.entries set actor = null", "delete from audit_log.entries", "truncate audit_log.entries"],
)
async def test_nor_may_the_owner_of_the_database_by_accident(
    superuser: asyncpg.Connection, pool: asyncpg.Pool, statement: str
) -> None:
    await AuditStore(pool).write([joined(new_id())], {})
    await superuser.execute("set session_replication_role = origin")

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await superuser.execute(statement)


async def test_only_the_edge_may_read_it_beside_its_own_role(superuser: asyncpg.Connection, pool: asyncpg.Pool) -> None:
    await superuser.execute("set role doska_edge")
    assert await superuser.fetchval("select count(*) from audit_log.entries_v1") is not None

    await superuser.execute("set role doska_board_store")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await superuser.fetchval("select count(*) from audit_log.entries_v1")
