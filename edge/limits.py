"""Rates of requests: a bucket per person for writes, a sliding minute for what must not be guessed or flooded.

Each edge process counts for itself; wrong guesses are counted by all together too (`edge.auth.guesses`).
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from edge.errors import ApiError
from edge.lanes.buckets import KeyedBuckets
from edge.settings import EdgeSettings
from edge.turns import Turns

MINUTE: Final = 60.0
LINK_FAILURES_PER_MINUTE: Final = 10
# Tokens that we never made: nobody mistypes them this often, and 192 bits are not guessed at this rate.
TOKEN_GUESSES_PER_MINUTE: Final = 60
FORGET_EVERY_SECONDS: Final = 60.0
# Of one person, whose files are held whole meanwhile.
IMPORTS_AT_ONCE: Final = 3

Clock = Callable[[], float]


@dataclass(slots=True)
class _Minute:
    """What happened for one key in the last minute, and what is still being tried."""

    times: deque[float] = field(default_factory=deque)
    under_way: int = 0
    settled: asyncio.Event = field(default_factory=asyncio.Event)


class Minutes:
    """At most `limit` events of a key in any sixty seconds; 0 means no limit."""

    def __init__(self, limit: int, clock: Clock, what: str) -> None:
        self.limit = limit
        self._clock = clock
        self._what = what
        self._minutes: dict[str, _Minute] = {}
        self._forgot_at = clock()

    def take(self, key: str) -> None:
        """Count one event. Raises `ApiError` `rate_limited` with the time until the oldest one is a minute old."""
        if self.limit == 0:
            return
        minute = self._minute(key)
        self._check(minute)
        minute.times.append(self._clock())

    @asynccontextmanager
    async def attempt(self, key: str) -> AsyncIterator[Callable[[], None]]:
        """Try something of which only failures count: call the given function when it failed.

        Attempts that are under way may all fail, so no more of them run at once than failures are left; the others
        wait. Raises `ApiError` `rate_limited` when the failures are used up.
        """
        if self.limit == 0:
            yield lambda: None
            return
        minute = self._minute(key)
        self._check(minute)
        while len(minute.times) + minute.under_way >= self.limit:
            minute.settled.clear()
            await minute.settled.wait()
            self._check(minute)
        minute.under_way += 1
        try:
            yield lambda: minute.times.append(self._clock())
        finally:
            minute.under_way -= 1
            minute.settled.set()

    def _minute(self, key: str) -> _Minute:
        self._forget(self._clock())
        return self._minutes.setdefault(key, _Minute())

    def _check(self, minute: _Minute) -> None:
        now = self._clock()
        while minute.times and now - minute.times[0] >= MINUTE:
            minute.times.popleft()
        if len(minute.times) >= self.limit:
            raise _limited(f"At most {self.limit} {self._what} a minute.", MINUTE - (now - minute.times[0]))

    def _forget(self, now: float) -> None:
        if now - self._forgot_at < FORGET_EVERY_SECONDS:
            return
        self._forgot_at = now
        self._minutes = {
            key: minute
            for key, minute in self._minutes.items()
            if minute.under_way or (minute.times and now - minute.times[-1] < MINUTE)
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one edge process. `past`, `exports`, `copies` and `imports` are each one person's heavy work."""

    writes: KeyedBuckets
    registrations: Minutes
    login_failures: Minutes
    link_failures: Minutes
    token_guesses: Minutes
    letters: Minutes
    activity: Minutes
    past: Turns
    exports: Turns
    copies: Turns
    imports: Turns
    copied: KeyedBuckets

    def take_write(self, user_id: str) -> None:
        """Count a write of a person. Raises `ApiError` `rate_limited`."""
        wait = self.writes.take(user_id)
        if wait:
            raise _limited("Too many writes a second from one person.", wait)

    def take_copied(self, user_id: str, size: int) -> None:
        """Count the bytes of a copy, an import or a restored state. Raises `ApiError` `rate_limited`."""
        wait = self.copied.take(user_id, size)
        if wait:
            raise _limited("Too much is copied by one person: the last copies were large.", wait)


def limits(settings: EdgeSettings, clock: Clock) -> Limits:
    """The limits that the settings ask for."""
    writes, op_bytes = settings.limit_writes_per_second, settings.limit_op_bytes_per_second
    return Limits(
        KeyedBuckets(writes, 2 * writes, clock),
        Minutes(settings.limit_registrations_per_minute, clock, "registrations from one address"),
        Minutes(settings.limit_login_failures_per_minute, clock, "failed logins to one account from one address"),
        Minutes(LINK_FAILURES_PER_MINUTE, clock, "wrong passwords of one link"),
        Minutes(TOKEN_GUESSES_PER_MINUTE, clock, "tokens from one address that are none"),
        Minutes(
            settings.limit_registrations_per_minute, clock, "requests about passwords and addresses from one place"
        ),
        Minutes(settings.limit_activity_per_minute, clock, "batches of activity from one person"),
        past=Turns(2, 30, "readings of the past"),
        exports=Turns(3, 6, "exports"),
        copies=Turns(2, 30, "copies and restored states"),
        imports=Turns(IMPORTS_AT_ONCE, 0, "files to import"),
        # A request of a hundred bytes writes a whole board. A minute of drawing at the limit is free, also at once.
        copied=KeyedBuckets(op_bytes, 60 * op_bytes, clock),
    )


def _limited(detail: str, after_seconds: float) -> ApiError:
    return ApiError("rate_limited", detail, retry_after=math.ceil(after_seconds))
