"""What must be drawn so that a board becomes what it was: a pure function of its elements now and then."""

import hashlib
import string
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from edge.actions.renaming import renamed
from schemas.boards.rules import CLIENT_VERSION_LIMIT

Json = dict[str, Any]
Element = Mapping[str, Any]
HIGHEST_VERSION: Final = 2**31 - 1
# One above it a client can still write one edit.
LAST_WITH_ROOM: Final = CLIENT_VERSION_LIMIT - 1
ID_CHARACTERS: Final = string.ascii_letters + string.digits + "_-"
ID_LENGTH: Final = 21
# Everything else is what an element is; these three say how often it was touched, and when.
OF_THE_EDIT: Final = frozenset({"version", "versionNonce", "updated"})


class Copies:
    """New ids for elements that clients could not edit any more under their own; references follow."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}

    def of(self, identifier: Any) -> Any:
        """The id under which an element comes back."""
        return self.made.get(identifier, identifier) if isinstance(identifier, str) else identifier

    def missing(self) -> str:
        """See `renaming.Renames`: every element of a board has an id."""
        raise LookupError("an element without an id is on no board")


class Nameless(Copies):
    """One name for all."""

    def of(self, identifier: Any) -> Any:
        """The same for every id."""
        return "" if isinstance(identifier, str) else identifier


def restored(
    now: Mapping[str, Element], then: Iterable[Element], *, now_ms: int, nonce: Callable[[], int]
) -> list[Json]:
    """The elements to draw, those that come back first, each above what is there now.

    An element comes back with its version now + 1. Where a client could not go on from there, because only a server may
    write what is above, it comes back as a copy under an id of its own, and the old one is deleted. The copy's id follows
    from the old one, so that doing it again finds that nothing is to be done.

    Args:
        now: by id, tombstones too.
        then: living ones, tombstones are passed over.
        now_ms: written as the time of the edit.
        nonce: a random number from 0 to 2^31 - 1.
    """
    alive = {element["id"]: element for element in then if not element["isDeleted"]}
    wanted = _with_room(now, alive)
    drawn: list[Json] = []
    for identifier, element in wanted.items():
        old = now.get(identifier)
        if old is None:
            # Nothing competes with it: a version from which no client could go on begins anew.
            version = element["version"] if element["version"] < LAST_WITH_ROOM else 1
        elif _same(element, old):
            continue
        else:
            version = old["version"] + 1
        drawn.append({**element, "version": version, "versionNonce": nonce(), "updated": now_ms, "isDeleted": False})
    for identifier, old in now.items():
        if identifier not in wanted and not old["isDeleted"]:
            drawn += _tombstone(old, now_ms, nonce)
    return drawn


def _with_room(now: Mapping[str, Element], alive: Mapping[str, Element]) -> dict[str, Json]:
    """The wanted elements by the ids that they come back under."""
    copies = Copies()
    while True:
        made = {element["id"]: element for element in (renamed(dict(each), copies) for each in alive.values())}
        # A copy changes those that refer to it; one of these may have no room either.
        full = [
            identifier
            for identifier in alive
            if identifier not in copies.made and _is_full(made[identifier], now.get(identifier))
        ]
        if not full:
            return made
        # Those first that have changed themselves: what only refers to one of them may already refer to its copy.
        changed = [
            identifier for identifier in full if not _same(_unnamed(alive[identifier]), _unnamed(now[identifier]))
        ]
        for identifier in changed or full[:1]:
            copies.made[identifier] = _free_id(identifier, now, {*alive, *copies.made.values()})


def _is_full(element: Element, old: Element | None) -> bool:
    """Whether an element must change and clients could not go on from the version that it would get."""
    return old is not None and not _same(element, old) and old["version"] >= LAST_WITH_ROOM


def _unnamed(element: Element) -> Json:
    """An element as if all elements had one name: what is left is its own."""
    return renamed(dict(element), Nameless())


def _free_id(identifier: str, now: Mapping[str, Element], taken: set[str]) -> str:
    for number in range(len(now) + len(taken) + 1):
        digest = hashlib.sha256(f"{identifier} {number}".encode()).digest()
        copy = "".join(ID_CHARACTERS[byte % len(ID_CHARACTERS)] for byte in digest[:ID_LENGTH])
        if copy not in taken and (copy not in now or now[copy]["version"] < LAST_WITH_ROOM):
            return copy
    raise AssertionError("there are more ids than elements")


def _same(element: Element, old: Element) -> bool:
    """Whether two states of an element look and act the same."""
    return not old["isDeleted"] and _content(element) == _content(old)


def _content(element: Element) -> Json:
    return {name: value for name, value in element.items() if name not in OF_THE_EDIT}


def _tombstone(old: Element, now_ms: int, nonce: Callable[[], int]) -> list[Json]:
    """The end of an element: at the very end of versions the lower nonce wins, and nothing wins over nonce 0."""
    if old["version"] < HIGHEST_VERSION:
        return [
            {**old, "isDeleted": True, "version": old["version"] + 1, "versionNonce": nonce(), "updated": now_ms},
        ]
    if old["versionNonce"] > 0:
        return [{**old, "isDeleted": True, "versionNonce": old["versionNonce"] - 1, "updated": now_ms}]
    return []
