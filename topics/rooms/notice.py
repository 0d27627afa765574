"""What is published on a room's channel: numbered events, or the news of a new epoch."""

from dataclasses import dataclass

from topics.rooms.mark import Mark


@dataclass(frozen=True, slots=True)
class Notice:
    """Events `first` to `last` of an epoch, as JSON objects joined by commas.

    `last < first` with an empty body says only that the epoch is this one. `mark` is how far boards.ops is contained
    once `last` has been seen.
    """

    first: int
    last: int
    epoch: str
    mark: Mark | None
    body: bytes


def parse(payload: bytes) -> Notice:
    r"""Read `<first> <last> <epoch> <mark or ->\n<event>,<event>…`."""
    end = payload.index(b"\n")
    first, last, epoch, mark = payload[:end].decode().split(" ")
    return Notice(int(first), int(last), epoch, Mark.parse(mark), payload[end + 1 :])
