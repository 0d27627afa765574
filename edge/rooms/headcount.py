"""Who is in a room, compared with Redis: the dead of a dead edge, and what a lost record left wrong."""

import asyncio
from collections.abc import Sequence

from edge.rooms.live_room import LiveRoom
from edge.rooms.moves import Moves
from edge.rooms.room_reader import RoomReader

# A join needs some time through the log until Redis shows it.
SETTLED_SECONDS = 5.0


async def count_heads(rooms: Sequence[LiveRoom], reader: RoomReader, moves: Moves, edge: str) -> None:
    """Make what the members of `rooms` see, what Redis holds and who is really here the same.

    Args:
        rooms: open rooms of this edge.
        reader: reads what Redis holds.
        moves: takes corrections to the log, so that everybody learns them in one order.
        edge: this edge.
    """
    now = asyncio.get_running_loop().time()
    for live in rooms:
        live.presence.begin_comparison()
    found = await reader.presence([live.name for live in rooms])
    edges = {move["edge"] for known in found for move in known.values()} | {edge}
    alive = await reader.living(sorted(edges)) | {edge}
    for live, known in zip(rooms, found, strict=True):
        if live.closed:
            continue
        living = {name: move for name, move in known.items() if move["edge"] in alive}
        live.presence.compare(living)
        for name in known.keys() - living.keys():
            moves.gone(live.name, name)
        for name, move in living.items():
            if move["edge"] == edge and name not in live.seats:
                moves.gone(live.name, name)
        for name, seat in live.seats.items():
            if seat.joined and name not in known and seat.joined_at < now - SETTLED_SECONDS:
                moves.move(live.name, seat.member.person, {})
