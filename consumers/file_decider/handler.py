"""What happens to files: asked for, uploaded, found good or refused, shown on a copy, deleted."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from consumers.file_decider.access import allowed
from consumers.file_decider.state import Board, File, State
from schemas.envelope import Envelope
from schemas.models.files import CompleteUpload, DeleteFile, RequestUpload, SettleFile, ShareFiles
from schemas.problems import Problem
from topics.decisions import Decision, Fact, numbered, refuse, sent_at
from topics.errors import Reject

Data = Mapping[str, Any]
# Each rule names the type of its own payload, which the engine has checked against that schema.
Rule = Callable[[Any, Envelope, State], Decision]


def decide(name: str, data: Data, envelope: Envelope, state: State) -> Decision:
    """The decision on one action of `files.actions`."""
    if envelope.actor is None and name not in ASKED_BY_OURSELVES:
        return refuse(Reject("unauthenticated", "An action on files needs an actor."))
    try:
        return RULES[name](data, envelope, state)
    except Reject as refusal:
        return refuse(refusal)


def request_upload(data: RequestUpload, envelope: Envelope, state: State) -> Decision:
    """A place for a file, when its workspace has room; what is still being uploaded takes room too."""
    board = allowed(state.board, str(envelope.actor), "board.upload")
    if state.file is not None:
        raise Reject("conflict", "There is a file with this id already.")
    if state.quota_bytes and state.used_bytes + data["size"] > state.quota_bytes:
        left = max(0, state.quota_bytes - state.used_bytes)
        message = f"is more than the {left} bytes that the workspace has left of its {state.quota_bytes}"
        raise Reject("conflict", f"The file {message}.", (Problem("/size", message),))
    expires = sent_at(envelope) + timedelta(seconds=state.upload_seconds)
    told = {name: data[name] for name in ("board_id", "file_id", "name", "mime", "size", "sha256")}  # type: ignore[literal-required]  # its own fields
    asked = {**told, "expires_at": expires.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    return _told(state, board, Fact("files.file_requested", asked))


def complete_upload(_data: CompleteUpload, envelope: Envelope, state: State) -> Decision:
    """Check what was uploaded; what is being checked or was settled before stays as it is."""
    board = allowed(state.board, str(envelope.actor), "board.upload")
    file = _file(state)
    if file.status != "requested":
        return Decision()
    uploaded = {name: getattr(file, name) for name in ("board_id", "file_id", "mime", "size", "sha256")}
    return _told(state, board, Fact("files.file_uploaded", uploaded))


def settle_file(data: SettleFile, _envelope: Envelope, state: State) -> Decision:
    """The checker's finding counts once."""
    file = _file(state)
    if file.status != "checking":
        return Decision()
    reason, named = data["reason"], {"board_id": file.board_id, "file_id": file.file_id}
    if reason is not None:
        return _told(state, state.board, Fact("files.file_rejected", {**named, **reason}))
    found = {"mime": file.mime, "size": file.size, "sha256": file.sha256}
    picture = {"width": data["width"], "height": data["height"], "thumbnail": data["thumbnail"]}
    return _told(state, state.board, Fact("files.file_ready", {**named, **found, **picture}))


def delete_file(data: DeleteFile, _envelope: Envelope, state: State) -> Decision:
    """Only what the reason is true of: what was completed meanwhile stays."""
    file = _file(state)
    if file.status not in DELETED_AS[data["why"]]:
        return Decision()
    gone = {"board_id": file.board_id, "file_id": file.file_id, "why": data["why"]}
    return _told(state, state.board, Fact("files.file_deleted", gone))


def share_files(data: ShareFiles, envelope: Envelope, state: State) -> Decision:
    """Files of a board that the actor sees are shown on another that he fills.

    Names that are nobody's, or of files elsewhere, are passed over: a picture that was never there is not there in
    the copy either, and nobody sees by a copy what he could not see before.
    """
    actor = str(envelope.actor)
    allowed(state.source, actor, "board.view")
    board = allowed(state.board, actor, "board.upload")
    shown = [file_id for file_id in dict.fromkeys(data["file_ids"]) if file_id in state.shareable]
    if not shown:
        return Decision()
    told = {"board_id": data["board_id"], "source_board_id": data["source_board_id"], "file_ids": shown}
    return _told(state, board, Fact("files.files_shared", told))


def _file(state: State) -> File:
    """The file, when it is one of the board's and still there. Raises Reject."""
    if state.file is None or state.file.status == "deleted":
        raise Reject("not_found", "There is no such file.")
    return state.file


def _told(state: State, board: Board | None, fact: Fact) -> Decision:
    return Decision(
        facts=numbered(state.revision, [fact]),
        workspace=None if board is None else board.workspace_id,
    )


RULES: Final[Mapping[str, Rule]] = {
    "files.request_upload": request_upload,
    "files.complete_upload": complete_upload,
    "files.settle_file": settle_file,
    "files.delete_file": delete_file,
    "files.share_files": share_files,
}
ASKED_BY_OURSELVES: Final = frozenset({"files.settle_file", "files.delete_file"})
DELETED_AS: Final[Mapping[str, frozenset[str]]] = {
    "unfinished": frozenset({"requested", "checking"}),
    "orphan": frozenset({"ready"}),
}
