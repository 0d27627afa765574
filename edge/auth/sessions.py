"""Remembers which sessions are closed, who is gone and who has another name, for as long as an access token may not know."""

from collections.abc import Callable

from edge.auth.callers import Caller

# Facts carry the broker's clock, tokens the edge's: a memory kept a little longer costs nothing.
SLACK_SECONDS = 60.0
FORGET_EVERY_SECONDS = 30.0

Listener = Callable[[str], None]


class Sessions:
    """Closed sessions and erased people of the last access-token lifetime.

    `on_closed` is called with a session id, `on_erased` with a user id, once each.
    """

    def __init__(self, access_token_seconds: float) -> None:
        self.on_closed: Listener | None = None
        self.on_erased: Listener | None = None
        self._keep_seconds = access_token_seconds + SLACK_SECONDS
        self._closed: dict[str, float] = {}
        self._erased: dict[str, float] = {}
        self._changed: dict[str, float] = {}
        self._forgot_at = 0.0

    def close(self, session_id: str, at: float) -> None:
        """A session was closed at `at` (seconds since the epoch)."""
        self._forget(at)
        if session_id not in self._closed:
            self._closed[session_id] = at
            if self.on_closed is not None:
                self.on_closed(session_id)

    def erase(self, user_id: str, at: float) -> None:
        """A person was deleted at `at`, all sessions with them."""
        self._forget(at)
        if user_id not in self._erased:
            self._erased[user_id] = at
            if self.on_erased is not None:
                self.on_erased(user_id)

    def change_profile(self, user_id: str, at: float) -> None:
        """A person has another name or colour since `at`: tokens made before say the old one."""
        self._forget(at)
        self._changed[user_id] = at

    def has_new_profile(self, user_id: str) -> bool:
        """Whether a token of this person may say an old name or colour."""
        return user_id in self._changed

    def refuses(self, caller: Caller) -> bool:
        """Whether the caller's session is closed or the person gone."""
        return caller.user_id in self._erased or (caller.session_id is not None and caller.session_id in self._closed)

    def _forget(self, now: float) -> None:
        if now - self._forgot_at < FORGET_EVERY_SECONDS:
            return
        self._forgot_at = now
        for kept in (self._closed, self._erased, self._changed):
            for name in [name for name, at in kept.items() if at < now - self._keep_seconds]:
                del kept[name]
