"""Random histories of people on boards, and what they come to, counted the slow way and by another road."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.envelope import Envelope
from schemas.ids import new_id

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
# An evening of these days, because old minutes are not kept: a history of hours goes over the end of a day.
EVENING = (datetime.now(UTC) - timedelta(days=3)).replace(hour=21, minute=30, second=0, microsecond=0)
BEGINNING = int(EVENING.timestamp() * 1000)
Numbers = tuple[int, int, int, int]
Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody on a board at a time; with an op, or only there."""

    board_id: str
    user_id: str
    at_ms: int
    op_id: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A record, before it is one."""

    envelope: Envelope
    data: dict[str, Any]


@dataclass
class History:
    """What was told, in the order of telling, and what happened."""

    homes: dict[str, str]
    told: list[Told] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def history(chance: random.Random, moments: int, *, people: int = 7, hours: float = 7) -> History:
    """Three boards of two workspaces; time goes on in jumps, and a quarter of what is told is late, up to hours."""
    workspaces = [new_id() for _ in range(2)]
    boards = [new_id() for _ in range(3)]
    found = History({board: workspaces[min(i, 1)] for i, board in enumerate(boards)})
    users = [new_id() for _ in range(people)]
    # One board is known from the beginning, the others only after people drew there.
    known = {boards[0]: 0, boards[1]: moments // 3, boards[2]: moments // 2}
    now = BEGINNING
    for moment in range(moments):
        for board, when in known.items():
            if when == moment:
                found.told.append(board_created(board, found.homes[board], users[0], now))
                found.events.append(Event(board, users[0], now, None))
        now += int(chance.expovariate(1 / (hours * HOUR / moments)))
        late = chance.random() < 0.25
        at = now - (chance.randrange(3 * HOUR) if late else chance.randrange(2_000))
        told, events = a_moment(chance, chance.choice(boards), users, at)
        found.told.append(told)
        found.events += events
        if chance.random() < 0.1:
            # Published again after a crash, at a new offset.
            found.told.append(chance.choice(found.told[-20:]))
    return found


def a_moment(chance: random.Random, board: str, users: Sequence[str], at: int) -> tuple[Told, list[Event]]:
    """One record about a board, and what it means."""
    kind = chance.random()
    if kind < 0.6:
        events = [
            Event(board, chance.choice(users), at + chance.randrange(30_000), new_id())
            for _ in range(chance.randint(1, 5))
        ]
        return ops_record(events), events
    if kind < 0.85:
        moving = chance.sample(users, chance.randint(1, 3))
        return moved(board, moving, at), [Event(board, user, at, None) for user in moving]
    user = chance.choice(users)
    return (renamed if kind < 0.95 else viewed)(board, user, at), [Event(board, user, at, None)]


def brute_force(events: Iterable[Event], homes: dict[str, str]) -> dict[Key, Numbers]:
    """By scope, length and start: people, ops, sessions begun, and the most people in the same ten seconds."""
    scopes: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        scopes[event.board_id].append(event)
        scopes[homes[event.board_id]].append(event)
    found: dict[Key, Numbers] = {}
    for scope, of_scope in scopes.items():
        begun = sessions(of_scope)
        for by, length in (("minute", MINUTE), ("hour", HOUR), ("day", DAY)):
            for start in {event.at_ms // length * length for event in of_scope}:
                inside = [event for event in of_scope if start <= event.at_ms < start + length]
                found[scope, by, start] = (
                    len({event.user_id for event in inside}),
                    len({event.op_id for event in inside if event.op_id}),
                    sum(start <= at < start + length for at in begun),
                    peak(inside),
                )
    return found


def sessions(events: Iterable[Event]) -> list[int]:
    """The minutes in which somebody was seen after half an hour in which he was not; one for each person."""
    minutes: defaultdict[str, set[int]] = defaultdict(set)
    for event in events:
        minutes[event.user_id].add(event.at_ms // MINUTE)
    return [
        minute * MINUTE
        for of_one in minutes.values()
        for minute in of_one
        if not of_one & set(range(minute - 30, minute))
    ]


def peak(events: Iterable[Event]) -> int:
    together: defaultdict[int, set[str]] = defaultdict(set)
    for event in events:
        together[event.at_ms // 10_000].add(event.user_id)
    return max(map(len, together.values()))


def time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def envelope(name: str, subject: str, at_ms: int, actor: str | None = None) -> Envelope:
    id_ = new_id()
    return Envelope(
        id=id_,
        type=name,
        source="test",
        time=time(at_ms),
        subject=subject,
        dataschema=f"{name}/1",
        correlationid=id_,
        actor=actor,
    )


def ops_record(events: Sequence[Event]) -> Told:
    element = {"id": "e1", "type": "rectangle", "version": 1, "versionNonce": 1, "isDeleted": False, "index": "a0"}
    ops = [
        {
            "id": event.op_id,
            "actor": event.user_id,
            "connection": None,
            "client_id": None,
            "time": time(event.at_ms),
            "data": {"board_id": event.board_id, "elements": [element]},
        }
        for event in events
    ]
    return Told(envelope("boards.ops_record", events[0].board_id, events[-1].at_ms), {"ops": ops})


def moved(board: str, users: Sequence[str], at_ms: int) -> Told:
    room = f"board:{board}"
    moves = [{"connection": f"c-{user}", "user_id": user, "data": {}} for user in users]
    return Told(
        envelope("presence.moved", room, at_ms), {"room": room, "edge": "edge-1", "moves": moves, "gone": ["c9"]}
    )


def renamed(board: str, user: str, at_ms: int) -> Told:
    data = {"board_id": board, "title": "Plan", "revision": 2}
    return Told(envelope("boards.board_renamed", board, at_ms, user), data)


def viewed(board: str, user: str, at_ms: int) -> Told:
    data = {"user_id": user, "visit_id": new_id(), "page": "board", "board_id": board}
    return Told(envelope("activity.page_viewed", user, at_ms, user), data)


def board_created(board: str, workspace: str, user: str, at_ms: int) -> Told:
    data = {
        "board_id": board,
        "workspace_id": workspace,
        "title": "Ретро",
        "created_by": user,
        "hidden": False,
        "revision": 1,
    }
    return Told(envelope("boards.board_created", board, at_ms, user), data)


def erased(user: str, at_ms: int) -> Told:
    return Told(envelope("identity.user_erased", user, at_ms), {"user_id": user, "revision": 9})
