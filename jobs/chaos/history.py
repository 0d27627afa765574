"""What people were told, held against what the log, the store and everybody's screen hold: nothing here knows the product."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Place = tuple[str, int]  # epoch, seq


@dataclass(slots=True)
class Seen:
    """One observer: the event at each place of the room, its elements, and what it noticed itself."""

    board_id: str
    events: dict[Place, str] = field(default_factory=dict)
    held: dict[str, Json] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Logged:
    """An op as it stands in `boards.ops`: who sent it under which id, and the elements."""

    board_id: str
    client_id: str
    elements: Sequence[Json]


@dataclass(frozen=True, slots=True)
class Renamed:
    """A fact of `boards.facts`."""

    fact_id: str
    board_id: str
    title: str
    revision: int


@dataclass(slots=True)
class History:
    """Everything of one run."""

    sent: dict[str, float] = field(default_factory=dict)  # client id: when, on the monotonic clock
    acked: dict[str, tuple[str, Json]] = field(default_factory=dict)  # client id: board, element
    accepted: list[tuple[str, str]] = field(default_factory=list)  # board, title
    log: Sequence[Logged] = ()
    facts: Sequence[Renamed] = ()
    stored: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)  # board: its elements as the API gives them
    titles: Mapping[str, str] = field(default_factory=dict)
    seen: Sequence[Seen] = ()
    refused: list[str] = field(default_factory=list)


def state(element: Json) -> Json:
    """All that is compared of an element: a long run remembers each of its states."""
    return {name: element[name] for name in ("id", "version", "versionNonce")}


def key(element: Json) -> tuple[int, int]:
    """How the merge compares: the higher version, then the lower nonce."""
    return element["version"], -element["versionNonce"]


def merge(held: dict[str, Json], elements: Sequence[Json]) -> None:
    """Last writer wins, as section 3 of the contract says."""
    for element in elements:
        old = held.get(element["id"])
        if old is None or key(element) > key(old):
            held[element["id"]] = element


def lost(history: History) -> list[str]:
    """What was acknowledged or accepted and is not there."""
    logged = {each.client_id for each in history.log}
    found = [f"op {each} is not in the log" for each in history.acked if each not in logged]
    for each, (board_id, element) in history.acked.items():
        stored = history.stored.get(board_id, {}).get(element["id"])
        if stored is None or key(stored) < key(element):
            found.append(f"op {each} is not in the store")
    told = {(fact.board_id, fact.title) for fact in history.facts}
    found += [f"the title {title!r} was accepted and no fact tells it" for _, title in _missing(history.accepted, told)]
    return found


def doubled(history: History) -> list[str]:
    """What took effect more than once, or under two numbers."""
    facts = {fact.fact_id: fact for fact in history.facts}.values()
    titles = Counter((fact.board_id, fact.title) for fact in facts)
    found = [f"the title {title!r} was decided {count} times" for (_, title), count in titles.items() if count > 1]
    revisions = Counter((fact.board_id, fact.revision) for fact in facts)
    found += [
        f"revision {revision} of a board was told {count} times"
        for (_, revision), count in revisions.items()
        if count > 1
    ]
    return found


def disagreeing(history: History) -> list[str]:
    """Where two people, or a person and the store, hold different things, or somebody was shown a gap, a double or a no."""
    found = [*history.refused, *(fault for each in history.seen for fault in each.faults)]
    places: dict[tuple[str, Place], str] = {}
    for each in history.seen:
        for place, event in each.events.items():
            if places.setdefault((each.board_id, place), event) != event:
                found.append(f"two events at {place}")
    expected: dict[str, dict[str, Json]] = {}
    for op in history.log:
        merge(expected.setdefault(op.board_id, {}), op.elements)
    for board_id, elements in expected.items():
        keys = _keys(elements)
        if _keys(history.stored.get(board_id, {})) != keys:
            found.append("the store does not hold what the log says")
        found += [
            "a person does not hold what the log says"
            for each in history.seen
            if each.board_id == board_id and _keys(each.held) != keys
        ]
    last = dict(history.accepted)
    found += [
        f"the board is called {history.titles.get(board_id)!r} and not {title!r}"
        for board_id, title in last.items()
        if history.titles.get(board_id) != title
    ]
    return found


def _missing(accepted: Sequence[tuple[str, str]], told: set[tuple[str, str]]) -> list[tuple[str, str]]:
    return [each for each in accepted if each not in told]


def _keys(elements: Mapping[str, Json]) -> dict[str, tuple[int, int]]:
    return {element_id: key(element) for element_id, element in elements.items()}
