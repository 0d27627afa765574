"""Guest links of a board: made, revoked, opened by somebody with an account."""

from datetime import UTC, datetime

from consumers.board_decider.access import allowed, no_board
from consumers.board_decider.facts import told
from consumers.board_decider.state import State
from schemas.envelope import Envelope
from schemas.models.boards import CreateLink, OpenLink, RevokeLink, WelcomeGuest
from schemas.problems import Problem
from topics.decisions import Decision, Fact, sent_at
from topics.errors import Reject


def create_link(data: CreateLink, envelope: Envelope, state: State) -> Decision:
    """A link that gives a role to whoever has its token."""
    board = allowed(state.board, state.standing, "board.link", sent_at(envelope))
    expires_at = data.get("expires_at")
    created = {
        "board_id": board.board_id,
        "link_id": data["link_id"],
        "role": data["role"],
        "has_password": "password" in data,
        "expires_at": None if expires_at is None else in_milliseconds(expires_at),
    }
    return told(state, Fact("boards.link_created", created))


def revoke_link(data: RevokeLink, envelope: Envelope, state: State) -> Decision:
    """The link and all tokens that came from it are dead."""
    board = allowed(state.board, state.standing, "board.link", sent_at(envelope))
    if state.link is None:
        raise Reject("not_found", "There is no such link.")
    if state.link.revoked:
        return Decision()
    return told(state, Fact("boards.link_revoked", {"board_id": board.board_id, "link_id": data["link_id"]}))


def open_link(data: OpenLink, envelope: Envelope, state: State) -> Decision:
    """Somebody with an account came through a link, whose token and password the edge has checked."""
    if state.board is None or state.board.hidden or state.link is None:
        raise no_board()
    if envelope.actor != data["user_id"] or not state.known:
        raise Reject("forbidden", "A link is opened with one's own account.")
    if state.board.trashed or not state.link.valid(sent_at(envelope)):
        raise Reject("gone", "This link is revoked or expired.")
    if state.link.link_id in state.visited:
        return Decision()
    opened = {"board_id": state.board.board_id, "link_id": state.link.link_id, "user_id": data["user_id"]}
    return told(state, Fact("boards.link_opened", opened))


def welcome_guest(_data: WelcomeGuest, envelope: Envelope, state: State) -> Decision:
    """A guest came through a link, whose token and password the edge has checked: he is counted, and nobody is told."""
    if state.board is None or state.board.hidden or state.link is None:
        raise no_board()
    if state.board.trashed or not state.link.valid(sent_at(envelope)):
        raise Reject("gone", "This link is revoked or expired.")
    return Decision()


def in_milliseconds(time: str) -> str:
    """An RFC 3339 time in the one form that facts use. Raises Reject when there is no such moment."""
    try:
        moment = datetime.fromisoformat(time).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        problem = Problem("/expires_at", "is not a moment of the calendar")
        raise Reject("schema_invalid", "The link's end is not a time.", (problem,)) from error
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
