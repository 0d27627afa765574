"""What everybody of a soak tells: how long things took since the last look, and how often each thing happened."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from jobs.bench.load.times import Times


@dataclass(slots=True)
class Told:
    """Times by what took them, and counts of what happened."""

    counts: Counter[str] = field(default_factory=Counter)
    whole: dict[str, Times] = field(default_factory=dict)
    _fresh: dict[str, Times] = field(default_factory=dict)

    def timed(self, what: str) -> Callable[[float], None]:
        """Whoever is given this tells seconds of that."""

        def add(seconds: float) -> None:
            for times in (self.whole, self._fresh):
                times.setdefault(what, Times()).add(round(seconds * 1e6))

        return add

    def taken(self) -> dict[str, dict[str, float]]:
        """Milliseconds of what was told since the last time."""
        fresh, self._fresh = self._fresh, {}
        return {what: times.numbers() | {"count": len(times)} for what, times in fresh.items()}
