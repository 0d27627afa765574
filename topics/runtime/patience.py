"""How long a store of objects may keep its callers waiting, and bytes that hold to it on their way.

A client's own timeouts count from one byte to the next: a store that lets a byte through now and then would keep a
caller, and the thread that works for him, for ever.
"""

import io
import time
from dataclasses import dataclass
from typing import Any, Final

# A store that gives or takes less than this is as good as away.
LEAST_BYTES_SECOND: Final = 8 * 1024
PIECE: Final = 64 * 1024
BACKOFF_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """What a call may take until the store counts as away.

    `connect_seconds`: to be let in. `silent_seconds`: without a byte. `attempts`: how often a call is tried.
    """

    connect_seconds: float = 3.0
    silent_seconds: float = 20.0
    attempts: int = 3

    def attempt_seconds(self, size: int) -> float:
        """The longest that one attempt may take which sends or reads so many bytes."""
        return self.connect_seconds + self.silent_seconds + size / LEAST_BYTES_SECOND

    def call_seconds(self, size: int) -> float:
        """The longest that a call may take with all its attempts, and with its wait for a free thread."""
        return self.attempts * (self.attempt_seconds(size) + BACKOFF_SECONDS)


class Outgoing(io.BytesIO):
    """A body that is sent a piece at a time, and not after its deadline."""

    def __init__(self, body: bytes, deadline: float) -> None:
        super().__init__(body)
        self._deadline = deadline

    def read(self, size: int | None = -1, /) -> bytes:
        """The next piece. Raises TimeoutError after the deadline."""
        if time.monotonic() > self._deadline:
            raise TimeoutError("the store takes too little at a time")
        return super().read(size)


def received(body: Any, size: int, deadline: float) -> bytes:
    """All bytes of an answer, as they come.

    Raises TimeoutError after the deadline, ConnectionError where it ends early.
    """
    parts = []
    while part := body.read1(PIECE):
        parts.append(part)
        if time.monotonic() > deadline:
            raise TimeoutError("the store gives too little at a time")
    whole = b"".join(parts)
    # Read piece by piece, nobody else looks at the length.
    if len(whole) != size:
        raise ConnectionError(f"the answer ends after {len(whole)} of {size} bytes")
    return whole
