"""Why a socket is closed: the public table of close codes."""

from enum import IntEnum


class CloseCode(IntEnum):
    """Each with what the client should do next."""

    NORMAL = 1000
    """The client said goodbye."""
    SILENT = 1001
    """Nothing heard for a minute; come back after a random delay."""
    PROTOCOL = 1002
    """Not WebSocket any more; a bug of the client."""
    TOO_LARGE = 1009
    """A frame over its limit; a bug of the client."""
    RESTART = 1012
    """The edge drains; come back after a random delay."""
    UNREADABLE = 4400
    """The third unreadable frame; a bug of the client."""
    TOKEN = 4401
    """No token, a bad one, or one past its end; come back with a new one."""
    NO_HELLO = 4408
    """No hello in time; come back."""
    FLOOD = 4429
    """Far too many frames; come back after 30 s."""
    SESSION = 4440
    """The session is closed or the person gone; log in again."""
    SLOW = 4450
    """The client reads slower than the room speaks; come back and resume by cursor."""
