"""No run with a fault may look good: each kind is put in by a fake edge, and must be found."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from jobs.bench.load import rooms
from jobs.bench.run import Run, tally
from jobs.bench.tests.fake_edge import FakeEdge, Json, Spoil, serving

MEMBERS, RATE, SECONDS = 3, 40, 0.25
OPS = 30
STEP_MS = 1000 / RATE
FIRST, LAST = 11, 10 + OPS
# The event that is spoiled.
FIFTH = 15
# How long it is waited for what never comes. Where more must not be missing than was taken away, a moment in which this
# machine does something else is no fault.
IMPATIENT, CAREFUL = 0.4, 2.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "SETTLE_SECONDS", CAREFUL)
    monkeypatch.setattr(rooms, "QUIET_SECONDS", 0.1)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For those who are shown everything: nothing is waited for then."""
    monkeypatch.setattr(rooms, "SETTLE_SECONDS", 60.0)


async def measured(edge: FakeEdge, *, move_rate: float = 0, compress: bool = False) -> Run:
    """A short run of three members, all of whom draw."""
    act, run = rooms.Act("c0"), Run({}, SECONDS)
    people = [{"token": "t", "draws": True, "moves": bool(move_rate)} for _ in range(MEMBERS)]
    async with serving(edge):
        await act.open(edge.url, [{"board": "b", "members": people}], compress=compress)
        drawn = await act.draw(time.monotonic_ns(), 0, SECONDS, draw_rate=RATE, move_rate=move_rate)
        finished = await act.finish(drawn["acked"], drawn["moves"])
        await act.close()
    tally(run, [drawn], [finished])
    run.figures = {name: finished[name] for name in ("stale_positions", "moves_delivered")}
    return run


def once(how: Callable[[Json], list[Json]], *, everybody: bool = False) -> Spoil:
    """Spoils the fifth event, for one member or for all."""

    def spoil(member: int, frame: Json) -> list[Json]:
        return how(frame) if (everybody or member == 1) and seq_of(frame) == FIFTH else [frame]

    return spoil


def swapped() -> Spoil:
    """Keeps the fifth event back until the sixth was told."""
    held: list[Json] = []

    def spoil(member: int, frame: Json) -> list[Json]:
        if member == 1 and seq_of(frame) == FIFTH:
            held.append(frame)
            return []
        return [frame, *(held.pop() for _ in held[:1])] if member == 1 else [frame]

    return spoil


def seq_of(frame: Json) -> int:
    return int(frame["events"][0]["seq"]) if frame["kind"] == "events" else 0


def changed(frame: Json, **changes: Any) -> Json:
    return {**frame, "events": [{**frame["events"][0], **changes}]}


@pytest.mark.usefixtures("patient")
async def test_a_faithful_edge_has_no_faults_and_every_time_is_counted() -> None:
    run = await measured(FakeEdge())

    assert run.problems() == []
    assert run.sent == run.acked == OPS
    assert run.delivered == run.expected == OPS * MEMBERS
    # Of what was sent in time: a busy machine may send the last ones after the measured seconds.
    assert len(run.seen) == len(run.ack) * MEMBERS
    assert len(run.ack) == OPS or (len(run.ack) < OPS and run.late.percentile(100) > STEP_MS / MEMBERS * 0.98)


@pytest.mark.usefixtures("patient")
async def test_compressed_frames_are_read_too() -> None:
    run = await measured(FakeEdge(), compress=True)

    assert run.problems() == []
    assert run.delivered == OPS * MEMBERS


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (once(lambda _: []), "gaps"),
        (once(lambda _: []), "lost"),
        (once(lambda frame: [frame, frame]), "doubles"),
        (swapped(), "disordered"),
        (once(lambda frame: [changed(frame, client_id="x:1:1")]), "disagreements"),
        # Another op under its number: nothing seems to be missing.
        (once(lambda frame: [changed(frame, client_id="x:1:1")], everybody=True), "lost"),
        (once(lambda frame: [{"kind": "reset", "room": "r"}, frame]), "resets"),
        (once(lambda frame: [{"kind": "reject", "code": "internal", "errors": []}, frame]), "refused"),
        # An acknowledgement of what was acknowledged, or never sent.
        (once(lambda frame: [frame, {"kind": "ack", "id": "c0-1:1:1", "position": "p"}]), "doubles"),
    ],
)
async def test_a_fault_is_found_by_its_name(spoil: Spoil, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "SETTLE_SECONDS", IMPATIENT)
    run = await measured(FakeEdge(spoil))

    assert run.faults.written()[fault] > 0, run.faults
    assert not run.counts


async def test_the_last_event_lost_for_one_member_is_found() -> None:
    def spoil(member: int, frame: Json) -> list[Json]:
        return [] if member == 2 and seq_of(frame) == LAST else [frame]

    run = await measured(FakeEdge(spoil))

    assert run.faults.lost == 1
    assert run.delivered == run.expected - 1


async def test_an_op_told_under_two_numbers_is_found() -> None:
    edge = FakeEdge()

    def spoil(member: int, frame: Json) -> list[Json]:
        if seq_of(frame) != FIFTH:
            return [frame]
        if member == 0:
            edge.seq += 1
        return [frame, changed(frame, seq=FIFTH + 1)]

    edge.spoil = spoil
    run = await measured(edge)

    assert (run.faults.doubles, run.faults.gaps) == (1, 0)
    assert not run.counts


async def test_ops_of_one_person_in_another_order_than_sent_are_found() -> None:
    held: list[str] = []

    def spoil(member: int, frame: Json) -> list[Json]:
        # The same person's next op took the place of the fifth event.
        author, number, sent = frame["events"][0]["client_id"].split(":")
        if seq_of(frame) == FIFTH:
            held[:] = [author]
            return [changed(frame, client_id=f"{author}:{int(number) + 1}:{sent}")]
        if held == [author] and seq_of(frame) == FIFTH + MEMBERS:
            return [changed(frame, client_id=f"{author}:{int(number) - 1}:{sent}")]
        return [frame]

    run = await measured(FakeEdge(spoil))

    assert run.faults.disordered == 1


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (lambda _: None, "unacknowledged"),
        (lambda ack: {**ack, "kind": "unknown", "retry_after": 1}, "refused"),
        (lambda ack: {**ack, "kind": "reject", "code": "rate_limited", "errors": []}, "refused"),
    ],
)
async def test_an_op_that_is_not_acknowledged_is_found(answer: Callable[[Json], Json | None], fault: str) -> None:
    run = await measured(FakeEdge(ack=lambda ack: answer(ack) if ack["id"].split(":")[1] == "2" else ack))

    assert run.faults.written()[fault] == MEMBERS
    assert f"{OPS - MEMBERS} of {OPS} ops acknowledged" in run.problems()


async def test_a_closed_connection_is_found() -> None:
    edge, closing = FakeEdge(), []

    def spoil(member: int, frame: Json) -> list[Json]:
        if member == 1 and seq_of(frame) == FIFTH:
            closing.append(asyncio.ensure_future(edge.members[1].close(code=4450)))
        return [frame]

    edge.spoil = spoil
    run = await measured(edge)
    await asyncio.gather(*closing)

    assert run.faults.closed == 1
    assert not run.counts


@pytest.mark.usefixtures("patient")
async def test_a_delay_stands_in_the_times() -> None:
    held: list[Json] = []
    moments: list[float] = []

    def spoil(member: int, frame: Json) -> list[Json]:
        # For one member everything waits for the last event.
        if member != 1:
            return [frame]
        held.append(frame)
        moments.append(time.monotonic())
        return held if seq_of(frame) == LAST else []

    run = await measured(FakeEdge(spoil))

    assert run.problems() == []
    delay_ms = (moments[-1] - moments[0]) * 1000
    assert delay_ms > 0
    # Times are told to one in a hundred.
    assert run.seen.percentile(100) > delay_ms * 0.99


async def test_a_newest_position_that_never_comes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(_member: int, frame: Json) -> list[Json]:
        return [] if frame["kind"] == "presence" else [frame]

    none = await measured(FakeEdge(spoil), move_rate=20)
    monkeypatch.setattr(rooms, "SETTLE_SECONDS", 60.0)
    whole = await measured(FakeEdge(), move_rate=20)

    pairs = MEMBERS * (MEMBERS - 1)
    assert whole.problems() == []
    assert (whole.figures["moves_delivered"], whole.figures["stale_positions"]) == (5 * pairs, 0)
    assert len(whole.age) == 5 * pairs or whole.late.percentile(100) > STEP_MS / MEMBERS * 0.98
    assert (none.figures["moves_delivered"], none.figures["stale_positions"]) == (0, pairs)


async def test_an_older_position_after_a_newer_one_is_found() -> None:
    def spoil(member: int, frame: Json) -> list[Json]:
        if frame["kind"] != "presence" or member != 1 or frame["moves"][0]["data"]["pointer"]["y"] != 3:
            return [frame]
        older = {"pointer": {**frame["moves"][0]["data"]["pointer"], "y": 2}}
        return [frame, {**frame, "moves": [{**frame["moves"][0], "data": older}]}]

    run = await measured(FakeEdge(spoil), move_rate=20)

    assert run.faults.disordered == MEMBERS - 1


def test_two_processes_that_saw_different_things_disagree() -> None:
    run = Run({})
    part = {"delivered": 0, "faults": {}, "members": {"b": 1}, "bytes_received": 0, "bytes_sent": 0}
    part |= {name: {} for name in ("ack", "seen", "age", "late", "lag")}

    tally(run, [{"sent": 0, "acked": {"b": 0}}], [{**part, "digests": {"b": "x"}}, {**part, "digests": {"b": "y"}}])

    assert run.faults.disagreements == 1
