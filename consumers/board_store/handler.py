"""What the ops of one poll come to, element by element."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from schemas.boards.append import APPEND, DRAW, changes
from schemas.boards.merge import Element
from schemas.problems import Problem
from topics.errors import Reject


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands, and so how far the log goes once it is contained: `next` is its offset + 1."""

    generation: str
    partition: int
    next: int


@dataclass(frozen=True, slots=True)
class Row:
    """An element as it is stored, with the place of the op that it came by."""

    board_id: str
    id: str
    version: int
    nonce: int
    deleted: bool
    ordering: str
    body: str
    place: Place


Record: TypeAlias = tuple[Place, str, Any]


def grown(records: Iterable[Record]) -> list[tuple[str, str]]:
    """The elements (board, id) that the records append points to, sorted: what they come to depends on what is stored."""
    targets = {
        (board_id, op["data"]["element_id"])
        for _, board_id, data in records
        for op in data["ops"]
        if op.get("type") == APPEND
    }
    return sorted(targets)


def rows(records: Iterable[Record], stored: Mapping[tuple[str, str], Element]) -> list[Row]:
    """What the records (place, key, data, in log order) leave of every element that they touch, sorted.

    One row per element, because an upsert cannot touch a row twice; sorted, so that two writers lock in one order.
    `stored` are the elements of `grown`, as far as there are any. Of an element that is only drawn nothing need be
    known: whether its row wins over what is stored is asked in SQL.

    Raises:
        Reject: a record holds ops of another board than its key, so their order is not that of their board.
    """
    boards: defaultdict[str, dict[str, Element]] = defaultdict(dict)
    for (board_id, id_), element in stored.items():
        boards[board_id][id_] = element
    places: dict[tuple[str, str], Place] = {}
    for place, board_id, data in records:
        held = boards[board_id]
        for i, op in enumerate(data["ops"]):
            if op["data"]["board_id"] != board_id:
                wrong = Problem(f"/ops/{i}/data/board_id", "is another board than the record's key")
                raise Reject("schema_invalid", "ops of several boards are in one record", (wrong,))
            for element in changes((op.get("type", DRAW), op["data"]), held):
                held[element["id"]] = element
                places[board_id, element["id"]] = place
    return [_row(board_id, boards[board_id][id_], place) for (board_id, id_), place in sorted(places.items())]


def _row(board_id: str, element: Any, place: Place) -> Row:
    return Row(
        board_id=board_id,
        id=element["id"],
        version=element["version"],
        nonce=element["versionNonce"],
        deleted=element["isDeleted"],
        ordering=element["index"],
        body=orjson.dumps(element).decode(),
        place=place,
    )
