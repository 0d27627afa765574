"""What a poll's records come to: for each partition one object, in it a segment or more for each board."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from schemas.boards import archive_trace
from schemas.boards.archive import ArchivedOp, Segment, archived, bundle_key, line, pack, segment
from schemas.problems import Problem
from topics.errors import Reject

# A segment is what is read whole for any of its ops.
SEGMENT_OPS: Final = 1000
SEGMENT_BYTES: Final = 1024 * 1024
# A snapshot is due when reading what has come since costs more than reading a snapshot does. So a state costs at most
# twice its snapshot, and snapshots take at most as much room as what they abridge.
SNAPSHOT_BYTES: Final = 256 * 1024
SNAPSHOT_SEGMENTS: Final = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands."""

    generation: str
    partition: int
    offset: int


Record: TypeAlias = tuple[Place, str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment as it lies in its object: which bytes they are."""

    segment: Segment
    start: int
    packed: bytes
    trace: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """An object of segments."""

    key: str
    generation: str
    partition: int
    pieces: Sequence[Piece]

    @property
    def body(self) -> bytes:
        """What is written."""
        return b"".join(each.packed for each in self.pieces)


def boards_of(records: Iterable[Record]) -> list[str]:
    """The boards of records, sorted."""
    return sorted({board_id for _, board_id, _ in records})


def by_board(records: Iterable[Record], ends: Mapping[str, int]) -> dict[tuple[str, int, str], list[ArchivedOp]]:
    """The ops of records by generation, partition and board, numbered on from where each board ends.

    Raises:
        Reject: a record holds ops of another board than its key, so their order is not that of their board.
    """
    found: dict[tuple[str, int, str], list[ArchivedOp]] = {}
    following = dict(ends)
    for place, board_id, data in records:
        for i, op in enumerate(data["ops"]):
            if op["data"]["board_id"] != board_id:
                wrong = Problem(f"/ops/{i}/data/board_id", "is another board than the record's key")
                raise Reject("schema_invalid", "ops of several boards are in one record", (wrong,))
        seq = following.get(board_id, 0) + 1
        ops = list(archived(place.generation, place.partition, place.offset, data, seq))
        following[board_id] = ops[-1].seq
        found.setdefault((place.generation, place.partition, board_id), []).extend(ops)
    return found


def cut(board_id: str, ops: Sequence[ArchivedOp]) -> Iterator[Segment]:
    """Ops of one board and generation as segments of bounded size."""
    start = size = 0
    for i, op in enumerate(ops):
        written = len(line(op))
        if i > start and (i - start >= SEGMENT_OPS or size + written > SEGMENT_BYTES):
            yield segment(board_id, ops[start:i])
            start, size = i, 0
        size += written
    yield segment(board_id, ops[start:])


def bundle(segments: Sequence[Segment]) -> Bundle:
    """Segments of one partition as the object that holds them."""
    pieces, start = [], 0
    for each in segments:
        packed = pack(each.raw)
        pieces.append(Piece(each, start, packed, archive_trace.pack(each.ops)))
        start += len(packed)
    first = segments[0].first
    return Bundle(bundle_key(first.generation, first.partition, segments), first.generation, first.partition, pieces)


def bundles(records: Sequence[Record], ends: Mapping[str, int]) -> list[Bundle]:
    """The objects that a poll's records come to; `ends`: the number of each board's last op. Raises Reject."""
    partitions: dict[tuple[str, int], list[Segment]] = {}
    for (generation, partition, board_id), ops in sorted(by_board(records, ends).items()):
        partitions.setdefault((generation, partition), []).extend(cut(board_id, ops))
    return [bundle(segments) for segments in partitions.values()]


@dataclass(frozen=True, slots=True)
class Since:
    """What has come since a snapshot."""

    ops: int
    bytes: int
    segments: int


def is_due(since: Since, snapshot_bytes: int, most_ops: int) -> bool:
    """Whether a board needs a snapshot, whose last one had so many bytes."""
    return (
        since.ops >= most_ops
        or since.segments >= SNAPSHOT_SEGMENTS
        or since.bytes >= max(SNAPSHOT_BYTES, snapshot_bytes)
    )
