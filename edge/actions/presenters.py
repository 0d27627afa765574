"""How REST shows the outcome of each action: what its own route gives, else the facts."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import asyncpg

from edge.actions.outcome import Json, Made, Outcome
from edge.auth.callers import Caller
from edge.auth.invitations import Invitation
from edge.auth.tokens import Tokens
from edge.errors import not_found
from edge.queries import boards, comments, people, sharing, webhooks, workspaces

Data = Mapping[str, Any]
Show = Callable[[asyncpg.Pool, Caller, Data, Outcome], Awaitable[Json | Made | None]]
Thing = Literal[
    "user",
    "board",
    "grant",
    "link",
    "workspace",
    "member",
    "invite",
    "version",
    "webhook",
    "new webhook",
    "delivery",
    "facts",
    "position",
    "filled board",
    "thread",
    "upload",
    "nothing",
]

# What tells of a new secret, by what is asked.
KEYED: Final[Mapping[str, str]] = {
    "webhooks.create_subscription": "webhooks.subscription_created",
    "webhooks.rotate_secret": "webhooks.secret_rotated",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the route of an action answers: a status and a thing, read back from what its decider wrote.

    `show` may give a `Made` where the outcome has another status, which `also` documents.
    """

    status: int
    thing: Thing
    show: Show
    also: tuple[int, Thing] | None = None


async def present(pool: asyncpg.Pool, kind: str, caller: Caller, data: Data, outcome: Outcome) -> Made:
    """The answer of an accepted action; `data` is what the client sent."""
    shown = PRESENTERS.get(kind, FACTS)
    made = await shown.show(pool, caller, data, outcome)
    return made if isinstance(made, Made) else Made(shown.status, made)


def with_secrets(kind: str, outcome: Outcome, body: Json, tokens: Tokens, address: str) -> Json:
    """The answer with what is told but never remembered: the token of a link or an invite, the secret of a webhook."""
    if kind == "boards.create_link" and (link := outcome.data_of("boards.link_created")) is not None:
        token = tokens.link_token(link["board_id"], link["link_id"])
        return {**body, "token": token, "url": f"{address}/l#{token}"}
    if kind == "workspaces.create_invite" and (invite := outcome.data_of("workspaces.invite_created")) is not None:
        token = tokens.invite_token(Invitation("workspace", invite["workspace_id"], invite["invite_id"]))
        return {**body, "token": token, "url": f"{address}/i#{token}"}
    if kind == "boards.invite_person" and (waiting := outcome.data_of("boards.person_invited")) is not None:
        token = tokens.invite_token(Invitation("board", waiting["board_id"], waiting["invite_id"]))
        return {**body, "token": token, "url": f"{address}/i#{token}"}
    if kind in KEYED and (keyed := outcome.data_of(KEYED[kind])) is not None:
        secret = tokens.webhook_secret(keyed["subscription_id"], keyed["secret_version"], keyed["key_id"])
        return {**body, "secret": secret}
    return body


async def _facts(_pool: asyncpg.Pool, _caller: Caller, _data: Data, outcome: Outcome) -> Json:
    return {"facts": list(outcome.facts)}


async def _person(pool: asyncpg.Pool, caller: Caller, _data: Data, _outcome: Outcome) -> Json:
    return await people.person(pool, caller.user_id) or _gone()


async def _new_board(pool: asyncpg.Pool, caller: Caller, _data: Data, outcome: Outcome) -> Json:
    created = outcome.data_of("boards.board_created") or _gone()
    return await boards.board(pool, caller, created["board_id"]) or _gone()


async def _board(pool: asyncpg.Pool, caller: Caller, data: Data, _outcome: Outcome) -> Json:
    return await boards.board(pool, caller, data["board_id"]) or _gone()


async def _grant(pool: asyncpg.Pool, _caller: Caller, data: Data, _outcome: Outcome) -> Json:
    return await sharing.grant(pool, data["board_id"], data["user_id"]) or _gone()


async def _granted_or_invited(pool: asyncpg.Pool, _caller: Caller, data: Data, outcome: Outcome) -> Json | Made:
    invited = outcome.data_of("boards.person_invited")
    if invited is not None:
        return Made(202, {name: invited[name] for name in ("invite_id", "role", "expires_at")})
    return await sharing.grant_of_address(pool, data["board_id"], data["email"]) or _gone()


async def _new_link(pool: asyncpg.Pool, _caller: Caller, _data: Data, outcome: Outcome) -> Json:
    created = outcome.data_of("boards.link_created") or _gone()
    return await sharing.link(pool, created["link_id"]) or _gone()


async def _new_workspace(pool: asyncpg.Pool, caller: Caller, _data: Data, outcome: Outcome) -> Json:
    created = outcome.data_of("workspaces.workspace_created") or _gone()
    return await workspaces.workspace(pool, caller.user_id, created["workspace_id"]) or _gone()


async def _workspace(pool: asyncpg.Pool, caller: Caller, data: Data, _outcome: Outcome) -> Json:
    return await workspaces.workspace(pool, caller.user_id, data["workspace_id"]) or _gone()


async def _member(pool: asyncpg.Pool, _caller: Caller, data: Data, _outcome: Outcome) -> Json:
    return await workspaces.member(pool, data["workspace_id"], data["user_id"]) or _gone()


async def _new_invite(_pool: asyncpg.Pool, _caller: Caller, _data: Data, outcome: Outcome) -> Json:
    created = outcome.data_of("workspaces.invite_created") or _gone()
    return {"invite_id": created["invite_id"], "role": created["role"], "expires_at": created["expires_at"]}


async def _new_thread(pool: asyncpg.Pool, _caller: Caller, data: Data, outcome: Outcome) -> Json:
    started = outcome.data_of("comments.thread_started") or _gone()
    return await comments.thread(pool, data["board_id"], started["thread_id"]) or _gone()


async def _thread(pool: asyncpg.Pool, _caller: Caller, data: Data, _outcome: Outcome) -> Json:
    return await comments.thread(pool, data["board_id"], data["thread_id"]) or _gone()


async def _upload(_pool: asyncpg.Pool, _caller: Caller, _data: Data, outcome: Outcome) -> Json:
    requested = outcome.data_of("files.file_requested") or _gone()
    return {"file_id": requested["file_id"], "expires_at": requested["expires_at"]}


async def _new_webhook(pool: asyncpg.Pool, _caller: Caller, _data: Data, outcome: Outcome) -> Json:
    created = outcome.data_of("webhooks.subscription_created") or _gone()
    return await webhooks.webhook(pool, created["workspace_id"], created["subscription_id"]) or _gone()


async def _webhook(pool: asyncpg.Pool, _caller: Caller, data: Data, _outcome: Outcome) -> Json:
    return await webhooks.webhook(pool, data["workspace_id"], data["subscription_id"]) or _gone()


async def _delivery(_pool: asyncpg.Pool, _caller: Caller, _data: Data, outcome: Outcome) -> Json:
    asked = outcome.data_of("webhooks.test_requested") or outcome.data_of("webhooks.redelivery_requested") or _gone()
    return {"delivery_id": asked["delivery_id"]}


async def _nothing(_pool: asyncpg.Pool, _caller: Caller, _data: Data, _outcome: Outcome) -> None:
    return None


def _gone() -> Json:
    """What was just written is there, unless somebody else took it away in the same moment."""
    raise not_found()


FACTS: Final = Shown(200, "facts", _facts)
PRESENTERS: Final[Mapping[str, Shown]] = {
    "identity.update_profile": Shown(200, "user", _person),
    "identity.give_consent": Shown(200, "user", _person),
    "identity.withdraw_consent": Shown(200, "user", _person),
    "boards.create_board": Shown(201, "board", _new_board),
    "boards.rename_board": Shown(200, "board", _board),
    "boards.set_template": Shown(200, "board", _board),
    "boards.archive_board": Shown(200, "board", _board),
    "boards.restore_board": Shown(200, "board", _board),
    "boards.trash_board": Shown(204, "nothing", _nothing),
    "boards.grant_role": Shown(200, "grant", _grant),
    "boards.invite_person": Shown(201, "grant", _granted_or_invited, also=(202, "invite")),
    "boards.revoke_role": Shown(204, "nothing", _nothing),
    "boards.create_link": Shown(201, "link", _new_link),
    "boards.revoke_link": Shown(204, "nothing", _nothing),
    "comments.start_thread": Shown(201, "thread", _new_thread),
    "comments.reply": Shown(201, "thread", _thread),
    "comments.edit_comment": Shown(200, "thread", _thread),
    "comments.delete_comment": Shown(204, "nothing", _nothing),
    "comments.resolve_thread": Shown(200, "thread", _thread),
    "comments.reopen_thread": Shown(200, "thread", _thread),
    "comments.move_thread": Shown(200, "thread", _thread),
    "boards.rename_version": Shown(204, "nothing", _nothing),
    "boards.delete_version": Shown(204, "nothing", _nothing),
    "files.request_upload": Shown(201, "upload", _upload),
    "workspaces.create_workspace": Shown(201, "workspace", _new_workspace),
    "workspaces.rename_workspace": Shown(200, "workspace", _workspace),
    "workspaces.change_role": Shown(200, "member", _member),
    "workspaces.remove_member": Shown(204, "nothing", _nothing),
    "workspaces.create_invite": Shown(201, "invite", _new_invite),
    "workspaces.revoke_invite": Shown(204, "nothing", _nothing),
    "webhooks.create_subscription": Shown(201, "new webhook", _new_webhook),
    "webhooks.update_subscription": Shown(200, "webhook", _webhook),
    "webhooks.delete_subscription": Shown(204, "nothing", _nothing),
    "webhooks.pause_subscription": Shown(200, "webhook", _webhook),
    "webhooks.resume_subscription": Shown(200, "webhook", _webhook),
    "webhooks.rotate_secret": Shown(200, "new webhook", _webhook),
    "webhooks.send_test": Shown(202, "delivery", _delivery),
    "webhooks.redeliver": Shown(202, "delivery", _delivery),
}
