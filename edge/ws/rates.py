"""How often one socket may say something, and one person on all sockets together."""

from collections import deque
from collections.abc import Callable

from edge.errors import ApiError
from edge.lanes.buckets import KeyedBuckets, TokenBucket
from edge.ws.limits import CONTROLS_PER_SECOND, FLOOD_REJECTS, FLOOD_SECONDS, SocketLimits

Clock = Callable[[], float]


class PersonRates:
    """Twice what one socket may, per person and process."""

    def __init__(self, limits: SocketLimits, clock: Clock) -> None:
        self.sends = KeyedBuckets(2 * limits.sends_per_second, 4 * limits.sends_per_second, clock)
        self.moves = KeyedBuckets(2 * limits.moves_per_second, 4 * limits.moves_per_second, clock)


class SocketRates:
    """The buckets of one socket, and the count of its refusals."""

    __slots__ = ("_clock", "_controls", "_moves", "_persons", "_refused", "_sends")

    def __init__(self, limits: SocketLimits, persons: PersonRates, clock: Clock) -> None:
        now = clock()
        self._clock = clock
        self._persons = persons
        self._sends = TokenBucket(limits.sends_per_second, 2 * limits.sends_per_second, now)
        self._moves = TokenBucket(limits.moves_per_second, 2 * limits.moves_per_second, now)
        self._controls = TokenBucket(CONTROLS_PER_SECOND, 2 * CONTROLS_PER_SECOND, now)
        self._refused: deque[float] | None = None

    def send(self, user_id: str) -> None:
        """Count a send. Raises `ApiError` `rate_limited`."""
        wait = self._take(self._sends, self._persons.sends, user_id)
        if wait:
            raise ApiError("rate_limited", "Too many sends a second.", retry_after=wait)

    def may_move(self, user_id: str) -> bool:
        """Count a move; False when it is one too many."""
        return self._take(self._moves, self._persons.moves, user_id) == 0.0

    def control(self) -> None:
        """Count what is neither a send nor a move. Raises `ApiError` `rate_limited`."""
        wait = self._controls.take(1, self._clock())
        if wait:
            raise ApiError("rate_limited", "Too many frames a second.", retry_after=wait)

    def refused(self) -> bool:
        """Count an answer `rate_limited`; True when there were too many to go on with this client."""
        now = self._clock()
        if self._refused is None:
            self._refused = deque(maxlen=FLOOD_REJECTS + 1)
        self._refused.append(now)
        return len(self._refused) > FLOOD_REJECTS and now - self._refused[0] <= FLOOD_SECONDS

    def _take(self, own: TokenBucket, persons: KeyedBuckets, user_id: str) -> float:
        wait = own.take(1, self._clock())
        if wait:
            return wait
        wait = persons.take(user_id)
        if wait:
            own.give_back(1)
        return wait
