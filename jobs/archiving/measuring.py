"""How fast an old state is read, by the length of a board's life; on parts of its own."""

import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from compose.embedded.stack import Stack
from consumers.board_archiver.archiving import Archiving
from consumers.board_archiver.handler import Place, Record
from consumers.board_archiver.settings import ArchiverSettings
from consumers.board_archiver.store import ArchiveIndex
from jobs.migrate import migrate
from jobs.rectangle import RECTANGLE
from schemas.ids import new_id
from topics.archive.reader import ArchiveReader
from topics.migrations import role_of
from topics.runtime.connections import postgres_pool
from topics.runtime.object_store import ObjectStore

TOPIC: Final = "boards.ops"
# A poll of a second brings a handful of a board's ops; a long life is written in longer ones, not to take all day.
OPS_OF_A_POLL: Final = 20
POLLS: Final = 500
ELEMENTS: Final = 2000
READS: Final = 30


@dataclass(frozen=True, slots=True)
class Measured:
    """Of a board with so many ops."""

    ops: int
    write_ms: Sequence[float]
    read_ms: Sequence[float]
    bytes_per_op: float
    snapshot_bytes_per_op: float
    raw_bytes_per_op: float


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so large a share does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def element(chance: random.Random, number: int, version: int) -> dict[str, Any]:
    """A rectangle as the editor writes it."""
    return {
        **RECTANGLE,
        "id": f"element-{number:012}",
        "x": round(chance.uniform(0, 4000), 2),
        "y": round(chance.uniform(0, 4000), 2),
        "width": round(chance.uniform(10, 400), 2),
        "height": round(chance.uniform(10, 400), 2),
        "index": f"a{number:06}",
        "seed": chance.randrange(2**31),
        "version": version,
        "versionNonce": chance.randrange(2**31),
        "updated": RECTANGLE["updated"] + version,
    }


def records(board_id: str, generation: str, ops: int, chance: random.Random) -> list[Record]:
    """A board's life: up to ELEMENTS shapes are made and then moved about."""
    actors, found = [new_id() for _ in range(5)], []
    for n in range(ops):
        number = n if n < ELEMENTS and n < ops // 3 else chance.randrange(max(1, min(ELEMENTS, ops // 3)))
        drawn = {"board_id": board_id, "elements": [element(chance, number, n + 1)]}
        seconds = n // 5
        op = {
            "id": new_id(),
            "actor": chance.choice(actors),
            "connection": None,
            "client_id": None,
            "time": f"2026-05-{4 + seconds // 86400:02}T{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{n % 5}00Z",
            "data": drawn,
        }
        found.append((Place(generation, 0, n), board_id, {"ops": [op]}))
    return found


async def measure(lengths: Sequence[int]) -> list[Measured]:
    """Archive boards of these lengths and read states of each at random places."""
    with tempfile.TemporaryDirectory() as folder:
        parts = Stack(Path(folder), ports="free", parts=("postgres", "seaweedfs"))
        await parts.start()
        try:
            settings = ArchiverSettings.of(parts.environment())
            await migrate(settings)
            pool = await postgres_pool(settings, role_of("board_archiver"))
            try:
                async with ObjectStore(settings) as store:
                    return [await _one(pool, store, settings, length, at) for at, length in enumerate(lengths)]
            finally:
                await pool.close()
        finally:
            await parts.stop()


async def _one(pool: Any, store: ObjectStore, settings: ArchiverSettings, length: int, partition: int) -> Measured:
    chance, board_id = random.Random(length), new_id()

    async def beginning(_topic: str, _partition: int) -> int:
        return 0

    work = Archiving(
        ArchiveIndex(pool),
        ArchiveReader(pool, store),
        store,
        beginning,
        topic=TOPIC,
        snapshot_ops=settings.archive_snapshot_ops,
    )
    whole, write_ms = records(board_id, "measured", length, chance), []
    moved = [(Place(place.generation, partition, place.offset), board, data) for place, board, data in whole]
    size = max(OPS_OF_A_POLL, length // POLLS)
    for start in range(0, length, size):
        poll = moved[start : start + size]
        began = time.perf_counter()
        await work.write(poll, {(TOPIC, partition): ("measured", poll[-1][0].offset + 1)})
        write_ms.append((time.perf_counter() - began) * 1000)
    read_ms = []
    for _ in range(READS):
        # Nothing is remembered between two reads.
        reader, seq = ArchiveReader(pool, store), chance.randint(1, length)
        began = time.perf_counter()
        await reader.state(board_id, seq)
        read_ms.append((time.perf_counter() - began) * 1000)
    sums = await pool.fetchrow(
        "select sum(length)::bigint as packed, sum(raw_bytes)::bigint as raw from board_archiver.segments where board_id = $1",
        board_id,
    )
    snapshots = await pool.fetchval(
        "select coalesce(sum(bytes), 0)::bigint from board_archiver.snapshots where board_id = $1", board_id
    )
    return Measured(length, write_ms, read_ms, sums["packed"] / length, snapshots / length, sums["raw"] / length)


def table(found: Sequence[Measured]) -> str:
    """For a README."""
    lines = [
        "| ops of the board | a state at a random place, p50 / p95 ms | a poll written, p50 / p95 ms | bytes an op in segments, in snapshots (as JSON) |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {each.ops:,} | {percentile(each.read_ms, 0.5):.0f} / {percentile(each.read_ms, 0.95):.0f} "
        f"| {percentile(each.write_ms, 0.5):.0f} / {percentile(each.write_ms, 0.95):.0f} "
        f"| {each.bytes_per_op:.0f}, {each.snapshot_bytes_per_op:.0f} ({each.raw_bytes_per_op:.0f}) |"
        for each in found
    ]
    return "\n".join(lines)
