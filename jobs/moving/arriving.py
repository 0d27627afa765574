"""Makes boards of a folder that boards left for. Begun again after a fault, it makes none twice within a day."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edge.actions import excalidraw_file, pictures
from edge.actions.asking import Asker
from edge.actions.idempotency import Scope
from edge.auth.callers import Caller
from edge.errors import ApiError
from edge.parts import Parts
from edge.queries.reading import rows
from edge.settings import EdgeSettings
from edge.strict_json import parse
from jobs.moving import folder as form
from jobs.moving import talk
from jobs.moving.house import account, indoors
from schemas import proofs
from schemas.ids import new_id, time_ms, uuid7
from topics.errors import Misconfigured

Json = dict[str, Any]
RESTORE: Final = "comments.restore_thread"
AT_ONCE: Final = 50
OWNER: Final = """
select user_id::text, name from identity_decider.users_v1 where lower(email) = lower($1) and not erased
"""
ACCOUNTS: Final = """
select lower(email) as email, user_id::text from identity_decider.users_v1
 where lower(email) = any($1) and email_proof is not null and not erased
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where boards arrive: whose they become, in which workspace, and who of the folder's people is who here."""

    caller: Caller
    workspace_id: str | None
    known: Mapping[str, str]
    names: Mapping[str, str]


async def arrive(
    settings: EdgeSettings, folder: Path, email: str, workspace_id: str | None, tell: Callable[[str], None]
) -> dict[str, str]:
    """Make the boards; the new ids by the old ones. Raises DoskaError, with the file and the place in it."""
    index = form.read_index(folder)
    # Half a folder is known before anything is made of it.
    for board in index.boards:
        form.read_board(folder, board)

    async def make(parts: Parts) -> dict[str, str]:
        place = await _place(parts, index, email, workspace_id)
        made: dict[str, str] = {}
        for board in index.boards:
            try:
                made[board.board_id] = await _made(parts, place, board, form.read_board(folder, board))
            except ApiError as error:
                where = "".join(f" {each.path}: {each.message};" for each in error.errors) or f" {error.detail}"
                done = f"{len(made)} of {len(index.boards)} boards were made"
                raise Misconfigured(f"{folder / board.file}:{where} ({done})") from error
            tell(f"{made[board.board_id]}  {board.title}")
        return made

    return await indoors(settings, make)


async def _place(parts: Parts, index: form.Index, email: str, workspace_id: str | None) -> Place:
    found = await rows(parts.pool, OWNER, email)
    if not found:
        raise Misconfigured(f"there is no account with the address {email}: see `doska users list`")
    caller = account(found[0]["user_id"], found[0]["name"])
    names = {user_id: person.name for user_id, person in index.people.items()}
    return Place(caller, workspace_id, await _known(parts, index), names)


async def _known(parts: Parts, index: form.Index) -> dict[str, str]:
    """The accounts here of the people of a folder, by their ids there. An address that nothing vouches for is nobody's."""
    addresses = {person.email.lower() for person in index.people.values()}
    here = {row["email"]: row["user_id"] for row in await rows(parts.pool, ACCOUNTS, sorted(addresses))}
    return {
        user_id: here[person.email.lower()] for user_id, person in index.people.items() if person.email.lower() in here
    }


async def _made(parts: Parts, place: Place, board: form.Moved, raw: bytes) -> str:
    file = parse(raw)
    elements = excalidraw_file.read(file, now_ms=int(time.time() * 1000), most=form.MOST)
    said = talk.threads(file)
    print_of = parts.actions.fingerprints.of("POST", "doska boards import", [board.sha256, place.workspace_id])
    scope = Scope(place.caller.user_id, f"arrive-{print_of}"[:128], print_of, made_here=False)
    await parts.importing.ensure_may(place.caller, place.workspace_id)
    run = parts.importing.prepared(
        place.caller,
        elements,
        pictures.found(file, elements, most=form.MOST),
        title=board.title,
        workspace_id=place.workspace_id,
        scope=scope,
        trace=None,
    )
    outcome = await parts.actions.once(scope, run)
    board_id = str((outcome.data_of("boards.board_revealed") or {})["board_id"])
    for thread in said:
        await _restore(parts, place, board_id, thread)
    asker = Asker(place.caller.user_id)
    if board.template:
        await parts.actions.ask("boards.set_template", {"board_id": board_id, "template": True}, asker)
    if board.archived:
        await parts.actions.ask("boards.archive_board", {"board_id": board_id}, asker)
    return board_id


async def _restore(parts: Parts, place: Place, board_id: str, thread: Json) -> None:
    thread_id = _renewed(thread["thread_id"], board_id)
    told = {
        "board_id": board_id,
        "thread_id": thread_id,
        "anchor": thread["anchor"],
        "resolved": thread["resolved"],
    }
    comments = thread["comments"]
    for start in range(0, len(comments), AT_ONCE):
        some = comments[start : start + AT_ONCE]
        action_id = new_id()
        data = {
            **told,
            "comments": [_kept(place, each, board_id) for each in some],
            "names": [_name(place, each) for each in some],
            "proof": proofs.operators(parts.keyring, RESTORE, action_id, board_id),
        }
        await parts.actions.ask(RESTORE, data, Asker(place.caller.user_id), action_id=action_id)


def _kept(place: Place, comment: Json, board_id: str) -> Json:
    made = {
        "comment_id": _renewed(comment["comment_id"], board_id),
        "text": comment["text"],
        "mention": [place.known[each] for each in comment["mention"] if each in place.known],
        "written_at": comment["written_at"],
    }
    if comment["author_id"] in place.known:
        made["author_id"] = place.known[comment["author_id"]]
    if comment["edited_at"] is not None:
        made["edited_at"] = comment["edited_at"]
    return made


def _name(place: Place, comment: Json) -> str:
    """Of somebody without an account here: what he was called there."""
    if comment["author_id"] in place.known:
        return ""
    return comment["author_name"] or place.names.get(comment["author_id"], "")


def _renewed(id_: str, board_id: str) -> str:
    """The id on the new board: the same whenever it is made, and nobody else's where the old board is here too."""
    return uuid7(time_ms(id_), hashlib.sha256(f"{id_}\0{board_id}".encode()).digest())
