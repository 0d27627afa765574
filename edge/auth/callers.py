"""Who makes a request or holds a socket: what an access token says, nothing more."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """A person with an account, or a guest who came through a link and may see that board alone.

    `expires_at` is the end of the access token in seconds since the epoch. For a guest `link_id` and `board_id` are
    set and `session_id` is not; for an account it is the other way round.
    """

    user_id: str
    session_id: str | None
    name: str
    color: str
    guest: bool
    link_id: str | None
    board_id: str | None
    expires_at: float
    locale: str = "en"
