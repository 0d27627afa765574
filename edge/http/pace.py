"""How slowly a body may come: a large one takes a place that others wait for, and any holds a connection."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from edge.errors import ApiError

PATIENCE_SECONDS: Final = 20.0
BYTES_PER_SECOND: Final = 64 * 1024


@asynccontextmanager
async def paced(
    patience_seconds: float = PATIENCE_SECONDS, bytes_per_second: float = BYTES_PER_SECOND, what: str = "file"
) -> AsyncIterator[Callable[[int], None]]:
    """Read a body inside, and tell how many bytes of it have come whenever some have.

    Raises `ApiError` `unavailable` when on the whole it comes slower than that, `patience_seconds` beside.
    """
    began = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(began + patience_seconds) as limit:
            yield lambda size: limit.reschedule(began + patience_seconds + size / bytes_per_second)
    except TimeoutError:
        raise ApiError("unavailable", f"The {what} came too slowly: others wait for its place.") from None
