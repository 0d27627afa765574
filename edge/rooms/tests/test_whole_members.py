"""Members that did not say that they take appended points: whole elements, under the same numbers."""

import asyncio
import random
from typing import Any

import pytest

from edge.rooms import whole_members
from edge.rooms.cursor import Cursor
from edge.rooms.frames import Prepared
from edge.rooms.hub import Rooms
from edge.rooms.tests.stage import CURSORS, Edges, Log, Recorder, payload_of, until
from schemas.boards.append import APPEND, DRAW, Op, changes
from schemas.boards.merge import fold
from schemas.boards.tests.strokes import append, stroke
from topics.rooms.mark import Mark

pytestmark = pytest.mark.integration


def drawn(*elements: dict[str, Any]) -> Op:
    return DRAW, {"elements": list(elements)}


def grown(id_: str, base: int, version: int) -> Op:
    return APPEND, append(id_, (base, 0), version, 0)


async def two(edges: Edges, room: str) -> tuple[Rooms, Recorder, Recorder]:
    """A hub, and a member of each kind."""
    rooms, new, old = await edges.start(), Recorder("new"), Recorder("old", takes_appends=False)
    await rooms.join(room, new)
    await rooms.join(room, old)
    return rooms, new, old


def elements(event: dict[str, Any]) -> list[tuple[int, int]]:
    """Version and number of points of what a draw shows."""
    assert event["type"] == DRAW
    assert not {"log", "offset"} & event.keys()
    return [(element["version"], len(element["points"])) for element in event["data"]["elements"]]


async def test_they_see_the_whole_element_under_the_same_number_and_id(edges: Edges, log: Log, room: str) -> None:
    _, new, old = await two(edges, room)

    # One at a time: of appends that come in one frame only the last shows the element.
    for op in (drawn(stroke("a", 1, 0)), grown("a", 1, 2), grown("a", 2, 4)):
        await log.op(room, op)
        await until(lambda: old.seqs == new.seqs == list(range(1, len(log.ops) + 1)))

    assert [event["type"] for event in new.events] == [DRAW, APPEND, APPEND]
    assert [elements(event) for event in old.events] == [[(1, 1)], [(2, 2)], [(4, 3)]]
    for name in ("id", "client_id", "actor", "connection", "time"):
        assert [event[name] for event in old.events] == [event[name] for event in new.events]
    assert (old.cursor, fold(element for event in old.events for element in event["data"]["elements"])) == (
        new.cursor,
        log.state(),
    )


async def test_without_appends_they_get_the_very_frame_of_the_others(edges: Edges, log: Log, room: str) -> None:
    _, new, old = await two(edges, room)
    frames: dict[str, list[Prepared]] = {"new": [], "old": []}
    for member in (new, old):
        keep = frames[member.person.connection]
        member.deliver = keep.append

    await log.op(room, drawn(stroke("a", 1, 0)))

    def events() -> list[list[Prepared]]:
        # Each is told of the other's coming too, sooner or later.
        return [[frame for frame in kept if payload_of(frame)["kind"] == "events"] for kept in frames.values()]

    await until(lambda: all(events()))
    assert events()[0][0] is events()[1][0]


async def test_a_room_where_all_take_appends_reads_nothing(edges: Edges, log: Log, room: str) -> None:
    rooms, new = await edges.start(), Recorder("new")
    await rooms.join(room, new)

    await log.op(room, drawn(stroke("a", 1, 0)), grown("a", 1, 2))

    await until(lambda: new.seqs == [1, 2])
    assert log.reads == 0


async def test_a_growing_stroke_is_read_once(edges: Edges, log: Log, room: str) -> None:
    _, _, old = await two(edges, room)
    await log.op(room, drawn(stroke("a", 1, 0)))
    await until(lambda: old.seqs == [1])

    for version in range(2, 12):
        await log.op(room, grown("a", version - 1, version))
        await until(lambda version=version: old.seqs[-1:] == [version])

    assert log.reads == 1
    assert [elements(event) for event in old.events] == [[(version, version)] for version in range(1, 12)]


async def test_of_several_appends_in_a_frame_the_last_shows_the_element(edges: Edges, log: Log, room: str) -> None:
    _, _, old = await two(edges, room)
    await log.op(room, drawn(stroke("a", 1, 0), stroke("b", 1, 0)))
    await until(lambda: old.seqs == [1])

    await log.op(room, grown("a", 1, 2), grown("b", 1, 2), grown("a", 2, 3))

    await until(lambda: old.seqs == [1, 2, 3, 4])
    assert [elements(event) for event in old.events[1:]] == [[], [(2, 2)], [(3, 3)]]


async def test_an_append_that_changed_nothing_draws_nothing_of_its_own(edges: Edges, log: Log, room: str) -> None:
    _, _, old = await two(edges, room)
    await log.op(room, grown("nobody's", 1, 2))
    await log.op(room, drawn(stroke("a", 1, 0)), grown("a", 1, 2))
    await until(lambda: old.seqs == [1, 2, 3])

    await log.op(room, grown("a", 1, 9))

    await until(lambda: old.seqs == [1, 2, 3, 4])
    assert elements(old.events[0]) == []
    assert elements(old.events[2]) == [(2, 2)]
    assert fold(element for event in old.events for element in event["data"]["elements"]) == log.state()


async def test_a_draw_between_appends_is_not_missed(edges: Edges, log: Log, room: str) -> None:
    _, _, old = await two(edges, room)
    for op in (
        drawn(stroke("a", 1, 0)),
        grown("a", 1, 2),
        drawn(stroke("a", 5, 0)),
        grown("a", 2, 6),
        grown("a", 5, 7),
        drawn(stroke("a", 8, 0, deleted=True)),
        grown("a", 8, 9),
    ):
        await log.op(room, op)
        await until(lambda: old.seqs == list(range(1, len(log.ops) + 1)))
        assert fold(element for event in old.events for element in event["data"]["elements"]) == log.state()


async def test_what_comes_while_the_store_is_behind_waits_and_keeps_its_order(
    edges: Edges, log: Log, room: str
) -> None:
    _, new, old = await two(edges, room)
    log.stored_next = 0
    await log.op(room, drawn(stroke("a", 1, 0)))
    await until(lambda: old.seqs == [1])
    await log.op(room, grown("a", 1, 2))
    await log.op(room, drawn(stroke("b", 1, 0)))
    await until(lambda: new.seqs == [1, 2, 3] and log.reads > 0)

    before = list(old.seqs)
    log.stored_next = None

    assert before == [1]
    await until(lambda: old.seqs == [1, 2, 3])
    assert [elements(event) for event in old.events] == [[(1, 1)], [(2, 2)], [(1, 1)]]


async def test_a_store_that_stays_away_sends_them_back_to_their_cursors(
    edges: Edges, log: Log, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_members, "WAITING_BYTES", 2000)
    rooms, _, old = await two(edges, room)
    log.stored_next = 0
    await log.op(room, drawn(stroke("a", 1, 0)))
    await until(lambda: old.seqs == [1])
    since = old.cursor

    for version in range(2, 12):
        await log.op(room, grown("a", version - 1, version))
    await until(lambda: old.resets == [room])
    log.stored_next = None
    await rooms.join(room, old, CURSORS.decode(room, since))

    await until(lambda: old.seqs == list(range(2, 12)))
    assert elements(old.events[-1]) == [(11, 11)]


async def test_a_resume_shows_what_was_missed_in_the_same_form(edges: Edges, log: Log, room: str) -> None:
    rooms, _, old = await two(edges, room)
    await log.op(room, drawn(stroke("a", 1, 0)))
    await until(lambda: old.seqs == [1])
    since = CURSORS.decode(room, old.cursor)
    rooms.leave(room, old)
    for version in range(2, 6):
        await log.op(room, grown("a", version - 1, version))

    await rooms.join(room, old, since)
    await log.op(room, grown("a", 5, 6))

    await until(lambda: old.seqs == [2, 3, 4, 5, 6])
    assert fold(element for event in old.events for element in event["data"]["elements"]) == log.state()


class Person:
    """A client: a snapshot, then what the room shows, taken as its kind takes it."""

    def __init__(self, name: str, *, takes_appends: bool) -> None:
        self.member = Recorder(name, takes_appends=takes_appends)
        self.state: dict[str, Any] = {}
        self.contains = 0

    async def come(self, rooms: Rooms, log: Log, cursor: Cursor) -> None:
        """Read elements that go further than the place that one joins from, as the real ones may."""
        assert cursor.mark is not None
        self.contains = cursor.mark.next
        self.state = log.state(self.contains)
        await rooms.join(cursor.room, self.member, cursor)

    def take(self) -> None:
        for event in self.member.events:
            if event["type"] == DRAW or event["offset"] >= self.contains:
                for element in changes((event["type"], event["data"]), self.state):
                    self.state[element["id"]] = element


@pytest.mark.parametrize("seed", range(12))
async def test_whoever_comes_when_and_whatever_is_drawn_all_end_with_what_the_log_says(
    edges: Edges, log: Log, room: str, seed: int
) -> None:
    chance = random.Random(seed)
    rooms = await edges.start()
    watcher = Recorder("watcher")
    first = await rooms.join(room, watcher)
    people: list[Person] = []
    log.stored_next = 0
    seq = 0

    def state() -> tuple[int, int]:
        return chance.randint(0, 4), chance.randint(0, 1)

    for n in range(50):
        ops: list[Op] = []
        for _ in range(chance.choice([1, 1, 2, 4])):
            id_, (version, nonce) = chance.choice("ab"), state()
            held = log.state().get(id_)
            if chance.random() < 0.4:
                deleted = chance.random() < 0.1
                ops.append(drawn(stroke(id_, version + n // 5, nonce, deleted=deleted)))
            else:
                base = (held["version"], held["versionNonce"]) if held and chance.random() < 0.7 else state()
                ops.append((APPEND, append(id_, base, base[0] + chance.randint(0, 2), nonce)))
        if chance.random() < 0.25:
            person = Person(f"p{n}", takes_appends=chance.random() < 0.5)
            people.append(person)
            # The snapshot may contain what the room has not shown when one joins.
            await log.op(room, *ops)
            end = log.ops[-1][0] + 1
            await person.come(rooms, log, Cursor(room, first.epoch, seq, Mark("g1", 0, end), 2**62))
        else:
            await log.op(room, *ops)
        seq += len(ops)
        if chance.random() < 0.5:
            log.stored_next = log.ops[-1][0] + 1
        if chance.random() < 0.3:
            await asyncio.sleep(0.005)
    log.stored_next = None

    for person in people:
        await until(lambda member=person.member: [member.answers[0].seq, *member.seqs][-1] == seq)
        assert person.member.seqs == list(range(person.member.answers[0].seq + 1, seq + 1))
        person.take()
        assert person.state == log.state()
