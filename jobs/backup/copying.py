"""Makes a copy of all of PostgreSQL while it runs (pg_basebackup), which is a backup only when it is whole."""

import asyncio
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jobs.backup import programs, server
from jobs.backup.base_copy import CONTENT, FILE, READER, Base, sums_of
from jobs.backup.sealed import read_key, seal
from jobs.backup.segments import segment_of
from jobs.backup.settings import BackupSettings
from jobs.backup.vault import Vault, keep_names, name_of
from topics.errors import Misconfigured

SEALED: Final = "secrets.sealed"
MANIFEST: Final = f"{CONTENT}/backup_manifest"
# Without them nobody can sign in again, and no sealed field be read; the second are the embedded parts' own.
SECRETS: Final = ("keyring.json", "credentials.json")


@dataclass(frozen=True, slots=True)
class Copying:
    """Where from and where to."""

    settings: BackupSettings
    vault: Vault

    async def make(self, chain: str | None) -> Base:
        """A new copy. Raises ProgramFailed, Unavailable; what was begun is removed by the next one."""
        connection = await server.connected(self.settings)
        try:
            who, began = await server.identity(connection), await server.clock(connection)
            if who.cluster != self.vault.cluster:
                raise Misconfigured(f"{self.vault.root} holds backups of another cluster than DOSKA_POSTGRES_DSN is")
            await server.end_survivors(connection)
            self.clear()
            folder = self.vault.bases / f"{name_of(began)}.part"
            folder.mkdir(mode=0o700)
            sealed = self._sealed(folder)
            await self._copied(folder / CONTENT)
            ended = await server.clock(connection)
        finally:
            await connection.close()
        timeline, lsn = _first(folder / MANIFEST)
        base = Base(
            id=name_of(began),
            cluster=who.cluster,
            server=who.version,
            start=segment_of(timeline, lsn, who.segment_bytes),
            segment_bytes=who.segment_bytes,
            started_at=began,
            ended_at=ended,
            chain=chain,
            secrets=sealed,
            files=await asyncio.to_thread(sums_of, folder),
        )
        await asyncio.to_thread(_finish, folder, base)
        return base

    def clear(self) -> None:
        """Remove what a killed one left behind."""
        for left in self.vault.bases.glob("*.part"):
            shutil.rmtree(left)

    async def _copied(self, folder: Path) -> None:
        address, environment = programs.address(self.settings.postgres_dsn, server.COPIER)
        words = ["-D", str(folder), "-d", address, "--no-password", "--label", "doska", "--checkpoint", "fast"]
        # With the log that it needs, so that it can be restored when nothing else is left.
        words += ["--format", "tar", "--compress", "gzip:1", "--wal-method", "stream"]
        await programs.run("pg_basebackup", words, environment=environment)

    def _sealed(self, folder: Path) -> bool:
        """Put the secrets beside it, when there is a key to seal them with."""
        if self.settings.backup_key_file is None:
            return False
        key = read_key(self.settings.backup_key_file)
        places = {name: self.settings.data_dir / name for name in SECRETS} | {
            "keyring.json": self.settings.keyring_file
        }
        found = {name: path.read_text() for name, path in places.items() if path.exists()}
        write(folder / SEALED, seal(key, found))
        return True


def write(path: Path, content: bytes) -> None:
    """A private file that is on the disk afterwards."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _first(manifest: Path) -> tuple[int, str]:
    """The timeline and the place that replay begins with."""
    found = json.loads(manifest.read_bytes())["WAL-Ranges"][0]
    return int(found["Timeline"]), str(found["Start-LSN"])


def _finish(folder: Path, base: Base) -> None:
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    write(folder / FILE, READER.dump_json(base, indent=1))
    keep_names(folder)
    folder.rename(folder.with_suffix(""))
    keep_names(folder.parent)
