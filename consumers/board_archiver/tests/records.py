"""Records of boards.ops for tests of the archive."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from consumers.board_archiver.handler import Place, Record
from schemas.boards.append import DRAW, Op
from schemas.boards.tests.strokes import APPENDED, WHOLE

GENERATION = "a-life"
BOARDS = ("01980c5e-0005-7a10-8f2e-000000000001", "01980c5e-0005-7a10-8f2e-000000000002")
ACTORS = ("01980c5e-0001-7a10-8f2e-000000000001", "01980c5e-0001-7a10-8f2e-000000000002")


def op(board_id: str, change: Op, number: int, actor: str = ACTORS[0]) -> dict[str, Any]:
    """An op as it stands in a record; a draw without a type, as most are."""
    type_, data = change
    found = {
        "id": f"01980c5e-0008-7a10-8f2e-{number:012}",
        "actor": actor,
        "connection": None,
        "client_id": None,
        "time": f"2026-05-04T{10 + number // 36000:02}:{number // 600 % 60:02}:{number // 10 % 60:02}.{number % 10}00Z",
        "data": {"board_id": board_id, **data},
    }
    return found if type_ == DRAW else {**found, "type": type_}


def record(board_id: str, changes: Sequence[Op], offset: int, *, partition: int = 0) -> Record:
    """A record that holds some ops of a board."""
    ops = [op(board_id, change, offset * 10 + i, ACTORS[offset % 2]) for i, change in enumerate(changes)]
    return Place(GENERATION, partition, offset), board_id, {"ops": ops}


# Of each poll its records; of each record which board, and its ops.
RECORD = st.tuples(st.sampled_from(BOARDS), st.lists(st.one_of(WHOLE, APPENDED), min_size=1, max_size=3))
polls = st.lists(st.lists(RECORD, max_size=5), max_size=6)


def numbered(drawn: Sequence[Sequence[tuple[str, Sequence[Op]]]]) -> list[list[Record]]:
    """Polls of records that stand one after the other in the log, with holes where another topic's retries were."""
    offset, found = 0, []
    for poll in drawn:
        part = []
        for board_id, changes in poll:
            part.append(record(board_id, changes, offset))
            offset += 1 + len(changes) % 2
        found.append(part)
    return found


def log_of(board_id: str, records: Sequence[Record]) -> list[tuple[tuple[int, int], Op]]:
    """The ops of a board in the order of the log, each with its place."""
    return [
        ((place.offset, i), (each.get("type", DRAW), each["data"]))
        for place, board, data in records
        if board == board_id
        for i, each in enumerate(data["ops"])
    ]
