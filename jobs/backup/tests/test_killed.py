"""A backup that is killed while it is made: nothing takes it for a whole one, and the next one goes on."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from compose.embedded.stack import Stack
from jobs.backup import creating, journal, programs, server, verification
from jobs.backup.base_copy import bases_of
from jobs.backup.restoring import restore
from jobs.backup.settings import BackupSettings
from jobs.backup.vault import open_vault
from schemas.keyring import Keyring
from tests.kernel.harness import until
from tests.victims import Step, Victims
from topics.errors import Misconfigured
from topics.runtime.object_store import ObjectStore
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

PARTS: Final = ("postgres", "seaweedfs")
# Where it dies, how many whole copies of PostgreSQL there are then, and how many objects are known.
STEPS: Final = {
    "before the directory is said to be a vault": (Step("jobs.backup.vault:write_private", "before"), 0, 0),
    "with pg_basebackup just begun": (Step("jobs.backup.programs:started", "after"), 0, 0),
    "with everything copied, and no manifest": (Step("jobs.backup.copying:_finish", "before"), 0, 0),
    "with a manifest, and no name yet": (Step("jobs.backup.copying:keep_names", "before"), 0, 0),
    "with PostgreSQL copied, before the objects": (Step("jobs.backup.creating:copy_new", "before"), 1, 0),
    "with bytes of objects that no line speaks of": (Step("jobs.backup.object_copies:add", "before"), 2, 0),
}
# Dies nowhere by itself.
NOWHERE: Final = Step("jobs.backup.creating:listed", "before")


async def work(settings: Settings, stopping: asyncio.Event, *, root: str) -> None:
    """What a victim does: `doska backup create`."""
    del settings, stopping
    await creating.create(BackupSettings(), Path(root))


async def slow_work(settings: Settings, stopping: asyncio.Event, *, root: str) -> None:
    """The same, so slowly that it is seen in the middle."""
    at_once = programs.started

    async def throttled(name: str, *words: str, **given: Any) -> asyncio.subprocess.Process:
        return await at_once(name, *words, "--max-rate", "1M", **given)

    # In a process of its own, which is killed.
    programs.started = throttled
    await work(settings, stopping, root=root)


@asynccontextmanager
async def parts(data_dir: Path) -> AsyncIterator[Mapping[str, str]]:
    """PostgreSQL and S3 of one's own, as the environment names them."""
    stack = Stack(data_dir, ports="fixed", parts=PARTS)
    await stack.start()
    try:
        yield {**stack.environment(), "DOSKA_DATA_DIR": str(data_dir)}
    finally:
        await stack.stop()


async def fill(settings: Settings) -> None:
    """So much that a copy takes a while, and two objects."""
    connection = await asyncpg.connect(settings.postgres_dsn)
    try:
        await connection.execute(
            "create table said as select sha512((n || 'x')::text::bytea) as word from generate_series(1, 200000) n"
        )
    finally:
        await connection.close()
    async with ObjectStore(settings) as objects:
        for name in ("files/one", "files/two"):
            await objects.put(name, name.encode())


async def copying(root: Path) -> bool:
    """Whether a copy has written some of PostgreSQL."""
    begun = await asyncio.to_thread(lambda: list(root.glob("bases/*.part/postgres/base.tar.gz")))
    return any(path.stat().st_size for path in begun)


async def nobody_copies(settings: Settings) -> bool:
    """Whether nothing that copied receives the log any more."""
    connection = await asyncpg.connect(settings.postgres_dsn)
    copiers = "select count(*) from pg_stat_replication where application_name = $1"
    try:
        return await connection.fetchval(copiers, server.COPIER) == 0
    finally:
        await connection.close()


@pytest.mark.timeout(400)
async def test_killed_anywhere_it_is_no_backup_and_the_next_one_goes_on(
    victims: Victims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir, root, armed = tmp_path / "data", tmp_path / "vault", tmp_path / "armed"
    (data_dir / "parts" / "kafka").mkdir(parents=True)
    armed.touch()
    Keyring.create(data_dir / "keyring.json")
    for name in ("DOSKA_POSTGRES_DSN", "DOSKA_S3_ENDPOINT", "DOSKA_KAFKA_BOOTSTRAP"):
        monkeypatch.delenv(name, raising=False)
    async with parts(data_dir) as environment:
        settings = BackupSettings.of(environment)
        await fill(settings)
        for why, (step, bases, objects) in STEPS.items():
            async with victims.one(step, armed, f"{__name__}:work", environment, root=str(root)) as victim:
                await victim.killed()
            if not (root / "vault.json").exists():
                with pytest.raises(Misconfigured, match="holds no backups"):
                    open_vault(root)
                continue
            vault = open_vault(root)
            assert len(bases_of(vault)) == bases, why
            assert len(list(creating.listed(root))) == 2 + bases, why
            assert len(journal.read(vault.journal)) == objects, why
            assert await verification.faults(vault) == [], why
        async with victims.one(NOWHERE, armed, f"{__name__}:slow_work", environment, root=str(root)):
            await until(partial(copying, root), "a copy that has written something")
        assert len(bases_of(vault)) == 2, "the one in the middle is none"

        made, copied = await creating.create(settings, root)

        assert [each.id for each in bases_of(vault)][-1] == made.id
        assert copied.objects == 3
        assert [path.name for path in vault.bases.iterdir() if path.suffix == ".part"] == []
        assert list(vault.objects.glob("new-*")) == []
        assert await verification.faults(vault) == []
        await until(partial(nobody_copies, settings), "the end of what the killed ones began")
    for lost in PARTS:
        shutil.rmtree(data_dir / "parts" / lost)

    done = await restore(BackupSettings(data_dir=data_dir), vault, None, print, log_lost=False)

    assert (done.rows["public.said"], done.objects.put) == (200_000, 3)
