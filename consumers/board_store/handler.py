"""What the ops of one poll come to, element by element."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import orjson

from schemas.boards.merge import wins
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


def rows(records: Iterable[tuple[Place, str, Any]]) -> list[Row]:
    """The winning version of every element that the records (place, key, data, in log order) touch, sorted.

    One row per element, because an upsert cannot touch a row twice; sorted, so that two writers lock in one order.

    Raises:
        Reject: a record holds ops of another board than its key, so their order is not that of their board.
    """
    winners: dict[tuple[str, str], tuple[Any, Place]] = {}
    for place, board_id, data in records:
        for i, op in enumerate(data["ops"]):
            if op["data"]["board_id"] != board_id:
                wrong = Problem(f"/ops/{i}/data/board_id", "is another board than the record's key")
                raise Reject("schema_invalid", "ops of several boards are in one record", (wrong,))
            for element in op["data"]["elements"]:
                key = (board_id, element["id"])
                held = winners.get(key)
                if held is None or wins(element, held[0]):
                    winners[key] = (element, place)
    return [
        _row(board_id, element, place) for (board_id, _), (element, place) in sorted(winners.items(), key=itemgetter(0))
    ]


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
