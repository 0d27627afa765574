"""What is gathered between two checkpoints, without a broker: the steps of the pipeline as quixstreams calls them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from topics.bus.records import Raw
from topics.bus.window_stream import Place, Shape, SinkBackpressureError, Timed, Window, _Gathering

KEY, MINUTE = b"board", 60_000


@dataclass
class Store:
    """Takes checkpoints, or says when to come again."""

    again: float | None = None
    taken: list[list[Window]] = field(default_factory=list)

    def place(self, partitions: Sequence[Place]) -> Mapping[Place, int]:
        return dict.fromkeys(partitions, 0)

    def read(self, record: Raw) -> Sequence[Timed]:
        return ()

    def checkpoint(self, windows: Sequence[Window]) -> float | None:
        self.taken.append(list(windows))
        return self.again


@dataclass
class Stage:
    """A window's state as quixstreams keeps it: what was there before comes back with the next value."""

    store: Store = field(default_factory=Store)
    held: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.gathering = _Gathering(self.store, Shape(MINUTE, 0, lambda held, new: held + new), "test")

    def say(self, value: list[str], start: int = 0) -> None:
        new = {"at": start, "value": value}
        held = self.held.get(start)
        self.held[start] = self.gathering.begin(new) if held is None else self.gathering.merge(held, new)
        told = {"start": start, "end": start + MINUTE, "value": self.held[start]}
        self.gathering.add(told, KEY, start, [], "boards.ops", 0, 0)

    def late(self, value: list[str], start: int = 0) -> bool:
        new = {"at": start, "value": value}
        return self.gathering.late(new, KEY, start, 1, start, start + MINUTE, "w", "boards.ops", 0, 0)


def values(windows: list[Window]) -> list[tuple[int, list[str], bool]]:
    return [(each.start_ms, each.value, each.late) for each in windows]


def test_a_checkpoint_brings_what_came_since_the_last_one() -> None:
    stage = Stage()
    stage.say(["one"])
    stage.say(["two"])
    stage.gathering.flush()
    stage.say(["three"])
    stage.gathering.flush()

    assert [values(each) for each in stage.store.taken] == [[(0, ["one", "two"], False)], [(0, ["three"], False)]]


def test_a_window_that_is_forgotten_and_begun_anew_loses_nothing() -> None:
    stage = Stage()
    stage.say(["one"])
    stage.held.clear()
    stage.say(["two"])
    stage.gathering.flush()

    assert values(stage.store.taken[0]) == [(0, ["one"], False), (0, ["two"], False)]


def test_what_is_late_comes_too_and_is_marked() -> None:
    stage = Stage()
    stage.say(["in time"])
    assert stage.late(["late"]) is False
    stage.late(["later"])
    stage.gathering.flush()

    assert values(stage.store.taken[0]) == [(0, ["in time"], False), (0, ["late", "later"], True)]


def test_what_could_not_be_written_is_read_again_and_not_doubled() -> None:
    stage = Stage(Store(again=0.5))
    stage.say(["one"])
    with pytest.raises(SinkBackpressureError) as refused:
        stage.gathering.flush()
    stage.gathering.on_paused()
    stage.store.again = None
    stage.say(["one"])
    stage.gathering.flush()

    assert refused.value.retry_after == 0.5
    assert values(stage.store.taken[1]) == [(0, ["one"], False)]
