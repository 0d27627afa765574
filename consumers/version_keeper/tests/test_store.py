"""The table of boards that changed, on a real PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from consumers.version_keeper.handler import Change
from consumers.version_keeper.store import KeeperStore
from schemas.ids import new_id
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REST, WORK = 10 * MINUTE, 60 * MINUTE


@pytest.fixture
async def store(separate_tables: Settings) -> AsyncIterator[KeeperStore]:
    pool = await postgres_pool(separate_tables, "doska_version_keeper", max_size=2)
    await pool.execute("delete from version_keeper.changes")
    yield KeeperStore(pool)
    await pool.close()


async def test_a_board_is_due_once_after_it_came_to_rest(store: KeeperStore) -> None:
    board_id = new_id()
    await store.note({board_id: NOW}, NOW)
    await store.note({board_id: NOW + MINUTE}, NOW + MINUTE)
    await store.note({board_id: NOW}, NOW + 9 * MINUTE)  # read again: nothing new

    early = await store.due(NOW + 10 * MINUTE, REST, WORK)
    due = await store.due(NOW + 11 * MINUTE, REST, WORK)
    await store.asked(due[0])

    assert early == []
    assert due == [Change(board_id, NOW + MINUTE, NOW, NOW + MINUTE)]
    assert await store.due(NOW + 99 * MINUTE, REST, WORK) == []


async def test_a_board_at_work_is_due_every_hour_and_what_came_meanwhile_waits_for_the_next(store: KeeperStore) -> None:
    board_id = new_id()
    for minute in range(0, 61, 5):
        await store.note({board_id: NOW + minute * MINUTE}, NOW + minute * MINUTE)
    [change] = await store.due(NOW + 60 * MINUTE, REST, WORK)
    await store.note({board_id: NOW + 61 * MINUTE}, NOW + 61 * MINUTE)

    await store.asked(change)

    assert await store.due(NOW + 70 * MINUTE, REST, WORK) == []
    assert [each.board_id for each in await store.due(NOW + 71 * MINUTE, REST, WORK)] == [board_id]
