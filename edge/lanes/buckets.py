"""Token buckets: so much a second on average, and a burst at once."""

from collections.abc import Callable
from typing import Final

FORGET_EVERY_SECONDS: Final = 60.0


class TokenBucket:
    """One bucket. A rate of 0 means no limit."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = now

    def take(self, amount: float, now: float) -> float:
        """Take `amount` and return 0, or take nothing and return the seconds until there is enough.

        An amount above the burst is taken from a full bucket, which then is in debt: it would never fit otherwise.
        """
        if self._rate == 0:
            return 0.0
        self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._rate)
        self._at = now
        needed = min(amount, self._burst)
        if self._left < needed:
            return (needed - self._left) / self._rate
        self._left -= amount
        return 0.0

    def give_back(self, amount: float) -> None:
        """Undo a `take`."""
        self._left = min(self._burst, self._left + amount)

    def is_full(self, now: float) -> bool:
        """Whether the bucket is as good as a new one."""
        return self._left + (now - self._at) * self._rate >= self._burst


class KeyedBuckets:
    """A bucket per key; those that are full again are forgotten."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: dict[str, TokenBucket] = {}
        self._forgot_at = clock()

    def take(self, key: str, amount: float = 1.0) -> float:
        """See `TokenBucket.take`."""
        if self._rate == 0:
            return 0.0
        now = self._clock()
        if now - self._forgot_at >= FORGET_EVERY_SECONDS:
            self._forgot_at = now
            self._buckets = {name: bucket for name, bucket in self._buckets.items() if not bucket.is_full(now)}
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(self._rate, self._burst, now)
        return bucket.take(amount, now)

    def give_back(self, key: str, amount: float = 1.0) -> None:
        """See `TokenBucket.give_back`."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.give_back(amount)
