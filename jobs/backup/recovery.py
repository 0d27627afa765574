"""Makes the embedded PostgreSQL of a copy and the log that goes on from it, beside the cluster that is there."""

import asyncio
import gzip
import shutil
import tarfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import asyncpg

from compose.embedded import credentials, ports
from compose.embedded.errors import StackError
from compose.embedded.part import Launch, Place
from compose.embedded.postgres import NOT_YET, Postgres
from compose.embedded.progress import Progress
from compose.embedded.running import Running
from jobs.backup.base_copy import CONTENT, Base, faults_of
from jobs.backup.segments import ANY, HISTORY, files_from
from jobs.backup.vault import Vault
from topics.errors import Misconfigured

# Replaying a day of log takes minutes, and a day may be a busy one.
REPLAY_SECONDS: Final = 6 * 3600.0
REPLAYED: Final = "doska_wal"
TOO_EARLY: Final = "recovery ended before configured recovery target was reached"
# What stands behind it in a file of settings is for the replay alone.
MARK: Final = b"\n# while it is restored\n"
TARS: Final = {"base.tar.gz", "pg_wal.tar.gz"}


class Replaying:
    """PostgreSQL while it replays: it may take long, and it must know the passwords that we have."""

    start_seconds = REPLAY_SECONDS

    def __init__(self, part: Postgres) -> None:
        self._part = part
        self.name = part.name
        self.variable = part.variable
        self.port_names = part.port_names
        self.stop_seconds = part.stop_seconds

    async def prepare(self, place: Place, progress: Progress) -> None:
        """As ever."""
        await self._part.prepare(place, progress)

    def launch(self, place: Place) -> Launch:
        """As ever: the settings of the replay are in its own directory."""
        return self._part.launch(place)

    async def is_ready(self, place: Place) -> bool:
        """Whether everything is replayed. Raises Misconfigured when the passwords are of another installation."""
        if await self._part.is_ready(place):
            return True
        try:
            connection = await asyncpg.connect(self._part.environment(place)["DOSKA_POSTGRES_DSN"], timeout=2)
        except asyncpg.InvalidPasswordError as error:
            raise Misconfigured(
                f"{place.directory.parents[1] / 'credentials.json'} does not have the password of the cluster that was "
                "backed up: put back the one that belonged to it"
            ) from error
        except NOT_YET:
            return False
        await connection.close(timeout=2)
        return False

    def environment(self, place: Place) -> dict[str, str]:
        """As ever."""
        return self._part.environment(place)


@dataclass(frozen=True, slots=True)
class Recovery:
    """Of one copy, in one data directory that is ours alone while it goes on."""

    vault: Vault
    base: Base
    to: datetime | None
    data_dir: Path

    @property
    def cluster(self) -> Path:
        """Where the embedded PostgreSQL keeps its data."""
        return self.data_dir / "parts" / "postgres" / "cluster"

    async def run(self, tell: Progress) -> Path:
        """Make it and see it replay to the end; gives where it lies. The cluster that is there is not touched.

        Raises Misconfigured, with the path of what is damaged or missing.
        """
        folder = self.data_dir / "parts" / "restoring"
        await asyncio.to_thread(self._unpacked, folder)
        part = Replaying(Postgres())
        place = Place(
            directory=folder,
            cache=self.data_dir / "cache",
            logs=self.data_dir / "logs",
            ports=ports.free(part.port_names),
            credentials=credentials.read_or_create(self.data_dir / "credentials.json"),
        )
        running = Running(part, place, "stop it.")
        kept = (folder / "cluster" / "postgresql.auto.conf").read_bytes()
        try:
            await running.start(tell)
        except StackError as error:
            if TOO_EARLY in str(error):
                raise Misconfigured(f"the log ends before {self.to}: leave --to out for the newest moment") from error
            raise Misconfigured(f"PostgreSQL does not replay the copy {self.base.id}: {error}") from error
        finally:
            await running.stop(tell)
        made = folder / "cluster"
        (made / "postgresql.auto.conf").write_bytes(kept.split(MARK, 1)[0])
        await asyncio.to_thread(shutil.rmtree, made / REPLAYED)
        return made

    def moved(self, made: Path, stamp: str) -> Path | None:
        """Put it where the product looks for it; gives where the cluster lies that was there."""
        before = None
        self.cluster.parent.mkdir(mode=0o700, exist_ok=True)
        if self.cluster.exists():
            before = self.cluster.with_name(f"cluster.before-{stamp}")
            self.cluster.rename(before)
        made.rename(self.cluster)
        shutil.rmtree(made.parent)
        return before

    def _unpacked(self, folder: Path) -> None:
        source = self.vault.bases / self.base.id
        for fault in faults_of(source, self.base):
            raise Misconfigured(f"{fault}: choose another moment, or another copy")
        strangers = {path.name for path in (source / CONTENT).glob("*.tar*")} - TARS
        if strangers:
            raise Misconfigured(
                f"{source / CONTENT} has tablespaces ({', '.join(sorted(strangers))}): restore it by hand"
            )
        shutil.rmtree(folder, ignore_errors=True)
        cluster = folder / "cluster"
        folder.mkdir(mode=0o700, parents=True)
        cluster.mkdir(mode=0o700)
        for name, target in (("base.tar.gz", cluster), ("pg_wal.tar.gz", cluster / "pg_wal")):
            with tarfile.open(source / CONTENT / name, "r:gz") as archive:
                archive.extractall(target, filter="tar")
        cluster.chmod(0o700)
        wal = cluster / REPLAYED
        wal.mkdir(mode=0o700)
        if self.base.chain is not None and (self.to is None or self.to > self.base.ended_at):
            for path in files_from(self.vault.wal / self.base.chain, self.base.start, self.base.segment_bytes):
                _copy_segment(path, wal)
            for path in (self.vault.wal / self.base.chain).iterdir():
                if HISTORY.fullmatch(path.name):
                    shutil.copy(path, wal)
        with (cluster / "postgresql.auto.conf").open("ab") as file:
            file.write(MARK + "\n".join(self._settings()).encode() + b"\n")
        (cluster / "recovery.signal").touch(mode=0o600)

    def _settings(self) -> list[str]:
        """Relative to the cluster: the user who runs it may not be able to enter the vault."""
        lines = [
            f"restore_command = 'cp {REPLAYED}/%f %p'",
            "recovery_target_action = 'promote'",
            "recovery_target_timeline = 'current'",
            # Nobody is to be served before the end.
            "hot_standby = off",
        ]
        if self.base.chain is None or (self.to is not None and self.to <= self.base.ended_at):
            return [*lines, "recovery_target = 'immediate'"]
        return lines if self.to is None else [*lines, f"recovery_target_time = '{self.to.isoformat()}'"]


def _copy_segment(path: Path, folder: Path) -> None:
    match = ANY.fullmatch(path.name)
    if match is None:
        raise Misconfigured(f"{path} is no segment")
    target = folder / match[1]
    if match[2] == ".gz":
        with gzip.open(path) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
    else:
        shutil.copy(path, target)
    target.chmod(0o600)
