"""The work that goes on all the time: log as it is written, new objects, a copy a day, and what is too old removed."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import asyncpg
import structlog

from jobs.backup import chains, programs, server
from jobs.backup.base_copy import bases_of
from jobs.backup.chains import Chain, Covered
from jobs.backup.copying import Copying
from jobs.backup.object_copies import copy_new
from jobs.backup.pruning import pruned_now
from jobs.backup.settings import BackupSettings
from jobs.backup.vault import Vault, make_vault, name_of
from topics.errors import DoskaError, Unavailable
from topics.runtime.away import POSTGRES_AWAY
from topics.runtime.health import Health
from topics.runtime.lifespan import end

NAME: Final = "backups"
LOOK_SECONDS: Final = 0.2
AGAIN_SECONDS: Final = 2.0
# When a copy fails, the next attempt; not so soon that a full disk is all that is ever written about.
COPY_AGAIN_SECONDS: Final = 60.0
AWAY: Final = (Unavailable, *POSTGRES_AWAY)

log = structlog.get_logger(__name__)


class ChainBroken(DoskaError):
    """The log does not go on from what was received: a new chain begins, with a copy of its own."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Everything that has to be known for it."""

    settings: BackupSettings
    vault: Vault
    health: Health
    # Bytes whose line in the journal is not written yet must not be taken for unused.
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set. A part that is away is waited for; what is wrong stands in /readyz."""
        with self.vault.held("receiving"):
            self.health.well(NAME)
            while not stopping.is_set():
                try:
                    await self._chain(stopping)
                except ChainBroken as why:
                    log.warning("a new chain begins", reason=str(why))
                except (*AWAY, programs.ProgramFailed) as why:
                    self.health.ill(NAME, str(why) or repr(why))
                    log.warning("backups wait", reason=repr(why))
                    await _paused(stopping, AGAIN_SECONDS)

    async def _chain(self, stopping: asyncio.Event) -> None:
        """One chain, as long as it goes."""
        connection = await server.connected(self.settings)
        try:
            chain = await self._current(connection)
            self.health.well(NAME)
            tasks = [
                asyncio.create_task(work, name=f"backups: {name}")
                for name, work in (
                    ("receive", self._receive(chain)),
                    ("beat", self._beat(connection, chain)),
                    ("copies", self._often("copies", partial(self._copy_when_due, chain), AGAIN_SECONDS)),
                    ("objects", self._often("objects", self._objects, self.settings.backup_objects_seconds)),
                    ("stop", stopping.wait()),
                )
            ]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                await end(*tasks)
        finally:
            with contextlib.suppress(*POSTGRES_AWAY):
                await connection.close(timeout=5)

    async def _current(self, connection: asyncpg.Connection) -> Chain:
        """The chain that goes on, or a new one."""
        who, last = await server.identity(connection), chains.newest(self.vault)
        if last is not None and last.timeline == who.timeline and await server.slot_lives(connection):
            return last
        await server.make_slot(connection)
        fresh = Chain(f"{name_of(datetime.now(UTC))}-{who.timeline}", who.timeline)
        await asyncio.to_thread(chains.begin, self.vault, fresh)
        log.info("a chain begins", chain=fresh.name)
        return fresh

    async def _receive(self, chain: Chain) -> None:
        """Have pg_receivewal write the log; raises ChainBroken when it cannot go on."""
        address, environment = programs.address(self.settings.postgres_dsn, server.RECEIVER)
        folder = self.vault.wal / chain.name
        words = ["-D", str(folder), "-d", address, "--no-password", "--no-loop", "--slot", server.SLOT]
        log_file = self.vault.root / "receiving.log"
        with log_file.open("wb") as said:
            log_file.chmod(0o600)
            process = await programs.started(
                "pg_receivewal", *words, "--status-interval", "1", environment=environment, said=said.fileno()
            )
            try:
                await process.wait()
            finally:
                if process.returncode is None:
                    # What it wrote is written, and it goes on from there.
                    process.kill()
                    await process.wait()
        why = log_file.read_text(errors="replace").strip().splitlines()[-1:]
        connection = await server.connected(self.settings)
        try:
            who, lives = await server.identity(connection), await server.slot_lives(connection)
        finally:
            await connection.close(timeout=5)
        if who.timeline != chain.timeline or not lives:
            raise ChainBroken(f"{chain.name}: {why}")
        raise Unavailable(f"pg_receivewal ended: {why}")

    async def _beat(self, connection: asyncpg.Connection, chain: Chain) -> None:
        """Note how far the chain goes."""
        while True:
            at, lsn = await server.beat(connection)
            while not await server.received(connection, lsn):  # noqa: ASYNC110 - a server tells it only when asked
                await asyncio.sleep(LOOK_SECONDS)
            await asyncio.to_thread(chains.note_covered, self.vault, Covered(chain.name, at))
            await asyncio.to_thread(chains.pack_finished, self.vault.wal / chain.name)
            await asyncio.sleep(self.settings.backup_beat_seconds)

    async def _copy_when_due(self, chain: Chain) -> None:
        now = datetime.now(UTC)
        ours = [each for each in await asyncio.to_thread(bases_of, self.vault) if each.chain == chain.name]
        if ours and now - ours[-1].ended_at < timedelta(hours=self.settings.backup_base_hours):
            return
        with self.vault.held("copying"):
            base = await Copying(self.settings, self.vault).make(chain.name)
            async with self.turn:
                pruned = await asyncio.to_thread(pruned_now, self.settings, self.vault)
        log.info("copied", base=base.id, bytes=base.size, dropped=pruned.bases, dropped_segments=pruned.segments)

    async def _objects(self) -> None:
        async with self.turn:
            with self.vault.held("objects"):
                copied = await copy_new(self.settings, self.vault, datetime.now(UTC))
        if copied.fresh or copied.gone:
            log.info("objects copied", fresh=copied.fresh, bytes=copied.fresh_bytes, gone=copied.gone)

    async def _often(self, what: str, work: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Do it again and again; what fails is told and tried again, and holds up nothing else."""
        name = f"{NAME}: {what}"
        while True:
            wait = seconds
            try:
                await work()
                self.health.well(name)
            except (DoskaError, OSError, *POSTGRES_AWAY) as why:
                self.health.ill(name, str(why) or repr(why))
                log.warning("not copied", what=what, reason=repr(why))
                wait = max(seconds, COPY_AGAIN_SECONDS)
            await asyncio.sleep(wait)


async def keep(settings: BackupSettings, stopping: asyncio.Event, health: Health) -> None:
    """Make backups until stopped. Raises Misconfigured for a directory that cannot hold them."""
    while True:
        try:
            connection = await server.connected(settings)
        except Unavailable as why:
            health.ill(NAME, str(why))
            if await _paused(stopping, AGAIN_SECONDS):
                return
            continue
        try:
            who = await server.identity(connection)
        finally:
            await connection.close(timeout=5)
        break
    vault = await asyncio.to_thread(make_vault, settings.place(), who.cluster)
    await Keeping(settings, vault, health).run(stopping)


async def _paused(stopping: asyncio.Event, seconds: float) -> bool:
    """Whether we were stopped meanwhile."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
    return stopping.is_set()
