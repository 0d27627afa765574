"""What must not happen, by name and count: a run with any of these does not count."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields


@dataclass(slots=True)
class Faults:
    """Counts over all members of all rooms."""

    gaps: int = 0
    """An event came that is not the next one."""
    doubles: int = 0
    """An event came a second time, or an op stands in a room's log twice, or was acknowledged twice."""
    disordered: int = 0
    """An event came after a later one, or an op stands before an earlier one of its connection."""
    disagreements: int = 0
    """Two members were shown different things in the same place."""
    lost: int = 0
    """Deliveries of acknowledged ops, or newest positions, that never came."""
    unacknowledged: int = 0
    """Ops without any answer."""
    refused: int = 0
    """Ops or requests answered by an error."""
    resets: int = 0
    """Rooms that began anew under a member."""
    closed: int = 0
    """Connections that the server ended."""

    @classmethod
    def read(cls, counts: Mapping[str, int]) -> "Faults":
        """What another process wrote with `written`."""
        return cls(**counts)

    def written(self) -> dict[str, int]:
        """For JSON."""
        return asdict(self)

    def include(self, other: "Faults") -> None:
        """All of another's."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def told(self) -> list[str]:
        """In words, only what happened."""
        return [f"{count} {name}" for name, count in asdict(self).items() if count]
