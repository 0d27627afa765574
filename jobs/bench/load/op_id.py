"""The id that an op carries: who sent it, its number there, and when."""

from typing import NamedTuple


class OpId(NamedTuple):
    """`sent_ns` is on the machine's monotonic clock, so another process on it can tell how long ago that was."""

    author: str
    number: int
    sent_ns: int

    def written(self) -> str:
        """As it stands in a frame."""
        return f"{self.author}:{self.number}:{self.sent_ns}"


def read(text: str | None) -> OpId | None:
    """What `written` wrote; None for an id that no load client made."""
    parts = (text or "").split(":")
    if len(parts) != 3 or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return None
    return OpId(parts[0], int(parts[1]), int(parts[2]))
