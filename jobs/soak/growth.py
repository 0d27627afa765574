"""Whether memory stays bounded: pure, over a series of samples of one process."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

MIB: Final = 1024 * 1024
# What a process may hold more in the last quarter than in the second: sampling, fragments, caches that still fill.
SHARE: Final = 0.10
BYTES: Final = 8 * MIB
# Quarters of fewer samples say nothing.
FEWEST: Final = 8


@dataclass(frozen=True, slots=True)
class Growth:
    """Medians of the second and of the last quarter, what that may differ, and the configured bound when there is one."""

    second: float
    last: float
    most: float
    allowed: float
    bound: float | None = None

    @property
    def grew(self) -> float:
        """From the second quarter to the last."""
        return self.last - self.second

    @property
    def bounded(self) -> bool:
        """It does not grow, or cannot grow above what was configured and is below that."""
        return self.grew <= self.allowed or (self.bound is not None and self.most <= self.bound)


def growth(
    series: Sequence[float], bound: float | None = None, *, share: float = SHARE, floor: float = BYTES
) -> Growth:
    """How a series grows. Raises ValueError of one too short to say."""
    if len(series) < FEWEST:
        raise ValueError(f"{len(series)} samples are too few to tell growth by, {FEWEST} are needed")
    quarter = len(series) // 4
    second, last = median(series[quarter : 2 * quarter]), median(series[-quarter:])
    return Growth(second, last, max(series), max(share * second, floor), bound)
