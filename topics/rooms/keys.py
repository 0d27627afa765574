"""Names of a room's keys and channels in Redis."""


def state(room: str) -> str:
    """Hash: `e` epoch, `s` seq, `run` server run, `o` mark of boards.ops, `b` and `c` bytes and events of the window, `f` fact ids, `t:…` offsets."""
    return f"{{{room}}}:s"


def window(room: str) -> str:
    """Stream of the last events, an entry for those that were numbered together.

    Id `<last seq>-0`; fields `t` (ms), `n` (bytes), `f` (first seq), `o` (mark after the last), `d` (events as JSON,
    joined by commas).
    """
    return f"{{{room}}}:w"


def members(room: str) -> str:
    """Hash: connection -> who it is, on which edge, and its last move."""
    return f"{{{room}}}:m"


def lease(edge: str) -> str:
    """Exists while an edge lives."""
    return f"lease:{edge}"


def events_channel(room: str) -> str:
    """Where a room's events are published."""
    return f"room:{room}"


def presence_channel(room: str) -> str:
    """Where a room's presence is published."""
    return f"presence:{room}"


def offset_field(topic: str, partition: int) -> str:
    """The field of the state that holds `<generation>:<last offset>` of one topic partition."""
    return f"t:{topic}:{partition}"
