"""What is said in threads, and what becomes of them: pure rules."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from consumers.comment_decider.access import NO_BOARD, comment_of, commenting, thread_of
from consumers.comment_decider.state import State
from schemas.envelope import Envelope
from schemas.models.comments import (
    DeleteComment,
    EditComment,
    ForgetPerson,
    MoveThread,
    ReopenThread,
    Reply,
    ResolveThread,
    RestoreThread,
    StartThread,
)
from schemas.permissions import allows
from schemas.problems import Problem
from topics.decisions import Ask, Decision, Fact, numbered, refuse, sent_at
from topics.errors import Reject

Data = Mapping[str, Any]
# Each rule names the type of its own payload, which the engine has checked against that schema.
Rule = Callable[[Any, Envelope, State], Decision]

# A list of threads is read as a whole when a board opens: it must stay one that a browser can show.
MAX_THREADS: Final = 1000
MAX_COMMENTS: Final = 200


def decide(name: str, data: Data, envelope: Envelope, state: State) -> Decision:
    """The decision on one action of `comments.actions`."""
    if envelope.actor is None and name not in ASKED_BY_OURSELVES:
        return refuse(Reject("unauthenticated", "A comment needs an author."))
    try:
        return RULES[name](data, envelope, state)
    except Reject as refusal:
        return refuse(refusal)


def follow(data: Data, boards: tuple[str, ...]) -> Decision:
    """An erased person is forgotten board by board, so that the facts of each stay in its own order."""
    asked = (Ask("comments.forget_person", {"board_id": each, "user_id": data["user_id"]}) for each in boards)
    return Decision(asks=tuple(asked))


def start_thread(data: StartThread, envelope: Envelope, state: State) -> Decision:
    """A new thread with its first comment."""
    commenting(state, sent_at(envelope))
    mention = mentioned(data.get("mention", []), state)
    if state.threads >= MAX_THREADS:
        raise Reject("conflict", f"A board has at most {MAX_THREADS} threads: delete some that are dealt with.")
    if state.thread is not None:
        raise Reject("conflict", "There is a thread with this id already.")
    said = {"thread_id": data["thread_id"], "comment_id": data["comment_id"], "text": data["text"]}
    return told(
        state,
        "thread_started",
        {**said, "author_id": envelope.actor, "anchor": data["anchor"], "mention": mention},
    )


def reply(data: Reply, envelope: Envelope, state: State) -> Decision:
    """One more comment; what was resolved is open again."""
    commenting(state, sent_at(envelope))
    thread = thread_of(state)
    mention = mentioned(data.get("mention", []), state)
    if thread.length >= MAX_COMMENTS:
        raise Reject("conflict", f"A thread has at most {MAX_COMMENTS} comments: start another one.")
    said = {"thread_id": thread.thread_id, "comment_id": data["comment_id"], "text": data["text"]}
    added = Fact("comments.comment_added", {**said, "author_id": envelope.actor, "mention": mention})
    if not thread.resolved:
        return about(state, added)
    reopened = {"thread_id": thread.thread_id, "reopened_by": envelope.actor}
    return about(state, Fact("comments.thread_reopened", reopened), added)


def edit_comment(data: EditComment, envelope: Envelope, state: State) -> Decision:
    """Other words, by the author."""
    commenting(state, sent_at(envelope))
    comment = comment_of(state)
    if comment.author_id != envelope.actor:
        raise Reject("forbidden", "Only its author changes a comment.")
    mention = mentioned(data.get("mention", []), state)
    if (comment.text, comment.mention) == (data["text"], tuple(mention)):
        return Decision()
    said = {"thread_id": data["thread_id"], "comment_id": comment.comment_id, "text": data["text"]}
    return told(state, "comment_edited", {**said, "mention": mention})


def delete_comment(data: DeleteComment, envelope: Envelope, state: State) -> Decision:
    """One's own words taken back, or anybody's by an owner; the last of a thread takes the thread along."""
    _, role = commenting(state, sent_at(envelope))
    thread, comment = thread_of(state), comment_of(state)
    if comment.author_id != envelope.actor and role != "owner":
        raise Reject("forbidden", "Only its author and the board's owners delete a comment.")
    gone = {"thread_id": data["thread_id"], "comment_id": comment.comment_id, "deleted_by": envelope.actor}
    return told(state, "comment_deleted", {**gone, "thread_ended": thread.length == 1})


def resolve_thread(_data: ResolveThread, envelope: Envelope, state: State) -> Decision:
    """It is dealt with."""
    commenting(state, sent_at(envelope))
    thread = thread_of(state)
    if thread.resolved:
        return Decision()
    return told(state, "thread_resolved", {"thread_id": thread.thread_id, "resolved_by": envelope.actor})


def reopen_thread(_data: ReopenThread, envelope: Envelope, state: State) -> Decision:
    """It was not."""
    commenting(state, sent_at(envelope))
    thread = thread_of(state)
    if not thread.resolved:
        return Decision()
    return told(state, "thread_reopened", {"thread_id": thread.thread_id, "reopened_by": envelope.actor})


def move_thread(data: MoveThread, envelope: Envelope, state: State) -> Decision:
    """Another place for the pin, by who started the thread or by who may draw."""
    _, role = commenting(state, sent_at(envelope))
    thread = thread_of(state)
    if thread.started_by != envelope.actor and not allows("board.draw", role):
        raise Reject("forbidden", "Only who started a thread, and who may draw, moves its pin.")
    return told(
        state,
        "thread_moved",
        {"thread_id": thread.thread_id, "moved_by": envelope.actor, "anchor": data["anchor"]},
    )


def forget_person(data: ForgetPerson, _envelope: Envelope, state: State) -> Decision:
    """Words stay where they were said; who said them is gone with the account."""
    if state.present:
        raise Reject("forbidden", "This person is not erased.")
    if not state.concerned:
        return Decision()
    return about(state, Fact("comments.person_forgotten", {"user_id": data["user_id"]}), board_id=data["board_id"])


def restore_thread(data: RestoreThread, _envelope: Envelope, state: State) -> Decision:
    """What was said elsewhere or before, with its times, for an operator alone; what is here already stays."""
    if not state.operator:
        raise Reject("forbidden", "Only an operator brings comments back.")
    if state.board is None:
        raise Reject("not_found", NO_BOARD)
    comments = [each for each in data["comments"] if each["comment_id"] not in state.known]
    if not comments:
        return Decision()
    said = {"thread_id": data["thread_id"], "anchor": data["anchor"], "resolved": data["resolved"]}
    return told(state, "thread_restored", {**said, "comments": comments})


def mentioned(named: Sequence[str], state: State) -> list[str]:
    """Each person once. Raises Reject `schema_invalid` for somebody who may not see the board."""
    for place, user_id in enumerate(named):
        if user_id not in state.readers:
            problem = Problem(f"/mention/{place}", "is nobody who may see the board")
            raise Reject("schema_invalid", "A comment mentions people of the board.", (problem,))
    return list(dict.fromkeys(named))


def told(state: State, name: str, data: Data) -> Decision:
    """Yes, with one fact."""
    return about(state, Fact(f"comments.{name}", data))


def about(state: State, *facts: Fact, board_id: str | None = None) -> Decision:
    """Yes, with these facts about the board's comments, numbered after the last one."""
    board_id = state.board.board_id if state.board is not None else board_id
    placed = [Fact(fact.type, {"board_id": board_id, **fact.data}) for fact in facts]
    workspace = None if state.board is None else state.board.workspace_id
    return Decision(facts=numbered(state.revision, placed), workspace=workspace)


RULES: Final[Mapping[str, Rule]] = {
    "comments.start_thread": start_thread,
    "comments.reply": reply,
    "comments.edit_comment": edit_comment,
    "comments.delete_comment": delete_comment,
    "comments.resolve_thread": resolve_thread,
    "comments.reopen_thread": reopen_thread,
    "comments.move_thread": move_thread,
    "comments.restore_thread": restore_thread,
    "comments.forget_person": forget_person,
}
ASKED_BY_OURSELVES: Final = frozenset({"comments.forget_person"})
FOLLOWED: Final = frozenset({"identity.user_erased"})
