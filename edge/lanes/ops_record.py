"""The value of a `boards.ops` record, spliced from parts that are JSON already."""

from collections.abc import Sequence
from typing import Final

import orjson

from edge.lanes.op_checks import OP_BYTES
from schemas.boards.append import DRAW

OPEN: Final = b'{"ops":['
CLOSE: Final = b"]}"
SHELL_BYTES: Final = len(OPEN) + len(CLOSE)
# The schema's bound on ops in one record.
OPS_PER_RECORD: Final = 10_000


def write_op(
    *,
    op_id: str,
    actor: str,
    connection: str | None,
    client_id: str | None,
    time: str,
    body: bytes,
    type_: str = DRAW,
) -> bytes:
    """One op as it stands in a record; `body` (the checked data) is put in as it is."""
    fields = {"id": op_id, "actor": actor, "connection": connection, "client_id": client_id, "time": time}
    head = orjson.dumps(fields if type_ == DRAW else fields | {"type": type_})
    return head[:-1] + b',"data":' + body + b"}"


def write_record(ops: Sequence[bytes]) -> bytes:
    """The record that joins these ops, in this order."""
    return OPEN + b",".join(ops) + CLOSE


def fits(ops: int, size: int, more: int) -> bool:
    """Whether an op of `more` bytes still goes into a record that holds `ops` ops of `size` bytes together."""
    commas = ops
    return ops < OPS_PER_RECORD and SHELL_BYTES + size + commas + more <= OP_BYTES
