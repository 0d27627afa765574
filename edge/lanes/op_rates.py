"""How many bytes of ops one person and one board may write a second."""

from collections.abc import Callable

from edge.errors import ApiError
from edge.lanes.buckets import KeyedBuckets


class OpRates:
    """Bytes a second per person; a board takes twice that. Bursts are twice the rate; 0 means no limit.

    Each edge process counts for itself: what is bounded is the work that one person gives to one process.
    """

    def __init__(self, bytes_per_second: int, clock: Callable[[], float]) -> None:
        self._users = KeyedBuckets(bytes_per_second, 2.0 * bytes_per_second, clock)
        self._boards = KeyedBuckets(2.0 * bytes_per_second, 4.0 * bytes_per_second, clock)

    def take(self, user_id: str, board_id: str, size: int) -> None:
        """Count an op of `size` bytes. Raises `ApiError` `rate_limited`; nothing is counted then."""
        wait = self._users.take(user_id, size)
        if wait:
            raise ApiError("rate_limited", "Too many bytes of ops a second from one person.", retry_after=wait)
        wait = self._boards.take(board_id, size)
        if wait:
            self._users.give_back(user_id, size)
            raise ApiError("rate_limited", "Too many bytes of ops a second on this board.", retry_after=wait)
