"""A record's part in one room, and how many of them fit in one run of the script."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from topics.rooms import keys

# A run of the script stops Redis for its time: about 1 ms for 200 small events, a few for megabytes.
CHUNK_EVENTS = 200
CHUNK_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """The events of one record for one room.

    `mark` says how far boards.ops is contained after them, empty for other topics.
    `fact_id` is empty for ops: theirs may come again only with an offset that is known already.
    """

    topic: str
    partition: int
    generation: str
    offset: int
    mark: str
    fact_id: str
    bodies: tuple[bytes, ...]

    def arguments(self) -> Iterator[str | bytes | int]:
        """As `append.lua` reads it."""
        yield keys.offset_field(self.topic, self.partition)
        yield self.generation
        yield self.offset
        yield self.mark
        yield self.fact_id
        yield len(self.bodies)
        yield from self.bodies


def chunks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Cut the entries of a room, in order, into runs of bounded size; an entry is never cut."""
    chunk: list[Entry] = []
    events = size = 0
    for entry in entries:
        entry_size = sum(map(len, entry.bodies))
        if chunk and (events + len(entry.bodies) > CHUNK_EVENTS or size + entry_size > CHUNK_BYTES):
            yield chunk
            chunk, events, size = [], 0, 0
        chunk.append(entry)
        events += len(entry.bodies)
        size += entry_size
    if chunk:
        yield chunk
