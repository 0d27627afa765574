"""How ops and states of boards lie in the archive: NDJSON segments and JSON snapshots, each compressed by itself.

Gzip, because everything that could ever have to read a board in ten years reads it. Content decides a key, so equal
content has one key and a repeated write changes nothing.
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from schemas.boards.append import DRAW
from schemas.boards.merge import Element

SEGMENT: Final = "boards.archive_segment/1"
SNAPSHOT: Final = "boards.archive_snapshot/1"
ROOT: Final = "archive/"
OPS: Final = "archive/ops/"
SNAPSHOTS: Final = "archive/snapshots/"
# What one compressed piece may unfold to: more is no segment or snapshot of ours.
UNFOLDED_BYTES: Final = 512 * 1024 * 1024
# A segment is cut at a megabyte, and one op alone has not many more.
SEGMENT_UNFOLDED_BYTES: Final = 64 * 1024 * 1024
FED_BYTES: Final = 64 * 1024
COMPRESSION: Final = 6


class ArchiveCorrupt(Exception):
    """What was read is not what was written; says how it is seen."""


@dataclass(frozen=True, slots=True)
class ArchivedOp:
    """An op, the `seq`th of its board, and where it stands in the log."""

    seq: int
    generation: str
    partition: int
    offset: int
    index: int
    id: str
    time: str
    actor: str
    type: str
    data: Mapping[str, Any]

    @property
    def place(self) -> tuple[int, int]:
        """What orders the ops of one generation."""
        return self.offset, self.index


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive ops of one board within one generation; `raw` is its text, `hash` that of its ops."""

    board_id: str
    ops: Sequence[ArchivedOp]
    hash: str
    raw: bytes

    @property
    def first(self) -> ArchivedOp:
        """Its first op."""
        return self.ops[0]

    @property
    def last(self) -> ArchivedOp:
        """Its last op."""
        return self.ops[-1]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every element of a board, tombstones included, after its op `seq`, which stands at `offset`, `index`."""

    board_id: str
    generation: str
    partition: int
    seq: int
    offset: int
    index: int
    time: str
    state_hash: str
    elements: Mapping[str, Element]


def archived(generation: str, partition: int, offset: int, data: Mapping[str, Any], seq: int) -> Iterator[ArchivedOp]:
    """The ops of a record of boards.ops; the first one gets the number `seq`."""
    for index, op in enumerate(data["ops"]):
        yield ArchivedOp(
            seq=seq + index,
            generation=generation,
            partition=partition,
            offset=offset,
            index=index,
            id=op["id"],
            time=op["time"],
            actor=op["actor"],
            type=op.get("type", DRAW),
            data=op["data"],
        )


def segment(board_id: str, ops: Sequence[ArchivedOp]) -> Segment:
    """Ops as a segment, with the text that is written."""
    lines = b"".join(line(op) for op in ops)
    hash_ = hashlib.sha256(lines).hexdigest()
    first, last = ops[0], ops[-1]
    head = {
        "schema": SEGMENT,
        "board_id": board_id,
        "generation": first.generation,
        "partition": first.partition,
        "first_seq": first.seq,
        "last_seq": last.seq,
        "first": {"offset": first.offset, "index": first.index},
        "last": {"offset": last.offset, "index": last.index},
        "hash": hash_,
    }
    return Segment(board_id, ops, hash_, orjson.dumps(head, option=orjson.OPT_APPEND_NEWLINE) + lines)


def line(op: ArchivedOp) -> bytes:
    """An op as a line."""
    return orjson.dumps(op, option=orjson.OPT_APPEND_NEWLINE)


def parse_segment(raw: bytes) -> Segment:
    """The segment whose text this is. Raises ArchiveCorrupt."""
    head_line, _, lines = raw.partition(b"\n")
    try:
        head = orjson.loads(head_line)
        if head["schema"] != SEGMENT:
            raise ArchiveCorrupt(f"it is of schema {head['schema']}, not {SEGMENT}")
        if hashlib.sha256(lines).hexdigest() != head["hash"]:
            raise ArchiveCorrupt("its ops are not those of its hash")
        ops = [_op(orjson.loads(each)) for each in lines.splitlines()]
        found = Segment(head["board_id"], ops, head["hash"], raw)
        _check(head, found)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ArchiveCorrupt(f"it cannot be read: {error!r}") from error
    return found


def _op(fields: Mapping[str, Any]) -> ArchivedOp:
    op = ArchivedOp(**fields)
    numbers = (op.seq, op.partition, op.offset, op.index)
    texts = (op.generation, op.id, op.time, op.actor, op.type)
    if not (all(type(each) is int for each in numbers) and all(type(each) is str for each in texts)):
        raise TypeError("an op is not as its schema says")
    return op


def _check(head: Mapping[str, Any], found: Segment) -> None:
    first, last = found.first, found.last
    named = (head["generation"], head["partition"], head["first_seq"], head["last_seq"], *head["first"].values())
    if named != (first.generation, first.partition, first.seq, last.seq, first.offset, first.index):
        raise ArchiveCorrupt("its first line does not name its ops")
    before = None
    for op in found.ops:
        wrong = op.data["board_id"] != found.board_id or op.generation != first.generation
        if wrong or (before is not None and (op.seq != before.seq + 1 or op.place <= before.place)):
            raise ArchiveCorrupt(f"op {op.seq} does not follow the one before it")
        before = op


def document(segment_: Segment) -> dict[str, Any]:
    """A segment as its schema describes it: the first line with the others as `ops`."""
    head, *lines = segment_.raw.splitlines()
    return {**orjson.loads(head), "ops": [orjson.loads(each) for each in lines]}


def state_hash(elements: Mapping[str, Element]) -> str:
    """One value for one state, however it was reached."""
    digest = hashlib.sha256()
    for id_ in sorted(elements):
        digest.update(orjson.dumps(elements[id_], option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
    return digest.hexdigest()


def snapshot(board_id: str, last: ArchivedOp, elements: Mapping[str, Element]) -> tuple[Snapshot, bytes]:
    """The snapshot after an op, and its text."""
    hash_ = state_hash(elements)
    found = Snapshot(
        board_id, last.generation, last.partition, last.seq, last.offset, last.index, last.time, hash_, elements
    )
    text = {
        "schema": SNAPSHOT,
        "board_id": board_id,
        "generation": last.generation,
        "partition": last.partition,
        "seq": last.seq,
        "last": {"offset": last.offset, "index": last.index},
        "time": last.time,
        "state_hash": hash_,
        "elements": [elements[id_] for id_ in sorted(elements)],
    }
    return found, orjson.dumps(text)


def parse_snapshot(raw: bytes, *, checked: bool = True) -> Snapshot:
    """The snapshot whose text this is. Raises ArchiveCorrupt, also for a wrong state hash when it is `checked`."""
    try:
        text = orjson.loads(raw)
        if text["schema"] != SNAPSHOT:
            raise ArchiveCorrupt(f"it is of schema {text['schema']}, not {SNAPSHOT}")
        elements = {each["id"]: each for each in text["elements"]}
        found = Snapshot(
            text["board_id"],
            text["generation"],
            text["partition"],
            text["seq"],
            text["last"]["offset"],
            text["last"]["index"],
            text["time"],
            text["state_hash"],
            elements,
        )
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise ArchiveCorrupt(f"it cannot be read: {error!r}") from error
    if checked and state_hash(elements) != found.state_hash:
        raise ArchiveCorrupt("its elements are not those of its state hash")
    return found


def pack(raw: bytes) -> bytes:
    """Compressed; the same bytes for the same text."""
    return gzip.compress(raw, COMPRESSION, mtime=0)


def unpack(packed: bytes, at_most: int = UNFOLDED_BYTES) -> bytes:
    """One compressed piece. Raises ArchiveCorrupt, also when there is more than one, or it unfolds to too much."""
    if not packed:
        raise ArchiveCorrupt("it holds no compressed piece")
    length, raw = _unfolded(memoryview(packed), 0, at_most)
    if length != len(packed):
        raise ArchiveCorrupt(f"it goes on for {len(packed) - length} bytes after its compressed piece")
    return raw


def unpack_all(packed: bytes, at_most: int = UNFOLDED_BYTES) -> Iterator[tuple[int, int, bytes]]:
    """Every compressed piece of an object: where it starts, its length, its text. Raises ArchiveCorrupt."""
    view, start = memoryview(packed), 0
    while start < len(packed):
        length, raw = _unfolded(view, start, at_most)
        yield start, length, raw
        start += length


def _unfolded(packed: memoryview, start: int, at_most: int) -> tuple[int, bytes]:
    """The length and the text of the piece that starts there. It is fed in small parts: what follows is left alone."""
    unfolding = zlib.decompressobj(wbits=31)
    texts, size, at = [], 0, start
    while not unfolding.eof:
        part = packed[at : at + FED_BYTES]
        if not part:
            raise ArchiveCorrupt("it ends too early")
        try:
            texts.append(unfolding.decompress(part, at_most - size + 1))
        except zlib.error as error:
            raise ArchiveCorrupt(f"it cannot be decompressed: {error}") from error
        size += len(texts[-1])
        if size > at_most:
            raise ArchiveCorrupt("it unfolds to too much")
        at += len(part) - len(unfolding.unconsumed_tail) - len(unfolding.unused_data)
    return at - start, b"".join(texts)


def bundle_key(generation: str, partition: int, segments: Iterable[Segment]) -> str:
    """Where an object of segments lies: by position, and by content."""
    found = list(segments)
    first = min(each.first.offset for each in found)
    last = max(each.last.offset for each in found)
    content = hashlib.sha256("".join(each.hash for each in found).encode()).hexdigest()[:16]
    return f"{OPS}{generation}/{partition:03}/{first:020}-{last:020}-{content}.ndjson.gz"


def snapshot_key(found: Snapshot) -> str:
    """Where a snapshot lies: by board, by position, and by content."""
    place = f"{found.seq:012}-{found.offset:020}-{found.index:05}-{found.state_hash[:16]}"
    return f"{SNAPSHOTS}{found.board_id}/{found.generation}/{place}.json.gz"
