"""Brings back what embedded parts lost, from backups: PostgreSQL, objects, secrets, and a log that begins anew."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg

from compose.embedded.credentials import write_private
from compose.embedded.errors import StackError
from compose.embedded.progress import silent
from compose.embedded.stack import Stack
from jobs.backup import chains, choice, programs
from jobs.backup.base_copy import Base, bases_of
from jobs.backup.copying import SEALED
from jobs.backup.lost_log import forget
from jobs.backup.object_copies import Returned, bring_back
from jobs.backup.recovery import Recovery
from jobs.backup.sealed import read_key, unseal
from jobs.backup.settings import BackupSettings
from jobs.backup.vault import Vault, name_of
from topics.bus.catalog import catalog
from topics.errors import Misconfigured
from topics.runtime.settings import Settings

Tell = Callable[[str], None]
PARTS: Final = ("postgres", "seaweedfs")
# A log that begins anew, and rooms that stand in the old one.
OF_THE_LOG: Final = ("kafka", "valkey")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore came to."""

    base: Base
    moment: datetime | None
    rows: Mapping[str, int]
    objects: Returned
    log_lost: bool
    aside: tuple[Path, ...]


async def restore(
    settings: BackupSettings, vault: Vault, to: datetime | None, tell: Tell, *, log_lost: bool
) -> Restored:
    """Restore the embedded parts of a data directory that nothing runs in. What was there is moved aside, not deleted.

    Raises Misconfigured, saying where and what, before anything is changed or with what was there still in its place.
    """
    data_dir = settings.data_dir.absolute()
    # The ports of ever: SeaweedFS remembers its own.
    stack = Stack(data_dir, ports="fixed", parts=PARTS)
    try:
        stack.claim()
    except StackError as error:
        raise Misconfigured(f"{error} Stop it first.") from error
    try:
        base = choice.chosen(bases_of(vault), to)
        covered = chains.covered_of(vault, base.chain)
        choice.check_covered(base, to, covered)
        await _check_cluster(vault, data_dir)
        kafka = data_dir / "parts" / "kafka"
        if not kafka.exists() and not log_lost and not os.environ.get("DOSKA_KAFKA_BOOTSTRAP"):
            tell(f"{kafka} is not there: the log begins anew")
            log_lost = True
        if not log_lost and to is not None:
            check_log_reaches(to, datetime.now(UTC))
        _secrets(settings, vault, base, data_dir, tell)
        tell(f"PostgreSQL: the copy {base.id} ({base.size / 1e6:.0f} MB) and the log after it")
        recovery = Recovery(vault, base, to, data_dir)
        made = await recovery.run(silent)
        stamp = name_of(datetime.now(UTC))
        aside = [recovery.moved(made, stamp)]
        if log_lost:
            aside += [_moved_aside(data_dir / "parts" / name, stamp) for name in OF_THE_LOG]
        rows, objects = await _with_parts(
            stack, vault, to if to is not None else covered or base.ended_at, tell, log_lost
        )
    except StackError as error:
        raise Misconfigured(str(error)) from error
    finally:
        await stack.stop()
    return Restored(base, to or covered, rows, objects, log_lost, tuple(each for each in aside if each is not None))


def check_log_reaches(to: datetime, now: datetime) -> None:
    """Raises Misconfigured when Kafka has forgotten what came after that moment: it could not be caught up with."""
    kept = [topic.retention for topic in catalog().values() if topic.carries in ("action", "op")]
    least = min(float(each) for each in kept if each != "forever")
    if (now - to).total_seconds() > least:
        raise Misconfigured(
            f"Kafka keeps actions and ops for {least / 86400:.0f} days, and {choice.said(to)} is longer ago: what came after "
            "it would be there in part. Choose a later moment, or give the log up too (--log-lost)"
        )


async def _with_parts(
    stack: Stack, vault: Vault, moment: datetime, tell: Tell, log_lost: bool
) -> tuple[Mapping[str, int], Returned]:
    """What has to be done in running parts, and the counts."""
    await stack.start()
    settings = Settings.of(stack.environment())
    connection = await asyncpg.connect(settings.postgres_dsn, timeout=10)
    try:
        if log_lost:
            forgotten = await forget(connection)
            tell(f"the log begins anew: {sum(forgotten.again.values())} decided records go out again under their ids")
        rows = await counts(connection)
    finally:
        await connection.close()
    objects = await bring_back(settings, vault, moment)
    return rows, objects


async def counts(connection: asyncpg.Connection) -> dict[str, int]:
    """How many rows each table of ours has."""
    tables = await connection.fetch(
        "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1, 2"
    )
    return {
        f"{row['schemaname']}.{row['tablename']}": await connection.fetchval(
            f'select count(*) from "{row["schemaname"]}"."{row["tablename"]}"'  # noqa: S608 - names of the catalog
        )
        for row in tables
    }


async def _check_cluster(vault: Vault, data_dir: Path) -> None:
    """Raises Misconfigured when the data directory holds something else than what was backed up."""
    cluster = data_dir / "parts" / "postgres" / "cluster"
    if not cluster.exists():
        return
    try:
        said = await programs.run("pg_controldata", ["-D", str(cluster)], environment={"LC_ALL": "C"})
    except programs.ProgramFailed:
        # Damaged: that is what backups are for.
        return
    [line] = [each for each in said.splitlines() if each.startswith("Database system identifier")]
    found = line.rpartition(" ")[2]
    if found != vault.cluster:
        raise Misconfigured(
            f"{cluster} is of another cluster ({found}) than the backups in {vault.root} ({vault.cluster}): set "
            "DOSKA_DATA_DIR to an empty directory, or move it away"
        )


def _secrets(settings: BackupSettings, vault: Vault, base: Base, data_dir: Path, tell: Tell) -> None:
    """Put back the keyring and the passwords where they are missing. Raises Misconfigured when they are nowhere."""
    places = {"keyring.json": settings.keyring_file.absolute(), "credentials.json": data_dir / "credentials.json"}
    missing = {name: path for name, path in places.items() if not path.exists()}
    if not missing:
        return
    names = ", ".join(str(path) for path in missing.values())
    if not base.secrets:
        raise Misconfigured(
            f"{names}: not there, and the backup holds no secrets (it was made without a key): put them back"
        )
    if settings.backup_key_file is None:
        raise Misconfigured(f"{names}: not there. The backup has them sealed: set DOSKA_BACKUP_KEY_FILE to its key")
    sealed = vault.bases / base.id / SEALED
    found = unseal(read_key(settings.backup_key_file), sealed.read_bytes(), sealed)
    for name, path in missing.items():
        if name not in found:
            raise Misconfigured(f"{path}: not there, and not among the secrets of {sealed}: put it back")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, found[name])
        tell(f"{path}: from the backup")


def _moved_aside(folder: Path, stamp: str) -> Path | None:
    if not folder.exists():
        return None
    aside = folder.with_name(f"{folder.name}.before-{stamp}")
    folder.rename(aside)
    return aside
