"""A projection rebuilt beside the live one, on real parts of its own: equal tables, and not an edit less."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import orjson
import pytest

from compose.embedded.stack import Stack
from consumers import discovery
from jobs.rebuilding import rebuild, rebuildable
from jobs.replay import keeps_its_place
from schemas.boards.merge import fold
from schemas.envelope import Envelope, to_headers
from schemas.ids import new_id
from tests.stack import prepare, settings_from
from topics.bus.context import open_context
from topics.bus.publish import Publisher
from topics.errors import Misconfigured
from topics.runtime.health import Health
from topics.runtime.service import Service
from topics.runtime.settings import Settings
from topics.runtime.supervisor import supervise

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

TIME = "2026-05-04T10:11:12.345Z"
LIMIT_SECONDS = 60
Drawn = list[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
async def settings(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Settings]:
    parts = Stack(tmp_path_factory.mktemp("rebuild"), ports="free", parts=("kafka", "postgres", "valkey"))
    await parts.start()
    try:
        yield settings_from(await prepare(parts.environment(), tmp_path_factory.mktemp("data")), Settings)
    finally:
        await parts.stop()


@pytest.fixture
async def owner(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(settings.postgres_dsn)
    yield connection
    await connection.close()


@asynccontextmanager
async def live(settings: Settings) -> AsyncIterator[None]:
    """board_store at work, as `doska run consumer board_store` has it."""
    health, stopping = Health(), asyncio.Event()

    async def build(stack: AsyncExitStack) -> Service:
        context = await open_context(discovery.manifest("board_store"), settings, health, stack)
        return await discovery.builder("board_store")(context)

    task = asyncio.create_task(supervise("board_store", build, stopping, health))
    try:
        yield
        assert not health.not_ready()
    finally:
        stopping.set()
        await task


def edits(chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    boards = [new_id() for _ in range(4)]
    number = 0
    while True:
        number += 1
        yield (
            chance.choice(boards),
            {
                "id": f"e{chance.randrange(40)}",
                "type": "rectangle",
                "version": chance.randint(0, 200),
                "versionNonce": chance.randint(0, 3),
                "isDeleted": chance.random() < 0.1,
                "index": "a0",
                "x": number,
            },
        )


async def draw(publisher: Publisher, edit: tuple[str, dict[str, Any]]) -> None:
    board_id, element = edit
    this = new_id()
    envelope = Envelope(
        id=this,
        type="boards.ops_record",
        source="tests",
        time=TIME,
        subject=board_id,
        dataschema="boards.ops_record/1",
        correlationid=this,
    )
    op = {"id": this, "actor": new_id(), "connection": None, "client_id": None, "time": TIME}
    data = {"ops": [{**op, "data": {"board_id": board_id, "elements": [element]}}]}
    await (await publisher.send("boards.ops", board_id.encode(), orjson.dumps(data), to_headers(envelope)))


async def tables(owner: asyncpg.Connection) -> dict[str, list[asyncpg.Record]]:
    return {
        name: await owner.fetch(f"select * from board_store.{name} order by 1, 2")
        for name in ("elements", "checkpoints")
    }


def expected(drawn: Drawn) -> dict[tuple[str, str], dict[str, Any]]:
    boards = {board for board, _ in drawn}
    return {
        (board, id_): body
        for board in boards
        for id_, body in fold([element for at, element in drawn if at == board]).items()
    }


async def stored(owner: asyncpg.Connection) -> dict[tuple[str, str], dict[str, Any]]:
    rows = await owner.fetch("select board_id::text, id, body from board_store.elements")
    return {(row["board_id"], row["id"]): orjson.loads(row["body"]) for row in rows}


async def until_stored(owner: asyncpg.Connection, wanted: Callable[[], dict[tuple[str, str], dict[str, Any]]]) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while await stored(owner) != wanted():  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.1)


async def until_read(owner: asyncpg.Connection, records: int) -> None:
    """Wait until the checkpoints contain all of it: the last edits may be ones that change no table."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while await owner.fetchval("select sum(next) from board_store.checkpoints") != records:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.1)


async def test_tables_that_were_damaged_are_rebuilt_while_people_draw(
    settings: Settings, owner: asyncpg.Connection
) -> None:
    drawn: Drawn = []
    chance = random.Random(7)
    more = edits(chance)
    async with Publisher(settings, "tests") as publisher, live(settings):
        for _ in range(300):
            drawn.append(next(more))
            await draw(publisher, drawn[-1])
        await until_stored(owner, lambda: expected(drawn))
        await owner.execute("delete from board_store.elements where id like 'e1%'")
        await owner.execute("""update board_store.elements set body = '{"id":"e2"}' where id = 'e2'""")
        assert await stored(owner) != expected(drawn)
        done = asyncio.Event()

        async def go_on() -> None:
            while not done.is_set():
                drawn.append(next(more))
                await draw(publisher, drawn[-1])

        drawing = asyncio.create_task(go_on())
        rows = await rebuild(settings, "board_store", print)
        done.set()
        await drawing

        assert len(drawn) > 300, "nobody drew meanwhile: this would prove less"
        await until_stored(owner, lambda: expected(drawn))
        assert rows["elements"] > 0
        await until_read(owner, len(drawn))

    before = await tables(owner)
    await rebuild(settings, "board_store", print)
    assert await tables(owner) == before
    databases = await owner.fetch("select datname from pg_database where datname like 'doska_rebuild%'")
    assert databases == []


async def test_who_cannot_be_rebuilt_is_told_why(settings: Settings, owner: asyncpg.Connection) -> None:
    manifests = discovery.manifests()
    for name, why in (
        ("audit_log", "append-only"),
        ("board_decider", "only a batch consumer"),
        ("account_mailer", "only a batch consumer"),
    ):
        with pytest.raises(Misconfigured, match=why):
            await rebuildable(owner, manifests[name])
    assert await keeps_its_place(settings, "board_store")
    assert not await keeps_its_place(settings, "account_mailer")
    await owner.execute("create schema nobodys")
    stateless = manifests["board_store"].model_copy(update={"name": "nobodys"})
    with pytest.raises(Misconfigured, match="do not say how far they go"):
        await rebuildable(owner, stateless)


async def test_a_log_whose_beginning_is_gone_is_not_built_from(settings: Settings, owner: asyncpg.Connection) -> None:
    async with Publisher(settings, "tests") as publisher:
        for edit in zip(range(20), edits(random.Random(8)), strict=False):
            await draw(publisher, edit[1])
    before = await tables(owner)
    await _cut(settings)

    with pytest.raises(Misconfigured, match=r"begins at offset .*, and what was before it is gone"):
        await rebuild(settings, "board_store", print)

    assert await tables(owner) == before


async def _cut(settings: Settings) -> None:
    """What retention does one day."""
    from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
    from aiokafka.structs import TopicPartition

    from topics.bus.clients import kafka_options, reader

    async with reader(settings, "tests") as consumer:
        places = [TopicPartition("boards.ops", number) for number in range(12)]
        ends = {each: end for each, end in (await consumer.end_offsets(places)).items() if end > 0}
    admin = AIOKafkaAdminClient(**kafka_options(settings))
    await admin.start()
    try:
        await admin.delete_records({each: RecordsToDelete(before_offset=1) for each in ends})
    finally:
        await admin.close()
