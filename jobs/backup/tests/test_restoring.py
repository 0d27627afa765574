"""PostgreSQL and objects, lost and brought back: parts of its own, and the work that keeps backups in this process."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from compose.embedded.stack import Stack
from jobs.backup import chains, journal, verification
from jobs.backup.base_copy import CONTENT, bases_of
from jobs.backup.creating import create
from jobs.backup.keeping import keep
from jobs.backup.restoring import restore
from jobs.backup.settings import BackupSettings
from jobs.backup.vault import open_vault
from schemas.keyring import Keyring
from topics.errors import Misconfigured
from topics.runtime.health import Health
from topics.runtime.object_store import ObjectStore

pytestmark = pytest.mark.integration
PARTS = ("postgres", "seaweedfs")
WAIT_SECONDS = 60.0


class House:
    """Parts in a data directory, and a vault beside it."""

    def __init__(self, directory: Path) -> None:
        self.data_dir = directory / "data"
        self.vault_dir = directory / "vault"
        self.settings = BackupSettings(data_dir=self.data_dir, backup_dir=self.vault_dir)

    @asynccontextmanager
    async def up(self) -> AsyncIterator[asyncpg.Connection]:
        """The parts, and a connection."""
        stack = Stack(self.data_dir, ports="fixed", parts=PARTS)
        await stack.start()
        try:
            self.settings = BackupSettings.of(
                stack.environment(),
                data_dir=self.data_dir,
                backup_dir=self.vault_dir,
                backup_objects_seconds=0.5,
                backup_beat_seconds=0.2,
            )
            connection = await asyncpg.connect(self.settings.postgres_dsn)
            try:
                yield connection
            finally:
                await connection.close()
        finally:
            await stack.stop()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Backups while the context is open."""
        stopping = asyncio.Event()
        work = asyncio.create_task(keep(self.settings, stopping, Health()))
        try:
            yield
        finally:
            stopping.set()
            await work

    async def covered(self, moment: datetime, objects: int) -> None:
        """Wait until a moment can be restored, and so many objects are copied."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not await asyncio.to_thread(self._is_covered, moment, objects):  # noqa: ASYNC110 - files tell nobody
                await asyncio.sleep(0.05)

    def _is_covered(self, moment: datetime, objects: int) -> bool:
        if not (self.vault_dir / "vault.json").exists():
            return False
        vault = open_vault(self.vault_dir)
        bases = bases_of(vault)
        until = chains.covered_of(vault, bases[-1].chain) if bases else None
        kept = journal.at(journal.read(vault.journal), None)
        return until is not None and until > moment and sum(key.startswith("files/") for key in kept) >= objects


async def now(connection: asyncpg.Connection) -> datetime:
    found: datetime = await connection.fetchval("select clock_timestamp()")
    return found


async def said(connection: asyncpg.Connection) -> list[str]:
    return [row["word"] for row in await connection.fetch("select word from said order by word")]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    for name in ("DOSKA_POSTGRES_DSN", "DOSKA_S3_ENDPOINT", "DOSKA_KAFKA_BOOTSTRAP"):
        monkeypatch.delenv(name, raising=False)
    made = House(tmp_path)
    Keyring.create(made.data_dir / "keyring.json")
    # Kafka is alive, wherever it is: only its absence would mean a log that begins anew.
    (made.data_dir / "parts" / "kafka").mkdir(parents=True)
    return made


async def test_postgres_is_as_it_was_at_a_moment_or_at_the_newest_and_objects_are_back(house: House) -> None:
    async with house.up() as connection:
        await connection.execute("create table said (word text)")
        async with ObjectStore(house.settings) as objects:
            await objects.put("files/one", b"one", content_type="image/png", metadata={"by": "us"})
        async with house.kept():
            await house.covered(await now(connection), 1)
            await connection.execute("insert into said values ('a: after the copy')")
            moment = await now(connection)
            await connection.execute("insert into said values ('b: later')")
            async with ObjectStore(house.settings) as objects:
                await objects.put("files/two", b"two")
            await house.covered(await now(connection), 2)
            with pytest.raises(Misconfigured, match="Stop it first"):
                await restore(house.settings, open_vault(house.vault_dir), None, print, log_lost=False)
    vault = open_vault(house.vault_dir)
    for lost in ("postgres", "seaweedfs"):
        shutil.rmtree(house.data_dir / "parts" / lost)
    with pytest.raises(Misconfigured, match="leave --to out"):
        await restore(house.settings, vault, moment + timedelta(days=1), print, log_lost=False)

    done = await restore(house.settings, vault, moment, print, log_lost=False)

    assert done.rows["public.said"] == 1
    # The mark of the bucket, too.
    assert (done.objects.put, done.objects.damaged) == (3, [])
    async with house.up() as connection:
        assert await said(connection) == ["a: after the copy"]
        await connection.execute("insert into said values ('c: in the new life')")
        async with ObjectStore(house.settings) as objects:
            found = await objects.head("files/one")
            assert await objects.get("files/one") == b"one"
        assert (found.content_type, found.metadata) == ("image/png", {"by": "us"})
        # The log does not go on from what was restored: a new chain begins, with a copy of its own.
        async with house.kept():
            await house.covered(await now(connection), 2)
            await connection.execute("insert into said values ('d: in the new chain')")
            await house.covered(await now(connection), 2)
    assert len(bases_of(vault)) == 2
    assert await verification.faults(vault) == []

    again = await restore(house.settings, vault, None, print, log_lost=False)

    assert again.rows["public.said"] == 3
    assert [path.parent.name for path in again.aside] == ["postgres"], "what was there is moved aside"

    # It was the wrong moment: one of the former life, which the new chain knows nothing of.
    earlier = await restore(house.settings, vault, moment, print, log_lost=False)

    assert earlier.rows["public.said"] == 1
    assert earlier.base.chain != again.base.chain


async def test_a_copy_alone_is_restored_and_a_damaged_one_or_anothers_is_refused(house: House, tmp_path: Path) -> None:
    async with house.up() as connection:
        await connection.execute("create table said (word text)")
        await connection.execute("insert into said values ('in the copy')")
        base, _ = await create(house.settings, house.vault_dir)
        await connection.execute("insert into said values ('after it')")
    vault = open_vault(house.vault_dir)
    other = House(tmp_path / "other")
    (other.data_dir / "parts").mkdir(parents=True)
    async with other.up():
        pass
    with pytest.raises(Misconfigured, match="is of another cluster"):
        await restore(other.settings, vault, None, print, log_lost=True)

    done = await restore(house.settings, vault, None, print, log_lost=False)

    assert done.rows["public.said"] == 1
    file = vault.bases / base.id / CONTENT / "base.tar.gz"
    file.write_bytes(file.read_bytes()[:-1])
    assert any(str(file) in fault for fault in await verification.faults(vault))
    with pytest.raises(Misconfigured, match=r"base\.tar\.gz: has .* bytes and had"):
        await restore(house.settings, vault, None, print, log_lost=False)
    async with house.up() as connection:
        assert await said(connection) == ["in the copy"], "what was there is not touched by a restore that failed"
