"""Whether an op may enter the log: schema, rules that a schema cannot say, sizes."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from edge.errors import ApiError
from schemas.boards.append import APPEND, DRAW, check_append
from schemas.boards.rules import ELEMENT_BYTES, check_elements, sizes
from schemas.codec import encode, validate, validate_from_client
from schemas.problems import DataInvalid, Problem
from schemas.registry import registry

OP_BYTES: Final = 1024 * 1024
ELEMENTS_PER_OP: Final = 1000


@dataclass(frozen=True, slots=True)
class CheckedOp:
    """An op that may be written: `body` is its data as JSON."""

    board_id: str
    body: bytes
    type: str = DRAW


def check_op(data: Any, embed_hosts: Collection[str], type_: str = DRAW) -> CheckedOp:
    """Check the data of an op as it came from a client.

    Raises `ApiError`: `schema_invalid` or `too_large`, with paths into `data`.
    """
    try:
        validate_from_client(registry().get(type_), data)
    except DataInvalid as error:
        raise ApiError("schema_invalid", "The op is not as its schema says.", error.problems) from None
    problems = check_append(data) if type_ == APPEND else check_elements(data["elements"], embed_hosts)
    if problems:
        raise ApiError("schema_invalid", "The op breaks a rule of boards.", problems)
    # The schema bounds an append: a thousand points are far below both limits.
    return CheckedOp(data["board_id"], encode(data) if type_ == APPEND else _within_sizes(data), type_)


def check_repair(data: Any) -> CheckedOp:
    """Check an op of the server's own, whose versions may stand above those of clients. Raises `ApiError`."""
    try:
        validate(registry().get(DRAW), data)
    except DataInvalid as error:
        raise ApiError("schema_invalid", "The op is not as its schema says.", error.problems) from None
    return CheckedOp(data["board_id"], _within_sizes(data))


def _within_sizes(data: Any) -> bytes:
    body = encode(data)
    # The whole is small as a rule, and then each part is.
    if len(body) > ELEMENT_BYTES:
        problems = sizes(data["elements"])
        if problems:
            raise ApiError("too_large", "An element of the op is too large.", problems)
    if len(body) > OP_BYTES:
        raise too_large()
    return body


def too_large() -> ApiError:
    """The refusal of an op that does not fit into a record."""
    return ApiError(
        "too_large",
        "The op is too large: send its elements in several.",
        (Problem("/elements", f"An op takes at most {OP_BYTES} bytes as written to the log."),),
    )
