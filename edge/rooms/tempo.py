"""When frames of a room are worth joining: only while the edge is busy."""

from dataclasses import dataclass

# About 10 us a write: from a fifth of a core on, one frame per 16 ms is cheaper than many, and nobody sees 16 ms.
BUSY_WRITES_PER_SECOND = 20_000
BUSY_LAG_SECONDS = 0.05
TICK_SECONDS = 0.016


@dataclass(slots=True)
class Tempo:
    """Counts socket writes per second, and how late the loop was."""

    limit: int = BUSY_WRITES_PER_SECOND
    _second: int = 0
    _writes: int = 0
    _before: int = 0
    _late_until: float = 0.0

    def wrote(self, writes: int, now: float) -> None:
        """So many writes were made."""
        self._turn(now)
        self._writes += writes

    def lagged(self, seconds: float, now: float) -> None:
        """The loop came so late to something that was due."""
        if seconds > BUSY_LAG_SECONDS:
            self._late_until = now + 1.0

    def busy(self, now: float) -> bool:
        """Whether frames should wait for the tick."""
        self._turn(now)
        return max(self._writes, self._before) > self.limit or now < self._late_until

    def _turn(self, now: float) -> None:
        second = int(now)
        if second != self._second:
            self._before = self._writes if second == self._second + 1 else 0
            self._second, self._writes = second, 0
