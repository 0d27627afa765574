"""Elements and checkpoints in a real PostgreSQL."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.board_store.handler import Place
from consumers.board_store.store import BoardStore
from schemas.boards.append import APPEND, DRAW, changes, fold_ops
from schemas.boards.merge import wins
from schemas.boards.tests.strokes import Log, append, logs, stroke
from topics.errors import Halt

pytestmark = pytest.mark.integration

BOARDS = ("01980c5e-0005-7a10-8f2e-3c4d5e6f7081", "01980c5e-0006-7a10-8f2e-3c4d5e6f7081")
Ops = Sequence[tuple[str, dict[str, Any]]]

operations = st.lists(
    st.tuples(
        st.sampled_from(BOARDS),
        st.fixed_dictionaries(
            {
                "id": st.sampled_from(["a", "b", "c"]),
                "version": st.integers(0, 4),
                "versionNonce": st.integers(0, 2),
                "isDeleted": st.booleans(),
                "index": st.sampled_from(["a0", "a1", "Zz"]),
                "type": st.just("rectangle"),
                "x": st.integers(0, 1000),
            }
        ),
    ),
    max_size=30,
)


def records(ops: Ops, first: int = 0) -> list[tuple[Place, str, Any]]:
    return [
        (Place("test", 0, first + n + 1), board, {"ops": [{"data": {"board_id": board, "elements": [drawn]}}]})
        for n, (board, drawn) in enumerate(ops)
    ]


def folded(ops: Ops) -> dict[tuple[str, str], tuple[dict[str, Any], int]]:
    """Last writer wins, one op after the other: the rule itself, with the place of the winner."""
    held: dict[tuple[str, str], tuple[dict[str, Any], int]] = {}
    for n, (board, drawn) in enumerate(ops):
        key = (board, drawn["id"])
        if key not in held or wins(drawn, held[key][0]):
            held[key] = (drawn, n + 1)
    return held


async def stored(pool: asyncpg.Pool) -> dict[tuple[str, str], tuple[dict[str, Any], int]]:
    found = await pool.fetch("select * from board_store.elements_v1")
    for row in found:
        body = orjson.loads(row["body"])
        assert (row["id"], row["version"], row["nonce"], row["deleted"], row["ordering"]) == (
            body["id"],
            body["version"],
            body["versionNonce"],
            body["isDeleted"],
            body["index"],
        )
    return {(str(row["board_id"]), row["id"]): (orjson.loads(row["body"]), row["next_offset"]) for row in found}


async def empty(pool: asyncpg.Pool) -> None:
    """As before the first op: hypothesis does not run the fixture again for each example."""
    await pool.execute("delete from board_store.elements")
    await pool.execute("delete from board_store.checkpoints where generation = 'test'")


def stroke_records(log: Log, sizes: Sequence[int]) -> list[tuple[Place, str, Any]]:
    """The ops in records of these sizes, then one by one."""
    found: list[tuple[Place, str, Any]] = []
    rest = list(log)
    for size in [*sizes, *[1] * len(log)]:
        taken, rest = rest[:size], rest[size:]
        if taken:
            ops = [
                {"data": {"board_id": BOARDS[0], **data}} | ({} if type_ == DRAW else {"type": type_})
                for type_, data in taken
            ]
            found.append((Place("test", 0, 10 * len(found) + 1), BOARDS[0], {"ops": ops}))
    return found


def stroke_places(recorded: Sequence[tuple[Place, str, Any]]) -> dict[tuple[str, str], tuple[dict[str, Any], int]]:
    """One op after the other, each element with the place of the record that changed it last."""
    state: dict[str, Any] = {}
    places: dict[tuple[str, str], tuple[dict[str, Any], int]] = {}
    for place, board, data in recorded:
        for op in data["ops"]:
            for element in changes((op.get("type", DRAW), op["data"]), state):
                state[element["id"]] = element
                places[board, element["id"]] = (dict(element), place.next)
    return places


async def write(store: BoardStore, part: Sequence[tuple[Place, str, Any]]) -> None:
    following = max((place.next for place, _, _ in part), default=0)
    await store.write(part, {("test.ops", 0): ("test", following)})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ops=operations, cuts=st.lists(st.integers(0, 30)), again=st.randoms(use_true_random=False))
async def test_any_batching_and_any_repetition_comes_to_the_same_as_one_op_after_the_other(
    pool: asyncpg.Pool, ops: Ops, cuts: list[int], again: random.Random
) -> None:
    await empty(pool)
    store = BoardStore(pool)
    log = records(ops)
    edges = sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})

    done = 0
    for end in edges[1:]:
        # A crash before the checkpoint was seen: reading starts somewhere before.
        start = again.randint(0, done)
        await write(store, log[start:end])
        done = end
    if log:
        await write(store, log[: again.randint(0, len(log))])

    assert await stored(pool) == folded(ops)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    log=logs,
    sizes=st.lists(st.integers(1, 4), max_size=5),
    cuts=st.lists(st.integers(0, 14)),
    again=st.randoms(use_true_random=False),
)
async def test_strokes_come_to_what_the_log_says_in_any_batches_read_again_from_anywhere_by_two_owners(
    pool: asyncpg.Pool, log: Log, sizes: list[int], cuts: list[int], again: random.Random
) -> None:
    await empty(pool)
    recorded = stroke_records(log, sizes)
    edges = sorted({0, len(recorded), *(cut for cut in cuts if cut < len(recorded))})
    owner, former = BoardStore(pool), BoardStore(pool)

    done = 0
    for end in edges[1:]:
        # A crash before the checkpoint was seen; and a former owner that was paused, with what it had read then.
        start = again.randint(0, done)
        late = again.randint(0, done)
        further = again.randint(late, len(recorded))
        await asyncio.gather(write(owner, recorded[start:end]), write(former, recorded[late:further]))
        done = end
    await write(owner, recorded)

    assert await stored(pool) == stroke_places(recorded)
    assert {id_: body for (_, id_), (body, _) in (await stored(pool)).items()} == fold_ops(log)


async def test_an_append_before_its_base_is_not_made_up_for_when_the_record_is_read_again(pool: asyncpg.Pool) -> None:
    await empty(pool)
    recorded = stroke_records([(APPEND, append("a", (1, 0), 2, 0)), (DRAW, {"elements": [stroke("a", 1, 0)]})], [2])

    for _ in range(2):
        await write(BoardStore(pool), recorded)

    [(body, _)] = (await stored(pool)).values()
    assert body == stroke("a", 1, 0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ops=operations, shuffle=st.randoms(use_true_random=False))
async def test_the_elements_do_not_depend_on_the_order_of_different_ops(
    pool: asyncpg.Pool, ops: Ops, shuffle: random.Random
) -> None:
    await empty(pool)
    # Different ops of an element differ in version or nonce; only a repeated one has both the same.
    distinct = list({(board, op["id"], op["version"], op["versionNonce"]): (board, op) for board, op in ops}.values())
    shuffled = list(distinct)
    shuffle.shuffle(shuffled)

    for each in records(shuffled):
        await write(BoardStore(pool), [each])

    assert {key: body for key, (body, _) in (await stored(pool)).items()} == {
        key: body for key, (body, _) in folded(distinct).items()
    }


async def test_the_checkpoint_moves_with_the_elements_and_never_back(pool: asyncpg.Pool) -> None:
    store = BoardStore(pool)

    await store.write([], {("test.ops", 1): ("test", 10), ("test.ops", 2): ("test", 4)})
    await store.write([], {("test.ops", 1): ("test", 7)})

    assert await store.checkpoints.load("test.ops", 1, "test") == 10
    assert await store.checkpoints.load("test.ops", 2, "test") == 4
    assert await store.checkpoints.load("test.ops", 3, "test") is None
    assert await pool.fetchval("select next from board_store.checkpoints_v1 where topic = 'test.ops' and partition = 1")


async def test_a_checkpoint_of_another_generation_halts(pool: asyncpg.Pool) -> None:
    store = BoardStore(pool)
    await store.write([], {("test.ops", 1): ("test old", 10)})

    with pytest.raises(Halt, match="made anew"):
        await store.checkpoints.load("test.ops", 1, "test new")


async def test_a_failure_half_way_leaves_neither_elements_nor_checkpoint(pool: asyncpg.Pool) -> None:
    store = BoardStore(pool)
    good, bad = records([(BOARDS[0], _element("a", 1)), ("not a uuid", _element("b", 1))])

    with pytest.raises(asyncpg.DataError):
        await store.write([good, bad], {("test.ops", 9): ("test", 10)})

    assert await stored(pool) == {}
    assert await store.checkpoints.load("test.ops", 9, "test") is None


async def test_two_writers_of_the_same_elements_do_not_block_each_other_for_ever(pool: asyncpg.Pool) -> None:
    store = BoardStore(pool)
    one = records([(BOARDS[0], _element(f"{n}", 1)) for n in range(200)])
    two = records([(BOARDS[0], _element(f"{n}", 2)) for n in reversed(range(200))])

    async with asyncio.timeout(30):
        for _ in range(10):
            await asyncio.gather(store.write(one, {}), store.write(two, {}))

    assert {body["version"] for body, _ in (await stored(pool)).values()} == {2}


async def test_elements_are_ordered_by_code_points_whatever_the_database_speaks(pool: asyncpg.Pool) -> None:
    store = BoardStore(pool)
    drawn = [
        _element(id_, 1, index) for id_, index in [("1", "a1"), ("2", "Zz"), ("3", "a0"), ("4", "a0V"), ("0", "a1")]
    ]
    await store.write(records([(BOARDS[0], each) for each in drawn]), {})

    found = await pool.fetch("select id from board_store.elements_v1 order by ordering, id")

    assert [row["id"] for row in found] == ["2", "3", "4", "0", "1"]


async def test_only_its_own_role_may_write(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("reset role")
        await connection.execute("set local role doska_edge")
        assert await connection.fetchval("select count(*) from board_store.elements_v1") is not None

        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("delete from board_store.elements")


def _element(id_: str, version: int, index: str = "a0") -> dict[str, Any]:
    return {"id": id_, "type": "text", "version": version, "versionNonce": 0, "isDeleted": False, "index": index}
