"""The drill: a product of its own loses PostgreSQL, then S3, then everything, is restored each time, and is counted."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import aiohttp
import asyncpg

from compose.embedded import addresses
from compose.embedded.progress import silent
from compose.product import Product
from edge.settings import EdgeSettings
from jobs.backup import chains
from jobs.backup.base_copy import bases_of
from jobs.backup.drilling_scene import Scene
from jobs.backup.journal import at, read
from jobs.backup.object_copies import bring_back
from jobs.backup.restoring import restore
from jobs.backup.sealed import create_key
from jobs.backup.settings import BackupSettings
from jobs.backup.vault import open_vault
from jobs.bench.deployment import SETTINGS
from topics.runtime.settings import Settings

Case = Literal["postgres", "s3", "machine"]
CASES: Final[tuple[Case, ...]] = ("postgres", "s3", "machine")
TITLES: Final[Mapping[Case, str]] = {
    "postgres": "PostgreSQL's data, Kafka and S3 alive",
    "s3": "S3's data, Kafka and PostgreSQL alive",
    "machine": "the whole data directory, keys too",
}
RTO_SECONDS: Final = 3600.0
RPO_SECONDS: Final = 900.0
WAIT_SECONDS: Final = 120.0
# All of it begins at once, and on a busy machine a minute was not enough.
START_SECONDS: Final = 300.0
LOOK_SECONDS: Final = 0.2
# Tables of deciders whose rows the drawing does not touch: equal to the last bit afterwards.
DIGESTED: Final = (
    "identity_decider.users",
    "identity_decider.sessions",
    "workspace_decider.workspaces",
    "workspace_decider.members",
    "board_decider.boards",
    "board_decider.grants",
    "board_decider.links",
    "file_decider.files",
    "comment_decider.threads",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to lose."""

    boards: int
    elements: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one case. `rpo_seconds`: how long before the end the oldest thing was acknowledged that is lost."""

    case: Case
    boards: int
    elements: int
    edits: int
    files: int
    rows: int
    backup_bytes: int
    restore_seconds: float
    rto_seconds: float
    rpo_seconds: float
    lost_elements: int
    lost_files: int
    tables_differ: Sequence[str]

    @property
    def good(self) -> bool:
        """Within what is promised: nothing at all is lost while Kafka lives."""
        if self.case != "machine" and self.lost_elements:
            return False
        if self.case == "postgres" and self.lost_files:
            return False
        if self.case == "s3" and self.lost_files == self.files:
            return False
        return self.rto_seconds < RTO_SECONDS and self.rpo_seconds < RPO_SECONDS and not self.tables_differ


class House:
    """A product with its backups, which can be killed, robbed and restored."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data_dir = directory / "data"
        self.vault_dir = directory / "vault"
        self._product: Product | None = None
        self.door = ""

    async def start(self) -> None:
        """Start it, or start it again."""
        settings = EdgeSettings(port=0, public_url="")
        self._product = Product(settings, silent, with_client=False, start_seconds=START_SECONDS)
        await self._product.start()
        self.door = self._product.address.replace("localhost", "127.0.0.1")

    async def kill(self) -> None:
        """End every process as a loss of power would."""
        for pid in self._product.pids().values() if self._product is not None else ():
            os.kill(pid, signal.SIGKILL)
        await self.end()

    async def end(self) -> None:
        """Stop it."""
        if self._product is not None:
            await self._product.stop()
            self._product = None
        # What it told this process of its parts; the next ones have other ports.
        for name in self.settings_of_parts():
            os.environ.pop(name, None)

    def settings_of_parts(self) -> Mapping[str, str]:
        """How its parts are reached."""
        return addresses.missing_settings(self.data_dir, {})

    async def covered(self, files: int) -> None:
        """Wait until there is a copy in the chain of now, and the log after it, and so many objects of files."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not await asyncio.to_thread(self._is_covered, files):  # noqa: ASYNC110 - files on a disk tell nobody
                await asyncio.sleep(LOOK_SECONDS)

    def _is_covered(self, files: int) -> bool:
        if not (self.vault_dir / "vault.json").exists():
            return False
        vault = open_vault(self.vault_dir)
        bases, chain = bases_of(vault), chains.newest(vault)
        if chain is None or not bases or bases[-1].chain != chain.name:
            return False
        until = chains.covered_of(vault, chain.name)
        copied = sum(key.startswith("files/") and not key.endswith(".webp") for key in at(read(vault.journal), None))
        return until is not None and until > bases[-1].ended_at and copied >= files

    def rob(self, case: Case) -> None:
        """Remove what the case says."""
        parts = {"postgres": self.data_dir / "parts/postgres", "s3": self.data_dir / "parts/seaweedfs"}
        shutil.rmtree(parts.get(case, self.data_dir))

    async def digests(self) -> dict[str, str]:
        """What the tables hold that must be the same afterwards."""
        connection = await asyncpg.connect(self.settings_of_parts()["DOSKA_POSTGRES_DSN"])
        try:
            return {
                table: await connection.fetchval(
                    f"select count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from {table} t"  # noqa: S608 - names of ours
                )
                for table in DIGESTED
            }
        finally:
            await connection.close()

    async def bring_back_objects(self) -> None:
        """Put objects into a bucket that lost them."""
        await bring_back(Settings.of(self.settings_of_parts()), open_vault(self.vault_dir), None)


async def drill(size: Size, cases: Sequence[Case] = CASES) -> list[Outcome]:
    """Each case in turn, on the same product."""
    directory = Path(tempfile.mkdtemp(prefix="doska-drill-"))
    create_key(directory / "key")
    house = House(directory)
    ours = {
        **{name: os.environ.get(name, value) for name, value in SETTINGS.items()},
        "DOSKA_DATA_DIR": str(house.data_dir),
        "DOSKA_BACKUP_DIR": str(house.vault_dir),
        "DOSKA_BACKUP_KEY_FILE": str(directory / "key"),
    }
    before = dict(os.environ)
    os.environ.update(ours)
    try:
        await house.start()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as http:
            scene = Scene(http, house.door)
            await scene.populate(size.boards, size.elements)
            outcomes = []
            for case in cases:
                _tell(f"{len(scene.elements)} elements, {len(scene.files)} files; waiting for a copy of them")
                await house.covered(len(scene.files))
                outcomes.append(await _one(house, scene, case, size))
                _tell(f"  {table(outcomes[-1:]).splitlines()[-1]}")
            return outcomes
    finally:
        await house.end()
        os.environ.clear()
        os.environ.update(before)
        with suppress(OSError):
            shutil.rmtree(directory)


async def _one(house: House, scene: Scene, case: Case, size: Size) -> Outcome:
    _tell(f"{TITLES[case]}: people draw")
    scene.door = house.door
    editors = await scene.editors()
    await scene.add_board(size.elements)
    digests, edits = await house.digests(), len(scene.history.acked)
    await scene.draw(editors, size.seconds)
    ended = time.monotonic()
    await house.kill()
    house.rob(case)
    _tell("  gone; restoring")
    rows = 0
    if case != "s3":
        vault = open_vault(house.vault_dir)
        done = await restore(BackupSettings(), vault, None, lambda text: _tell(f"  {text}"), log_lost=False)
        rows = sum(done.rows.values())
    restored = time.monotonic()
    await house.start()
    if case == "s3":
        await house.bring_back_objects()
        restored = time.monotonic()
    scene.door = house.door
    # What nobody has any more does not come by waiting.
    missing = await scene.missing(WAIT_SECONDS if case == "postgres" else 10.0)
    now = time.monotonic()
    again = await house.digests()
    outcome = Outcome(
        case=case,
        boards=len({board for board, _ in scene.elements}),
        elements=len(scene.elements),
        edits=len(scene.history.acked) - edits,
        files=len(scene.files),
        rows=rows,
        backup_bytes=sum(path.stat().st_size for path in house.vault_dir.rglob("*") if path.is_file()),
        restore_seconds=restored - ended,
        rto_seconds=now - ended,
        rpo_seconds=0.0 if missing.oldest is None else ended - missing.oldest,
        lost_elements=missing.elements,
        lost_files=missing.files,
        tables_differ=[table for table in digests if digests[table] != again[table]],
    )
    await scene.settle()
    return outcome


def table(outcomes: Sequence[Outcome]) -> str:
    """For a README."""
    lines = [
        "| lost | boards, elements, edits after the copy, files | backup MB | restored s | RTO s | lost elements, files | RPO s | tables |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {TITLES[each.case]} | {each.boards}, {each.elements:,}, {each.edits:,}, {each.files} "
        f"| {each.backup_bytes / 1e6:.0f} | {each.restore_seconds:.1f} | {each.rto_seconds:.1f} "
        f"| {each.lost_elements}, {each.lost_files} | {each.rpo_seconds:.1f} "
        f"| {'equal' if not each.tables_differ else 'differ: ' + ', '.join(each.tables_differ)} |"
        for each in outcomes
    ]
    return "\n".join(lines)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
