"""What one socket may do, and how long it may be silent."""

from dataclasses import dataclass
from typing import Final

from edge.lanes.op_checks import ELEMENTS_PER_OP
from edge.settings import EdgeSettings
from edge.strict_json import MAX_DEPTH
from edge.ws.server_frames import Told
from schemas.boards.rules import ELEMENT_BYTES

FRAME_BYTES: Final = 1024 * 1024
ROOMS: Final = 50
MOVES_PER_SECOND: Final = 30
# Joins, hellos, pings: not told in the welcome, because no well-behaved client comes near.
CONTROLS_PER_SECOND: Final = 60
UNREADABLE_FRAMES: Final = 3
FLOOD_REJECTS: Final = 300
FLOOD_SECONDS: Final = 10.0
# Per socket: ops handed to the log and not acknowledged, ops waiting for a right to be proven, actions, joins.
OPS_IN_FLIGHT: Final = 2048
OPS_WAITING: Final = 512
ACTIONS_IN_FLIGHT: Final = 32
CONTROLS_WAITING: Final = 64


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """The limits of every socket of an edge; a rate of 0 is none, a burst is twice its rate."""

    frame_bytes: int
    rooms: int
    sends_per_second: int
    moves_per_second: int
    queue_bytes: int
    hello_seconds: float
    token_grace_seconds: float
    ping_seconds: float
    dead_seconds: float
    told: Told


def socket_limits(
    settings: EdgeSettings,
    *,
    hello_seconds: float = 5.0,
    token_grace_seconds: float = 5.0,
    ping_seconds: float = 25.0,
    dead_seconds: float = 60.0,
) -> SocketLimits:
    """The limits of the public contract, with what an operator turned."""
    sends = settings.limit_sends_per_second
    return SocketLimits(
        frame_bytes=FRAME_BYTES,
        rooms=ROOMS,
        sends_per_second=sends,
        moves_per_second=MOVES_PER_SECOND,
        queue_bytes=settings.queue_bytes,
        hello_seconds=hello_seconds,
        token_grace_seconds=token_grace_seconds,
        ping_seconds=ping_seconds,
        dead_seconds=dead_seconds,
        told=Told(
            frame_bytes=FRAME_BYTES,
            element_bytes=ELEMENT_BYTES,
            elements_per_op=ELEMENTS_PER_OP,
            depth=MAX_DEPTH,
            rooms=ROOMS,
            sends_per_second=sends or None,
            sends_burst=2 * sends or None,
            moves_per_second=MOVES_PER_SECOND,
            queue_bytes=settings.queue_bytes,
            ping_seconds=int(ping_seconds),
            dead_seconds=int(dead_seconds),
            resume_events=settings.resume_events,
            resume_seconds=settings.resume_seconds,
            resume_bytes=settings.resume_bytes,
            embed_hosts=settings.embed_hosts,
        ),
    )
