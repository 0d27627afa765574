"""Appended points as whole elements, for those who did not say that they take them.

An event of appended points becomes a draw of the element as it stands after it, under the same number and id. What is
shown so is always a state that the log has come to, there or a little later: whole elements bear that, because the
newest wins wherever it comes. In one frame an element is shown once, at the last of its appends; the others are draws
of nothing, so that no number is missing. An append that changed nothing is one too.

The edge knows a growing stroke from what is stored, read once, and from the appends that follow. It forgets it as soon as
somebody draws it: a draw says nothing of its place in the log, and the next append asks again.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from edge.rooms.stored import Element, Stored, StoredElements
from schemas.boards.append import APPEND, DRAW, appended
from topics.rooms.mark import Mark

# Strokes under the pens of one board at once, each at most as large as an element may be.
STROKES: Final = 16
# As the fan-out writes it. In the midst of a text its quotes are escaped, so it stands for the type or a key of somebody's own.
MARK: Final = b'"type":"%b"' % APPEND.encode()

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Known:
    """A stroke as it stands; every op before the offset `next` is in it. `element`: None where there is none."""

    element: Element | None
    next: int


def hold_appends(bodies: Iterable[bytes]) -> bool:
    """Whether there may be appends among these events."""
    return any(MARK in body for body in bodies)


class Strokes:
    """The strokes of one room as far as they are known. Events must be passed through it in their order, all of them."""

    def __init__(self, room: str, stored: StoredElements) -> None:
        self._board_id = room.partition(":")[2]
        self._stored = stored
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def pass_on(self, bodies: list[bytes], mark: Mark | None) -> list[bytes] | None:
        """The events as they are shown, made whole where that is needed; None when what is stored cannot be read now."""
        if hold_appends(bodies):
            return await self.whole(bodies, mark)
        self.pass_by(bodies)
        return bodies

    def pass_by(self, bodies: Iterable[bytes]) -> None:
        """Take notice of events without appends."""
        for id_ in [id_ for id_ in self._known if any(b'"%b"' % id_.encode() in body for body in bodies)]:
            del self._known[id_]

    def forget(self) -> None:
        """Events were not passed through: nothing is known any more."""
        self._known.clear()

    async def whole(self, bodies: Iterable[bytes], mark: Mark | None) -> list[bytes] | None:
        """The events with draws in place of appends; None when what is stored cannot be read now."""
        events: list[Event] = orjson.loads(b"[%b]" % b",".join(bodies))
        appends = _appends(events)
        drawn = _drawn(events)
        for id_ in drawn:
            self._known.pop(id_, None)
        unknown = {id_: last for id_, last in _last(appends).items() if id_ not in self._known}
        if unknown:
            found = await self._read(unknown, mark)
            if found is None:
                return None
            for id_ in unknown:
                self._known[id_] = _Known(found.elements.get(id_), found.next)
        shown = self._grow(appends)
        for id_ in drawn:
            self._known.pop(id_, None)
        while len(self._known) > STROKES:
            self._known.popitem(last=False)
        return [orjson.dumps(shown.get(event["seq"], event)) for event in events]

    async def _read(self, unknown: Mapping[str, Event], mark: Mark | None) -> Stored | None:
        # A board's ops stand in one partition, that of the mark; the mark itself may be behind within a record.
        if mark is None:
            return None
        last = max(unknown.values(), key=lambda event: int(event["offset"]))
        return await self._stored.read(
            self._board_id, unknown.keys(), Mark(last["log"], mark.partition, last["offset"] + 1)
        )

    def _grow(self, appends: list[Event]) -> dict[int, Event]:
        """Apply appends; by their number, the draws in their place."""
        last = _last(appends)
        changed: set[str] = set()
        shown = {}
        for event in appends:
            id_ = event["data"]["element_id"]
            known = self._known[id_]
            self._known.move_to_end(id_)
            if event["offset"] < known.next:
                # It is in what was read: perhaps shown before, but not to somebody who came since.
                changed.add(id_)
            elif (grown := appended(event["data"], known.element)) is not None:
                self._known[id_] = _Known(grown, known.next)
                changed.add(id_)
            element = self._known[id_].element
            tells = last[id_] is event and id_ in changed and element is not None
            shown[event["seq"]] = _draw(event, [element] if tells and element is not None else [])
        return shown


def _appends(events: list[Event]) -> list[Event]:
    return [event for event in events if event["type"] == APPEND]


def _last(appends: list[Event]) -> dict[str, Event]:
    """By element, the last append to it."""
    return {event["data"]["element_id"]: event for event in appends}


def _drawn(events: list[Event]) -> set[str]:
    return {element["id"] for event in events if event["type"] == DRAW for element in event["data"]["elements"]}


def _draw(event: Event, elements: list[Element]) -> Event:
    fields = {name: value for name, value in event.items() if name not in ("log", "offset")}
    return {**fields, "type": DRAW, "data": {"elements": elements}}
