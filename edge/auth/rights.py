"""Who may do what on a board, known at the edge and corrected by facts within a second.

Standings are cached without an end, because every fact that could change one throws it away. A refusal is never given
on a cached standing: it is read again first, so a cache can grant for less than a second too long, but not refuse wrongly.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge.auth.callers import Caller
from edge.auth.freshness import Freshness
from edge.auth.sessions import Sessions
from edge.auth.standing import BoardAccess, Standing, access, judge, subject_of
from edge.auth.standing_store import StandingStore
from edge.auth.watches import OnChange, Watch, Watches
from edge.errors import ApiError
from edge.rooms.sharing import Rounds
from schemas.permissions import Role

CACHED_STANDINGS: Final = 50_000
# A read overtaken by facts is repeated; somebody's rights changing faster than they can be read is a fault.
READ_ATTEMPTS: Final = 8
# A write in an unproven moment waits for the proof: a busy machine is late now and then, an absent log stays absent.
WRITE_PROOF_SECONDS: Final = 2.0


@dataclass(eq=False, slots=True)
class _Reading:
    """A read under way: a fact about what it reads makes it worthless."""

    subjects: frozenset[str]
    overtaken: bool = False


class Rights:
    """The edge's knowledge of roles: read from the deciders' views, kept true by `learn`."""

    def __init__(
        self,
        store: StandingStore,
        sessions: Sessions,
        freshness: Freshness,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.sessions = sessions
        self.freshness = freshness
        self._store = store
        self._now = now
        self._known: dict[str, dict[str, Standing]] = {}
        self._count = 0
        self._boards_of: dict[str, set[str]] = {}
        self._reading: dict[str, set[_Reading]] = {}
        self._asked: Rounds[dict[str, Standing]] = Rounds()
        self._watches = Watches(self._read, now)

    async def run(self) -> None:
        """Keep watched standings true until cancelled."""
        await self._watches.run()

    async def ensure_alive(self, caller: Caller) -> None:
        """Refuse a caller whose session is closed, who was deleted, or whose link or board is gone.

        Raises `ApiError`: `unauthenticated`, or `unavailable` when a guest's link cannot be read.
        """
        if self.sessions.refuses(caller):
            raise ApiError("unauthenticated", "The session is closed: log in again.")
        if caller.guest:
            given = await self._access(caller, caller.board_id or "")
            if given is None or given.trashed:
                raise ApiError("unauthenticated", "The link of this token is not valid any more.")

    async def ensure_fresh(self, timeout_seconds: float = WRITE_PROOF_SECONDS) -> None:
        """Wait until the edge can prove that it has seen all facts up to a second ago.

        Raises `ApiError` `unavailable` when there is no proof within `timeout_seconds`.
        """
        await self.freshness.ensure(timeout_seconds)

    async def role(self, caller: Caller, board_id: str) -> Role | None:
        """The caller's role on a board as it is, archived or not; on a trashed one only the owner has one."""
        given = await self._access(caller, board_id)
        return None if given is None or (given.trashed and given.role != "owner") else given.role

    async def board_access(self, caller: Caller, board_id: str, permission: str) -> BoardAccess:
        """The caller's access when it covers `permission`.

        Raises `ApiError`: `not_found`, `forbidden`, `conflict` (trashed, archived) or `unavailable`.
        """
        standing = self._cached(caller, board_id)
        if standing is not None:
            try:
                return judge(access(standing, self._now()), permission)
            except ApiError:
                self._forget(board_id, (subject_of(caller),))
        return judge(await self._access(caller, board_id), permission)

    def known_access(self, caller: Caller, board_id: str, permission: str) -> BoardAccess | None:
        """The same without waiting: None when it is not proven now, not known, or not covered."""
        standing = self._cached(caller, board_id)
        if standing is None or not self.freshness.proven:
            return None
        try:
            return judge(access(standing, self._now()), permission)
        except ApiError:
            return None

    def watch(self, caller: Caller, board_id: str, on_change: OnChange) -> Watch:
        """Be told when the caller's access to a board changes; call it right after `board_access`, without an await.

        `on_change` gets the new access, None when there is none left, and `UNPROVEN` when it has changed but cannot
        be read: then nothing may be delivered any more.
        """
        return self._watches.add(board_id, subject_of(caller), self._cached(caller, board_id), on_change)

    def learn(self, facts: Iterable[Mapping[str, Any]]) -> None:
        """Correct what is known by the facts `{"type", "data"}` of an answer just received, ahead of the tail."""
        for fact in facts:
            self.learn_one(fact["type"], fact["data"], self._now())

    def learn_one(self, kind: str, data: Mapping[str, Any], at: float) -> None:
        """Correct what is known by one fact that was written at `at` (seconds since the epoch)."""
        match kind:
            case "boards.role_granted" | "boards.role_revoked" | "boards.link_opened":
                self._doubt(data["board_id"], f"user:{data['user_id']}")
            case (
                "boards.template_set"
                | "boards.board_archived"
                | "boards.board_trashed"
                | "boards.board_restored"
                | "boards.board_revealed"
            ):
                self._doubt(data["board_id"], None)
            case "boards.link_revoked":
                # A link may be one reason of several for a role, and its visitors are many: all are read again.
                self._doubt(data["board_id"], None)
            case "workspaces.member_joined" | "workspaces.member_role_changed" | "workspaces.member_removed":
                self._doubt_workspace(data["workspace_id"], f"user:{data['user_id']}")
            case "workspaces.workspace_deleted":
                self._doubt_workspace(data["workspace_id"], None)
            case "identity.session_closed":
                self.sessions.close(data["session_id"], at)
            case "identity.profile_changed":
                self.sessions.change_profile(data["user_id"], at)
            case "identity.user_erased":
                self.sessions.erase(data["user_id"], at)

    def _doubt(self, board_id: str, subject: str | None) -> None:
        for reading in self._reading.get(board_id, ()):
            if subject is None or subject in reading.subjects:
                reading.overtaken = True
        self._forget(board_id, tuple(self._known.get(board_id, ())) if subject is None else (subject,))
        self._watches.doubt(board_id, subject)

    def _doubt_workspace(self, workspace_id: str, subject: str | None) -> None:
        """Doubt what somebody, or everybody, may do on all boards of a workspace."""
        for board_id in tuple(self._boards_of.get(workspace_id, ())):
            if board_id not in self._known and not self._watches.holds(board_id):
                self._out_of_workspace(board_id, workspace_id)
            else:
                self._doubt(board_id, subject)
        # Of a board that is being read for the first time nobody here knows the workspace yet.
        for readings in self._reading.values():
            for reading in readings:
                if subject is None or subject in reading.subjects:
                    reading.overtaken = True

    def _cached(self, caller: Caller, board_id: str) -> Standing | None:
        if caller.guest and caller.board_id != board_id:
            return None
        return self._known.get(board_id, {}).get(subject_of(caller))

    async def _access(self, caller: Caller, board_id: str) -> BoardAccess | None:
        if caller.guest and caller.board_id != board_id:
            return None
        standing = self._cached(caller, board_id)
        if standing is None:
            subject = subject_of(caller)
            # A link is one subject for all who came by it, and they come together.
            found = await self._asked.get((board_id, subject), lambda: self._read(board_id, (subject,)))
            standing = found.get(subject)
        return access(standing, self._now())

    async def _read(self, board_id: str, subjects: Collection[str]) -> dict[str, Standing]:
        """Read standings and remember those that give a role. Raises `ApiError` `unavailable`."""
        for _ in range(READ_ATTEMPTS):
            reading = _Reading(frozenset(subjects))
            underway = self._reading.setdefault(board_id, set())
            underway.add(reading)
            try:
                found = await self._store.read(board_id, subjects)
            finally:
                underway.discard(reading)
                if not underway:
                    self._reading.pop(board_id, None)
            if not reading.overtaken:
                self._forget(board_id, subjects)
                self._remember(board_id, found)
                return found
        raise ApiError("unavailable", "Rights on this board change too fast to be read.")

    def _remember(self, board_id: str, found: Mapping[str, Standing]) -> None:
        now = self._now()
        # Having no role is never remembered: a role given a moment ago must count at once.
        kept = {subject: standing for subject, standing in found.items() if standing.role(now) is not None}
        if not kept:
            return
        self._known.setdefault(board_id, {}).update(kept)
        self._count += len(kept)
        for standing in kept.values():
            self._boards_of.setdefault(standing.board.workspace_id, set()).add(board_id)
        if self._count > CACHED_STANDINGS:
            self._evict()

    def _evict(self) -> None:
        """Forget the boards known longest, but none with an open socket: those are served without PostgreSQL."""
        for board_id in tuple(self._known):
            if self._count <= CACHED_STANDINGS * 9 // 10:
                return
            if not self._watches.holds(board_id):
                self._forget(board_id, tuple(self._known[board_id]))

    def _forget(self, board_id: str, subjects: Collection[str]) -> None:
        known = self._known.get(board_id)
        if known is None:
            return
        for subject in subjects:
            standing = known.pop(subject, None)
            if standing is None:
                continue
            self._count -= 1
            if not known:
                del self._known[board_id]
                # Who watches must hear of the workspace's facts also while nothing is known.
                if not self._watches.holds(board_id):
                    self._out_of_workspace(board_id, standing.board.workspace_id)

    def _out_of_workspace(self, board_id: str, workspace_id: str) -> None:
        boards = self._boards_of.get(workspace_id, set())
        boards.discard(board_id)
        if not boards:
            self._boards_of.pop(workspace_id, None)
