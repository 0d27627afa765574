"""One room as all its members here were shown it: every frame read once, every place held against what others saw."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import orjson

from jobs.bench.load import frames, op_id
from jobs.bench.load.faults import Faults
from jobs.bench.load.times import Times

# Sockets of one room are a few frames apart at most.
REMEMBERED_FRAMES = 64
KEY_BYTES = 48


@dataclass(eq=False, slots=True)
class Shape:
    """A frame that many sockets get with the same bytes. `arrived_ns` are those at which it was all new."""

    kind: str
    frame: dict[str, Any]
    first: int = 0
    last: int = -1
    # By event: seq, and when the op was sent (0: by nobody here).
    events: list[tuple[int, int]] = field(default_factory=list)
    # By move: connection, number, and when it was sent.
    moves: list[tuple[str, int, int]] = field(default_factory=list)
    arrived_ns: list[int] = field(default_factory=list)


class RoomLog:
    """What stands where in a room. `faults` are those of the room, not of a member."""

    def __init__(self, base_ns: int = 0) -> None:
        self.base_ns = base_ns
        self.faults = Faults()
        self.ids: dict[int, str] = {}
        self.last = -1
        self.seen: set[str] = set()
        self.acked: set[str] = set()
        self._recent: OrderedDict[tuple[int, bytes], tuple[bytes, Shape]] = OrderedDict()
        self._shapes: list[Shape] = []

    def shape(self, payload: bytes, compressed: bool) -> Shape:
        """What a frame says; the same object for the same bytes."""
        key = len(payload), payload[-KEY_BYTES:]
        known = self._recent.get(key)
        if known is not None and known[0] == payload:
            return known[1]
        shape = self._read(orjson.loads(frames.inflate(payload) if compressed else payload))
        if shape.kind in ("events", "presence"):
            self._recent[key] = payload, shape
            self._shapes.append(shape)
            if len(self._recent) > REMEMBERED_FRAMES:
                self._recent.popitem(last=False)
        return shape

    def times(self, from_ns: int, to_ns: int) -> tuple[Times, Times]:
        """How long ops and moves sent in between took to every member: to be seen, and of age."""
        seen, age = Times(), Times()
        for shape in self._shapes:
            times = seen if shape.kind == "events" else age
            sents = [event[1] for event in shape.events] + [move[2] for move in shape.moves]
            for sent in sents:
                if from_ns <= sent < to_ns:
                    for arrived in shape.arrived_ns:
                        times.add((arrived - sent) // 1000)
        return seen, age

    def verify(self) -> Faults:
        """Hold what was shown against what was acknowledged and against the order of sending."""
        self.faults.lost += len(self.acked - self.seen)
        numbers: dict[str, int] = {}
        for seq in sorted(self.ids):
            known = op_id.read(self.ids[seq])
            if known is None:
                continue
            if known.number <= numbers.get(known.author, -1):
                self.faults.disordered += 1
            numbers[known.author] = known.number
        return self.faults

    def digest(self) -> str:
        """Equal in two processes that were shown the same."""
        text = "\n".join(f"{seq} {self.ids[seq]}" for seq in sorted(self.ids))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def _read(self, frame: dict[str, Any]) -> Shape:
        shape = Shape(frame["kind"], frame)
        if shape.kind == "events":
            self._read_events(shape, frame["events"])
            shape.frame = {}
        elif shape.kind == "presence":
            for move in frame["moves"]:
                pointer = move["data"].get("pointer")
                if pointer:
                    sent = self.base_ns + round(pointer["x"] * 1_000_000)
                    shape.moves.append((move["connection"], int(pointer["y"]), sent))
            shape.frame = {}
        return shape

    def _read_events(self, shape: Shape, events: list[dict[str, Any]]) -> None:
        previous = None
        for event in events:
            seq, identifier = event["seq"], event["client_id"] or event["id"]
            known = op_id.read(event["client_id"])
            shape.events.append((seq, known.sent_ns if known else 0))
            if previous is None:
                shape.first = seq
            elif seq != previous + 1:
                # Not one run: members look at its events one by one.
                shape.first = -1
            previous = shape.last = seq
            self._place(seq, identifier)

    def _place(self, seq: int, identifier: str) -> None:
        known = self.ids.get(seq)
        if known is None:
            if identifier in self.seen:
                self.faults.doubles += 1
            self.ids[seq] = identifier
            self.seen.add(identifier)
            self.last = max(self.last, seq)
        elif known != identifier:
            self.faults.disagreements += 1
