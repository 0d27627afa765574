"""Which sessions of a person are open: login, refresh tokens, logout."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from consumers.identity_decider.facts import all_closed, closed, of, opened
from consumers.identity_decider.state import State
from schemas.models.identity import CloseSession, CloseSessions, RotateSession
from topics.decisions import Decision, numbered, refuse
from topics.errors import Reject

# How long a rotated refresh token still gives its successor: two tabs, or an answer that got lost (protocol, Tokens).
GRACE: Final = timedelta(seconds=30)
FIRST_GENERATION: Final = 1
BANNED: Final = Reject("forbidden", "This account is banned: ask who runs this instance.")


def open_session(data: Mapping[str, Any], _time: datetime, state: State) -> Decision:
    """A login: the edge has verified the password, of `password_version` where it says so."""
    if state.person is None:
        return refuse(Reject("unauthenticated", "There is no such account."))
    if data.get("password_version", state.person.password_version) != state.person.password_version:
        return refuse(Reject("unauthenticated", "The password was changed meanwhile: log in with the new one."))
    if state.person.banned:
        return refuse(BANNED)
    if state.session_known:
        return refuse(Reject("conflict", "There is a session with this id already."))
    session = opened(data["user_id"], data["session_id"], FIRST_GENERATION)
    return Decision(facts=numbered(state.person.revision, [session]))


def rotate_session(data: RotateSession, time: datetime, state: State) -> Decision:
    """The next refresh token; the same one again in the grace time; the end of the session for a token used twice."""
    session = state.sessions.get(data["session_id"])
    if state.person is None or session is None:
        return refuse(Reject("unauthenticated", "This session is closed: log in again."))
    behind = session.generation - data["generation"]
    if behind > 1 or (behind == 1 and time - session.rotated_at > GRACE):
        return Decision(
            facts=numbered(state.person.revision, [closed(state.person, session, "reuse")]),
            refusal=Reject(
                "unauthenticated", "This refresh token was used before: the session is closed, log in again."
            ),
        )
    # A token ahead of the session is genuine (the edge checked it): this database was restored to an earlier minute.
    generation = session.generation if behind == 1 else data["generation"] + 1
    rotated = of(state.person, "session_rotated", session_id=session.session_id, generation=generation)
    return Decision(facts=numbered(state.person.revision, [rotated]))


def touch_session(_data: Mapping[str, Any], _time: datetime, _state: State) -> Decision:
    """A session was used: its row says when, and there is nothing to tell."""
    return Decision()


def close_session(data: CloseSession, _time: datetime, state: State) -> Decision:
    """A logout. To close what is closed is fine."""
    if state.person is None or not (state.session_known or data["session_id"] in state.sessions):
        return refuse(Reject("not_found", "There is no such session."))
    session = state.sessions.get(data["session_id"])
    if session is None:
        return Decision()
    return Decision(facts=numbered(state.person.revision, [closed(state.person, session, "logout")]))


def close_sessions(data: CloseSessions, _time: datetime, state: State) -> Decision:
    """All sessions but the one that is kept."""
    if state.person is None:
        return refuse(Reject("not_found", "There is no such account."))
    ended = [one for one in state.sessions.values() if one.session_id != data.get("keep_session_id")]
    return Decision(facts=numbered(state.person.revision, all_closed(state.person, ended, "revoked")))
