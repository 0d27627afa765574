"""Versions of a board: places in its history that are kept under a name, or by themselves for a while."""

from datetime import datetime
from typing import Final

from consumers.board_decider.access import allowed, no_board
from consumers.board_decider.facts import told
from consumers.board_decider.retention import outlived
from consumers.board_decider.state import Content, State, Version
from schemas.envelope import Envelope
from schemas.models.boards import DeleteVersion, KeepVersion, RenameVersion, RestoreVersion, SaveVersion
from topics.decisions import Decision, Fact, sent_at
from topics.errors import Reject

PERMISSION: Final = "board.version"
# Named versions of one board: a list that a person can still read, and a bound on what one board may cost.
MOST_SAVED: Final = 1000


def save_version(data: SaveVersion, envelope: Envelope, state: State) -> Decision:
    """The board as it is now, or as it was at some time, kept until somebody deletes it."""
    allowed(state.board, state.standing, PERMISSION, sent_at(envelope))
    _new(state, data["version_id"])
    if sum(version.kept for version in state.versions) >= MOST_SAVED:
        raise Reject("conflict", f"A board keeps {MOST_SAVED} versions: delete some first.")
    content = state.content
    if "content" in data:
        # An earlier state: the edge has read and counted it, and nothing was touched to save it.
        content = Content(data["position"], data["content"]["elements"], data["content"]["bytes"], changes=0)
    position = content.position or data["position"]
    saved = {
        "version_id": data["version_id"],
        "name": data.get("name"),
        "kind": "saved",
        "position": position,
        "created_by": envelope.actor,
        **_size(content),
    }
    return told(state, Fact("boards.version_saved", {"board_id": data["board_id"], **saved}))


def keep_version(data: KeepVersion, envelope: Envelope, state: State) -> Decision:
    """A version that nobody asked for, where something changed since the last; what is not worth keeping goes."""
    board = state.board
    if board is None or board.trashed or board.hidden:
        return Decision()
    facts = []
    if state.content.position is not None and state.content.changes > 0:
        _new(state, data["version_id"])
        kept = {
            "version_id": data["version_id"],
            "name": None,
            "kind": "automatic",
            "position": state.content.position,
            "created_by": None,
            **_size(state.content),
        }
        facts.append(Fact("boards.version_saved", {"board_id": board.board_id, **kept}))
    facts += [_deleted(board.board_id, version_id) for version_id in _outlived(state, sent_at(envelope))]
    return told(state, *facts) if facts else Decision()


def rename_version(data: RenameVersion, envelope: Envelope, state: State) -> Decision:
    """A name: an automatic version is kept from now on as one that was saved."""
    version = _named(state, data["version_id"], envelope)
    if version.name == data["name"]:
        return Decision()
    renamed = {"board_id": data["board_id"], "version_id": version.version_id, "name": data["name"]}
    return told(state, Fact("boards.version_renamed", renamed))


def delete_version(data: DeleteVersion, envelope: Envelope, state: State) -> Decision:
    """The mark goes; the history stays."""
    version = _named(state, data["version_id"], envelope)
    return told(state, _deleted(data["board_id"], version.version_id))


def restore_version(data: RestoreVersion, envelope: Envelope, state: State) -> Decision:
    """The edge has drawn the version's state: who did that, and where it ended, is told."""
    version = _named(state, data["version_id"], envelope)
    restored = {
        "board_id": data["board_id"],
        "version_id": version.version_id,
        "restored_by": envelope.actor,
        "position": data["position"],
    }
    return told(state, Fact("boards.version_restored", restored))


def _named(state: State, version_id: str, envelope: Envelope) -> Version:
    """The version that the action is about. Raises Reject."""
    allowed(state.board, state.standing, PERMISSION, sent_at(envelope))
    for version in state.versions:
        if version.version_id == version_id:
            return version
    raise Reject("not_found", "There is no such version.")


def _new(state: State, version_id: str) -> None:
    if state.board is None:
        raise no_board()
    if any(version.version_id == version_id for version in state.versions):
        raise Reject("conflict", "There is a version with this id already.")


def _outlived(state: State, now: datetime) -> list[str]:
    return outlived(((each.version_id, each.created_at) for each in state.versions if not each.kept), now)


def _size(content: Content) -> dict[str, int]:
    return {"elements": content.elements, "bytes": content.bytes, "changes": content.changes}


def _deleted(board_id: str, version_id: str) -> Fact:
    return Fact("boards.version_deleted", {"board_id": board_id, "version_id": version_id})
