"""The tables on a real PostgreSQL: whatever order things are said in, they come to what a slow count says."""

import random
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from consumers.board_activity.handler import MINUTE_MS, Saying, sayings
from consumers.board_activity.store import ActivityStore
from consumers.board_activity.tests import histories
from consumers.board_activity.tests.histories import BEGINNING, EVENING, HOUR, Event, Key, Numbers, Told
from schemas.ids import new_id
from topics.errors import Halt
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

KEPT = timedelta(days=90)
NOW = EVENING + timedelta(hours=15)


@pytest.fixture
async def pool(separate_tables: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await postgres_pool(separate_tables, "doska_board_activity")
    yield pool
    await pool.close()


@pytest.fixture
def store(pool: asyncpg.Pool) -> ActivityStore:
    return ActivityStore(pool, KEPT, lambda: NOW)


def said(told: Iterable[Told]) -> list[tuple[int, Saying]]:
    return [
        (at // MINUTE_MS * MINUTE_MS, saying)
        for each in told
        for at, saying in sayings(each.envelope.type, each.envelope, each.data)
    ]


async def write(store: ActivityStore, told: list[Told], chance: random.Random) -> None:
    """In parts of any size, as checkpoints would bring it."""
    rest = said(told)
    while rest:
        size = chance.randint(1, 60)
        await store.write(rest[:size], {})
        rest = rest[size:]


async def numbers(pool: asyncpg.Pool, scopes: Iterable[str]) -> dict[Key, Numbers]:
    found = await pool.fetch(
        "select scope::text, by, start, people, ops, sessions, peak from board_activity.windows where scope = any($1::uuid[])",
        list(scopes),
    )
    return {
        (row["scope"], row["by"], int(row["start"].timestamp() * 1000)): (
            row["people"],
            row["ops"],
            row["sessions"],
            row["peak"],
        )
        for row in found
    }


async def people(pool: asyncpg.Pool, scope: str) -> dict[str, Any]:
    found = await pool.fetch(
        "select user_id::text, sum(ops)::int as ops from board_activity.spans where scope = $1 and by = 'day' group by 1",
        scope,
    )
    return {row["user_id"]: row["ops"] for row in found}


@pytest.mark.parametrize("seed", range(3))
async def test_a_random_history_with_late_records_comes_to_what_a_slow_count_says(
    store: ActivityStore, pool: asyncpg.Pool, seed: int
) -> None:
    chance = random.Random(seed)
    found = histories.history(chance, 400)
    expected = histories.brute_force(found.events, found.homes)

    await write(store, found.told, chance)
    assert await numbers(pool, {scope for scope, _, _ in expected}) == expected

    # All of it again, in another order: nothing changes.
    again = [*found.told]
    chance.shuffle(again)
    await write(store, again, chance)
    assert await numbers(pool, {scope for scope, _, _ in expected}) == expected


async def test_people_are_counted_one_by_one(store: ActivityStore, pool: asyncpg.Pool) -> None:
    chance = random.Random(11)
    found = histories.history(chance, 100)
    await write(store, found.told, chance)

    workspace = found.homes[found.events[0].board_id]
    events = [event for event in found.events if found.homes[event.board_id] == workspace]
    assert await people(pool, workspace) == {
        user: len({event.op_id for event in events if event.user_id == user and event.op_id})
        for user in {event.user_id for event in events}
    }


async def test_somebody_who_came_between_two_sessions_makes_them_one(store: ActivityStore, pool: asyncpg.Pool) -> None:
    board, user, minute = new_id(), new_id(), BEGINNING
    day = minute // histories.DAY * histories.DAY
    await store.write(said([histories.moved(board, [user], minute)]), {})
    await store.write(said([histories.moved(board, [user], minute + 40 * MINUTE_MS)]), {})
    assert (await numbers(pool, [board]))[board, "day", day] == (1, 0, 2, 1)

    await store.write(said([histories.moved(board, [user], minute + 20 * MINUTE_MS)]), {})

    found = await numbers(pool, [board])
    assert found[board, "day", day] == (1, 0, 1, 1)
    # The second beginning was in the next hour, which nobody touched.
    assert found[board, "hour", (minute + 40 * MINUTE_MS) // HOUR * HOUR] == (1, 0, 0, 1)


async def test_a_person_who_was_erased_stays_in_the_numbers_as_somebody_unknown(
    store: ActivityStore, pool: asyncpg.Pool
) -> None:
    chance = random.Random(12)
    found = histories.history(chance, 120)
    user = found.events[-1].user_id
    late = [Event(found.events[0].board_id, user, BEGINNING + HOUR, new_id())]
    expected = histories.brute_force([*found.events, *late], found.homes)
    await write(store, found.told, chance)

    await store.write(said([histories.erased(user, BEGINNING)]), {})
    await store.write(said([histories.ops_record(late)]), {})
    await store.write(said([histories.erased(user, BEGINNING), histories.ops_record(late)]), {})

    assert await numbers(pool, {scope for scope, _, _ in expected}) == expected
    for table in ("minutes", "spans"):
        assert not await pool.fetchval(f"select count(*) from board_activity.{table} where user_id = $1", user)


async def test_minutes_that_are_not_kept_stay_in_their_hours(pool: asyncpg.Pool) -> None:
    chance = random.Random(13)
    found = histories.history(chance, 150)
    now = NOW
    store = ActivityStore(pool, KEPT, lambda: now)
    await write(store, found.told, chance)
    expected = histories.brute_force(found.events, found.homes)
    scopes = {scope for scope, _, _ in expected}

    now = NOW + KEPT + timedelta(days=10)
    await store.write([], {})

    assert not await pool.fetchval("select count(*) from board_activity.minutes where scope = any($1::uuid[])", scopes)
    longer = {key: value for key, value in expected.items() if key[1] != "minute"}
    assert await numbers(pool, scopes) == longer

    # Somebody's laptop was closed for a quarter of a year: his op joins what is known of that hour.
    last = max(found.events, key=lambda event: event.at_ms)
    op = Event(last.board_id, last.user_id, last.at_ms, new_id())
    await store.write(said([histories.ops_record([op])]), {})
    hour = (last.board_id, "hour", op.at_ms // HOUR * HOUR)
    assert (await numbers(pool, scopes))[hour][:2] == (longer[hour][0], longer[hour][1] + 1)


async def test_the_checkpoint_moves_with_what_is_written_and_never_back(store: ActivityStore) -> None:
    topic = f"test.{new_id()}"
    assert await store.checkpoints.load(topic, 0, "one") is None

    await store.write([], {(topic, 0): ("one", 7)})
    await store.write([], {(topic, 0): ("one", 5)})

    assert await store.checkpoints.load(topic, 0, "one") == 7
    with pytest.raises(Halt, match="made anew"):
        await store.checkpoints.load(topic, 0, "two")


async def test_several_writers_at_once_come_to_the_same(pool: asyncpg.Pool) -> None:
    import asyncio

    chance = random.Random(14)
    found = histories.history(chance, 200)
    expected = histories.brute_force(found.events, found.homes)
    parts = [found.told[number::4] for number in range(4)]

    await asyncio.gather(*(write(ActivityStore(pool, KEPT, lambda: NOW), part, random.Random(1)) for part in parts))

    assert await numbers(pool, {scope for scope, _, _ in expected}) == expected
