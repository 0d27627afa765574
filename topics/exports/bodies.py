"""The body of an answer, as far as it is worth reading: who answers may be broken, or somebody else, and never end."""

from typing import Any, Final, Protocol

import orjson

# An answer that names each of two thousand records that it refuses has less than a tenth of it.
MOST_BYTES: Final = 4 * 1024 * 1024


class Content(Protocol):
    """Bytes as they come; none when all have come."""

    async def read(self, n: int) -> bytes:
        """At most so many."""
        ...


async def json_of(content: Content, most: int = MOST_BYTES) -> Any:
    """The JSON value of a body; None for what is no JSON, and for more than anybody who is meant would say."""
    parts, left = [], most + 1
    while left > 0 and (part := await content.read(left)):
        parts.append(part)
        left -= len(part)
    if left <= 0:
        return None
    try:
        return orjson.loads(b"".join(parts))
    except orjson.JSONDecodeError:
        return None
