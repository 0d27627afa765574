"""S3 goes away in every way while people draw, comes back slowly, and nothing of what they drew is missing."""

import asyncio
import dataclasses
import random
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import asyncpg
import pytest
from prometheus_client import REGISTRY

from consumers.board_archiver import app
from consumers.board_archiver.tests.artist import TOPIC, Artist
from consumers.board_archiver.verification import Verification
from consumers.discovery import manifest
from schemas.boards.append import fold_ops
from schemas.ids import new_id
from tests.kernel.places import ends
from tests.relay import Relay, relayed
from topics.archive import index
from topics.archive.reader import ArchiveReader
from topics.bus.context import open_context
from topics.bus.generations import read_generations
from topics.bus.publish import Publisher
from topics.runtime.connections import postgres_pool
from topics.runtime.health import Health
from topics.runtime.object_store import THREADS, ObjectStore
from topics.runtime.patience import Patience
from topics.runtime.service import Service
from topics.runtime.settings import Settings
from topics.runtime.supervisor import supervise

pytestmark = [pytest.mark.chaos, pytest.mark.integration, pytest.mark.timeout(400)]

NAME: Final = "board_archiver"
WAIT_SECONDS: Final = 90.0
# The steps of the way, shortened, so that an outage outlasts each of them several times: the client's timeouts, the
# longest backoff, and what the broker allows a silent member.
PATIENCE: Final = Patience(connect_seconds=1, silent_seconds=1.5, attempts=1)
BACKOFF_SECONDS: Final = 1.0
AWAY_SECONDS: Final = 8.0
TABLES: Final = ("checkpoints", "gaps", "boards", "objects", "segments", "snapshots")


async def until(condition: Callable[[], bool], why: Callable[[], object]) -> None:
    """Wait for something that is seen from here."""
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while not condition():  # noqa: ASYNC110 - a test looks from outside
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(str(why()))


class Archiver:
    """The archiver at work in this process, in a group of its own, and what can be seen of it."""

    def __init__(self, settings: Settings, pool: asyncpg.Pool) -> None:
        self.health = Health()
        self.built = 0
        self._settings = settings
        self._pool = pool
        self._group = f"away-{new_id()}"

    async def build(self, stack: AsyncExitStack) -> Service:
        """Wire it as `doska run` does."""
        self.built += 1
        found = manifest(NAME)
        policy = found.on_failure.model_copy(update={"backoff_max": BACKOFF_SECONDS})
        hasty = found.model_copy(update={"on_failure": policy})
        context = await open_context(hasty, self._settings, self.health, stack)
        return await app.build(dataclasses.replace(context, group=self._group))

    @property
    def reason(self) -> str:
        """Why it is not ready."""
        return self.health.not_ready().get(NAME, "")

    def lag(self) -> float:
        """Records that it is behind, as its metrics say."""
        return sum(
            sample.value
            for metric in REGISTRY.collect()
            for sample in metric.samples
            if sample.name == "doska_lag_records" and sample.labels["consumer"] == NAME
        )

    def tried(self) -> float:
        """How many records were to be tried again, each time that they were."""
        found = {"consumer": NAME, "topic": TOPIC, "outcome": "retried"}
        return REGISTRY.get_sample_value("doska_records_total", found) or 0.0

    async def places(self) -> dict[int, int]:
        """Where its checkpoints stand."""
        rows = await self._pool.fetch("select partition, next from board_archiver.checkpoints")
        return {row["partition"]: row["next"] for row in rows}

    async def archived(self) -> int:
        """How many ops it has archived."""
        found: int = await self._pool.fetchval("select coalesce(sum(seq), 0)::bigint from board_archiver.boards")
        return found


@pytest.fixture
async def pool(separate_tables: Settings) -> AsyncIterator[asyncpg.Pool]:
    """Its tables: everything that the log holds already counts as archived."""
    pool = await postgres_pool(separate_tables, f"doska_{NAME}")
    life = (await read_generations(separate_tables))[TOPIC].generation
    for table in TABLES:
        await pool.execute(f"delete from board_archiver.{table}")
    rows = [(TOPIC, each.partition, life, end) for each, end in (await ends(separate_tables, TOPIC)).items()]
    await pool.executemany(
        "insert into board_archiver.checkpoints (topic, partition, generation, next) values ($1, $2, $3, $4)", rows
    )
    yield pool
    await pool.close()


@asynccontextmanager
async def at_work(archiver: Archiver) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(supervise(NAME, archiver.build, stopping, archiver.health))
        try:
            yield
        finally:
            stopping.set()


async def outage(relay: Relay, archiver: Archiver, artist: Artist) -> None:
    """See an outage through that has begun: it says what it waits for, falls behind, and moves nothing."""
    loop = asyncio.get_running_loop()
    await until(lambda: archiver.reason.startswith("waits: the archive cannot be written"), lambda: archiver.reason)
    assert relay.url in archiver.reason
    began, drawn, behind, tried = loop.time(), artist.drawn, archiver.lag(), archiver.tried()
    stood, tasks = await archiver.places(), len(asyncio.all_tasks())

    await until(
        lambda: loop.time() - began > AWAY_SECONDS and archiver.lag() > behind + 50 and archiver.tried() > tried,
        lambda: (archiver.lag(), behind, archiver.tried(), tried, artist.drawn - drawn),
    )

    assert await archiver.places() == stood
    assert archiver.reason.startswith("waits: the archive cannot be written"), archiver.reason
    # Nothing piles up beside the batch that waits.
    assert len(asyncio.all_tasks()) < tasks + 30
    assert len([each for each in threading.enumerate() if each.name.startswith("s3")]) <= 2 * THREADS


async def test_however_s3_goes_away_the_archiver_waits_says_so_and_then_has_everything(
    separate_tables: Settings, settings: Settings, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "ONE_ATTEMPT", PATIENCE)
    artist = Artist(random.Random(7), pace_seconds=0.01)
    async with (
        relayed(settings.s3_endpoint) as relay,
        Publisher(settings, "test") as publisher,
        ObjectStore(settings) as store,
    ):
        archiver = Archiver(separate_tables.model_copy(update={"s3_endpoint": relay.url}), pool)
        async with at_work(archiver), asyncio.TaskGroup() as group:
            group.create_task(artist.draw(publisher))
            await more(archiver)

            await relay.set("refused")
            await outage(relay, archiver, artist)
            await relay.set("open")
            await more(archiver)
            await relay.set("silent")
            await outage(relay, archiver, artist)
            # Back, but each upload breaks in the middle; then whole, but slowly.
            await relay.set("cut", cut_after=1200)
            tried = archiver.tried()
            await until(lambda: archiver.tried() > tried + 3, archiver.tried)
            await relay.set("slow", bytes_second=48 * 1024)
            await more(archiver)
            await relay.set("open")
            artist.enough.set()
            async with asyncio.timeout(WAIT_SECONDS):
                while await archiver.archived() < artist.drawn:  # noqa: ASYNC110 - a test looks from outside
                    await asyncio.sleep(0.05)
            await until(lambda: not archiver.reason and archiver.lag() == 0, lambda: (archiver.reason, archiver.lag()))

        assert archiver.built == 1
        reader = ArchiveReader(pool, store)
        for board in artist.log:
            drawn = artist.changes(board)
            assert await index.last_seq(pool, board) == len(drawn)
            assert [(each.type, each.data) for each in await reader.ops(board, 0, len(drawn))] == drawn
            for seq in range(0, len(drawn) + 1, max(1, len(drawn) // 60)):
                assert (await reader.state(board, seq)).elements == fold_ops(drawn[:seq]), seq
        assert [each async for each in Verification(pool, reader, store).faults()] == []


async def more(archiver: Archiver) -> None:
    """Wait until more is archived than now."""
    before = await archiver.archived()
    async with asyncio.timeout(WAIT_SECONDS):
        while await archiver.archived() <= before:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.05)
