"""A past state as bodies of answers."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from edge.archive.past import Past
from edge.rooms.cursor import Cursor, Cursors
from schemas.boards.merge import Element
from topics.rooms.mark import Mark

Json = dict[str, Any]


def living(elements: Mapping[str, Element]) -> list[Element]:
    """Those that are not deleted, by order key, as `/elements` gives them."""
    found = [each for each in elements.values() if not each["isDeleted"]]
    return sorted(found, key=lambda each: (each["index"], each["id"]))


def elements(past: Past, cursors: Cursors, here: Mark) -> tuple[bytes, str]:
    """The body of `/elements` for a past state, and a name for what it holds.

    Args:
        past: the state.
        cursors: writes the tokens.
        here: the life of the log and the partition that the board is in, for a state before its first op.
    """
    # The op's record may hold more ops, which are not in the state: the cursor begins with that record again.
    place = past.position
    mark = here if place is None else Mark(place.generation, place.partition, place.offset)
    body = {
        "board_id": past.board_id,
        "epoch": None,
        "cursor": cursors.encode(Cursor(f"board:{past.board_id}", None, 0, mark)),
        "position": None if place is None else cursors.encode_position(past.board_id, place),
        "contains": {"log": mark.generation, "next": mark.next},
        "complete": True,
        "elements": living(past.elements),
    }
    written = orjson.dumps(body)
    return written, hashlib.blake2b(written, digest_size=16).hexdigest()


def array(found: Iterable[Element]) -> bytes:
    """Elements as a JSON array."""
    return orjson.dumps(list(found))
