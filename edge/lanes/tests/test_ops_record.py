"""The record that ops travel in."""

import orjson

from edge.lanes.op_checks import OP_BYTES
from edge.lanes.ops_record import OPS_PER_RECORD, SHELL_BYTES, fits, write_op, write_record
from schemas.codec import validate
from schemas.registry import registry

EXAMPLE = registry().get("boards.draw").examples[0]
ACTOR = "01980c5e-0001-7a10-8f2e-3c4d5e6f7081"


def an_op(**changes: object) -> bytes:
    parts: dict[str, object] = {
        "op_id": "01980c5e-0008-7a10-8f2e-3c4d5e6f7081",
        "actor": ACTOR,
        "connection": None,
        "client_id": None,
        "time": "2026-05-04T10:11:12.345Z",
        "body": orjson.dumps(EXAMPLE),
    }
    return write_op(**(parts | changes))


def test_a_spliced_record_is_what_its_schema_says() -> None:
    record = orjson.loads(write_record([an_op(client_id='"quoted\\'), an_op(connection="c-1")]))

    validate(registry().get("boards.ops_record"), record)
    assert record["ops"][0]["client_id"] == '"quoted\\'
    assert record["ops"][0]["data"] == EXAMPLE


def test_as_many_ops_fit_as_a_mebibyte_holds() -> None:
    op = an_op()
    ops = [op]
    while fits(len(ops), sum(map(len, ops)), len(op)):
        ops.append(op)

    assert len(write_record(ops)) <= OP_BYTES < len(write_record([*ops, op]))


def test_the_size_of_a_record_of_one_op_is_known_before_it_is_written() -> None:
    assert len(write_record([an_op()])) == SHELL_BYTES + len(an_op())


def test_no_more_ops_than_the_schema_allows_are_joined() -> None:
    assert fits(OPS_PER_RECORD - 1, 10, 1)
    assert not fits(OPS_PER_RECORD, 10, 1)
