"""How long things took: counts in buckets at most 1 % wide, so that millions of times are small and add up over processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Buckets are exact below 2 ** PRECISION microseconds and 1/128 of their value wide above.
PRECISION = 8


def bucket(microseconds: int) -> int:
    """The lower edge of the bucket that a time falls into."""
    if microseconds < 0:
        return 0
    shift = microseconds.bit_length() - PRECISION
    return microseconds if shift <= 0 else microseconds >> shift << shift


@dataclass(slots=True)
class Times:
    """Durations; `counts` is by the lower edge of a bucket, in microseconds."""

    counts: dict[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, counts: Mapping[str, int]) -> "Times":
        """What another process wrote with `written`."""
        return cls({int(edge): count for edge, count in counts.items()})

    def written(self) -> dict[str, int]:
        """For JSON."""
        return {str(edge): count for edge, count in self.counts.items()}

    def add(self, microseconds: int) -> None:
        """One more."""
        edge = bucket(microseconds)
        self.counts[edge] = self.counts.get(edge, 0) + 1

    def include(self, other: "Times") -> None:
        """All of another's."""
        for edge, count in other.counts.items():
            self.counts[edge] = self.counts.get(edge, 0) + count

    def __len__(self) -> int:
        return sum(self.counts.values())

    def percentile(self, share: float) -> float:
        """Milliseconds that `share` percent do not exceed (nearest rank, to the bucket's lower edge); 0 of none."""
        total = len(self)
        rank = max(1, -(-total * share // 100))
        passed = 0
        for edge in sorted(self.counts):
            passed += self.counts[edge]
            if passed >= rank:
                return edge / 1000
        return 0.0

    def numbers(self) -> dict[str, float]:
        """The percentiles that people ask for, in milliseconds."""
        return {f"p{share}": self.percentile(share) for share in (50, 95, 99)} | {"max": self.percentile(100)}
