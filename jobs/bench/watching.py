"""Whether a member of a room gets every event once and in order."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Watching:
    """What one member has seen since it joined at `seq`."""

    seq: int
    gaps: int = 0
    doubles: int = 0
    disordered: int = 0
    seen: set[str] = field(default_factory=set)

    def see(self, seq: int, op: str) -> bool:
        """Note an event; whether its op is new to this member."""
        if seq > self.seq + 1:
            self.gaps += 1
        elif seq <= self.seq:
            self.disordered += 1
        self.seq = max(self.seq, seq)
        if op in self.seen:
            self.doubles += 1
            return False
        self.seen.add(op)
        return True
