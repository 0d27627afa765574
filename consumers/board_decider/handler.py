"""What happens to boards: made, renamed, put away, brought back; and who decides about people and links on them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from consumers.board_decider import invitations, links, people, versions
from consumers.board_decider.access import allowed, no_board
from consumers.board_decider.facts import told
from consumers.board_decider.state import State
from schemas.envelope import Envelope
from schemas.models.boards import (
    ArchiveBoard,
    BranchBoard,
    CreateBoard,
    DuplicateBoard,
    RenameBoard,
    RestoreBoard,
    RevealBoard,
    SetTemplate,
    TrashBoard,
)
from topics.decisions import Ask, Decision, Fact, numbered, refuse, sent_at
from topics.errors import Reject

Data = Mapping[str, Any]
# Each rule names the type of its own payload, which the engine has checked against that schema.
Rule = Callable[[Any, Envelope, State], Decision]

TITLE_CHARACTERS: Final = 200
COPY_SUFFIX: Final = " (copy)"
BRANCH_SUFFIX: Final = " (branch)"


def decide(name: str, data: Data, envelope: Envelope, state: State) -> Decision:
    """The decision on one action of `boards.actions`."""
    if envelope.actor is None and name not in ASKED_BY_OURSELVES:
        return refuse(Reject("unauthenticated", "A board action needs an actor."))
    try:
        return RULES[name](data, envelope, state)
    except Reject as refusal:
        return refuse(refusal)


def follow(name: str, data: Data, boards: tuple[str, ...]) -> Decision:
    """What a fact of another domain means for `boards`: each is asked, so that its facts stay in its own order."""
    asked, subject = (
        ("boards.forget_person", "user_id")
        if name == "identity.user_erased"
        else ("boards.abandon_board", "workspace_id")
    )
    return Decision(asks=tuple(Ask(asked, {"board_id": board_id, subject: data[subject]}) for board_id in boards))


def create_board(data: CreateBoard, envelope: Envelope, state: State) -> Decision:
    """A new board. Its maker owns it; a hidden one waits for its content before anybody sees it."""
    return made(data["board_id"], data["title"], envelope, state, hidden=data.get("hidden", False))


def duplicate_board(data: DuplicateBoard, envelope: Envelope, state: State) -> Decision:
    """A hidden board under the copy's title; the edge fills and reveals it."""
    source = allowed(state.source, state.source_standing, "board.duplicate", sent_at(envelope))
    if envelope.via is not None:
        raise Reject("forbidden", "A guest cannot copy a board.")
    title = data.get("title") or (source.title + COPY_SUFFIX)[:TITLE_CHARACTERS]
    return made(data["board_id"], title, envelope, state, hidden=True)


def branch_board(data: BranchBoard, envelope: Envelope, state: State) -> Decision:
    """A hidden board that remembers where it comes from; the edge fills it with that state and reveals it."""
    source = allowed(state.source, state.source_standing, "board.duplicate", sent_at(envelope))
    if envelope.via is not None:
        raise Reject("forbidden", "A guest cannot branch a board.")
    title = data.get("title") or (source.title + BRANCH_SUFFIX)[:TITLE_CHARACTERS]
    origin = {"board_id": source.board_id, "position": data["position"]}
    return made(data["board_id"], title, envelope, state, hidden=True, branched_from=origin)


def made(
    board_id: str, title: str, envelope: Envelope, state: State, *, hidden: bool, branched_from: Data | None = None
) -> Decision:
    """A board in the workspace that the state names."""
    if envelope.via is not None:
        raise Reject("forbidden", "A guest cannot make a board.")
    if state.workspace_id is None:
        raise Reject("not_found", "There is no such workspace.")
    if state.board is not None:
        raise Reject("conflict", "There is a board with this id already.")
    created: dict[str, Any] = {
        "board_id": board_id,
        "workspace_id": state.workspace_id,
        "title": title,
        "created_by": envelope.actor,
        "hidden": hidden,
    }
    if branched_from is not None:
        created["branched_from"] = branched_from
    return Decision(facts=numbered(0, [Fact("boards.board_created", created)]), workspace=state.workspace_id)


def reveal_board(data: RevealBoard, envelope: Envelope, state: State) -> Decision:
    """The content is complete: the board exists for everybody."""
    if state.board is None or state.board.created_by != envelope.actor or state.board.trashed:
        raise no_board()
    if not state.board.hidden:
        return Decision()
    return told(state, Fact("boards.board_revealed", {"board_id": data["board_id"]}))


def rename_board(data: RenameBoard, envelope: Envelope, state: State) -> Decision:
    """Another title."""
    board = allowed(state.board, state.standing, "board.rename", sent_at(envelope))
    if board.title == data["title"]:
        return Decision()
    return told(state, Fact("boards.board_renamed", {"board_id": board.board_id, "title": data["title"]}))


def set_template(data: SetTemplate, envelope: Envelope, state: State) -> Decision:
    """Shown to the members of its workspace, so that they make boards from it; or not any more."""
    board = allowed(state.board, state.standing, "board.template", sent_at(envelope))
    if board.template == data["template"]:
        return Decision()
    return told(state, Fact("boards.template_set", {"board_id": board.board_id, "template": data["template"]}))


def archive_board(_data: ArchiveBoard, envelope: Envelope, state: State) -> Decision:
    """Read-only from now on."""
    board = allowed(state.board, state.standing, "board.archive", sent_at(envelope))
    if board.archived:
        return Decision()
    return told(state, Fact("boards.board_archived", {"board_id": board.board_id}))


def trash_board(_data: TrashBoard, envelope: Envelope, state: State) -> Decision:
    """Out of sight for all but its owners."""
    board = allowed(state.board, state.standing, "board.trash", sent_at(envelope))
    return told(state, Fact("boards.board_trashed", {"board_id": board.board_id}))


def restore_board(_data: RestoreBoard, envelope: Envelope, state: State) -> Decision:
    """Back from the trash, and if it is not there, from the archive."""
    board = allowed(state.board, state.standing, "board.restore", sent_at(envelope))
    if not board.trashed and not board.archived:
        return Decision()
    origin = "trash" if board.trashed else "archive"
    return told(state, Fact("boards.board_restored", {"board_id": board.board_id, "from": origin}))


RULES: Final[Mapping[str, Rule]] = {
    "boards.create_board": create_board,
    "boards.duplicate_board": duplicate_board,
    "boards.branch_board": branch_board,
    "boards.reveal_board": reveal_board,
    "boards.rename_board": rename_board,
    "boards.set_template": set_template,
    "boards.archive_board": archive_board,
    "boards.trash_board": trash_board,
    "boards.restore_board": restore_board,
    "boards.grant_role": people.grant_role,
    "boards.revoke_role": people.revoke_role,
    "boards.invite_person": invitations.invite_person,
    "boards.accept_invitation": invitations.accept_invitation,
    "boards.forget_person": people.forget_person,
    "boards.abandon_board": people.abandon_board,
    "boards.create_link": links.create_link,
    "boards.revoke_link": links.revoke_link,
    "boards.open_link": links.open_link,
    "boards.welcome_guest": links.welcome_guest,
    "boards.save_version": versions.save_version,
    "boards.keep_version": versions.keep_version,
    "boards.rename_version": versions.rename_version,
    "boards.delete_version": versions.delete_version,
    "boards.restore_version": versions.restore_version,
}
ASKED_BY_OURSELVES: Final = frozenset({"boards.forget_person", "boards.abandon_board", "boards.keep_version"})
FOLLOWED: Final = frozenset({"identity.user_erased", "workspaces.workspace_deleted"})
