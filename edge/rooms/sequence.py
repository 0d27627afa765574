"""Whether a numbered message may be shown now: the rule that makes a room gapless."""

from dataclasses import dataclass
from typing import Literal

from topics.rooms.notice import Notice

Verdict = Literal["pass", "drop", "gap", "reset"]


@dataclass(slots=True)
class Sequence:
    """The last event shown of a room, and the last one heard of."""

    epoch: str
    seq: int
    heard: int = 0

    def judge(self, notice: Notice) -> Verdict:
        """`pass`: show it and call `shown`; `drop`: all of it was shown; `gap`: something before or in it is missing."""
        if notice.epoch != self.epoch:
            return "reset"
        self.heard = max(self.heard, notice.last)
        if notice.last <= self.seq:
            return "drop"
        return "pass" if notice.first == self.seq + 1 else "gap"

    def shown(self, seq: int) -> None:
        """Everything up to `seq` is shown."""
        self.seq = seq

    @property
    def behind(self) -> bool:
        """Whether events are known to exist that were not shown."""
        return self.heard > self.seq
