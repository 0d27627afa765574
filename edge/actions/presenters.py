"""How REST shows the outcome of each action: what its own route gives, else the facts."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import asyncpg

from edge.actions.outcome import Json, Made, Outcome
from edge.auth.callers import Caller
from edge.auth.tokens import Tokens
from edge.errors import not_found
from edge.queries import boards, people, sharing

Data = Mapping[str, Any]
Presenter = Callable[[asyncpg.Pool, Caller, Data, Outcome], Awaitable[Made]]


async def present(pool: asyncpg.Pool, kind: str, caller: Caller, data: Data, outcome: Outcome) -> Made:
    """The answer of an accepted action; `data` is what the client sent. It reads what the decider just wrote."""
    presenter = PRESENTERS.get(kind)
    if presenter is None:
        return Made(200, {"facts": list(outcome.facts)})
    return await presenter(pool, caller, data, outcome)


def with_secrets(kind: str, outcome: Outcome, body: Json, tokens: Tokens, address: str) -> Json:
    """The answer with what is told but never remembered: the token of a link."""
    made = outcome.data_of("boards.link_created")
    if kind != "boards.create_link" or made is None:
        return body
    token = tokens.link_token(made["board_id"], made["link_id"])
    return {**body, "token": token, "url": f"{address}/l#{token}"}


async def _person(pool: asyncpg.Pool, caller: Caller, _data: Data, _outcome: Outcome) -> Made:
    return Made(200, await people.person(pool, caller.user_id) or _gone())


async def _new_board(pool: asyncpg.Pool, caller: Caller, _data: Data, outcome: Outcome) -> Made:
    created = outcome.data_of("boards.board_created") or _gone()
    return Made(201, await boards.board(pool, caller, created["board_id"]) or _gone())


async def _board(pool: asyncpg.Pool, caller: Caller, data: Data, _outcome: Outcome) -> Made:
    return Made(200, await boards.board(pool, caller, data["board_id"]) or _gone())


async def _grant(pool: asyncpg.Pool, _caller: Caller, data: Data, _outcome: Outcome) -> Made:
    return Made(200, await sharing.grant(pool, data["board_id"], data["user_id"]) or _gone())


async def _new_link(pool: asyncpg.Pool, _caller: Caller, _data: Data, outcome: Outcome) -> Made:
    created = outcome.data_of("boards.link_created") or _gone()
    return Made(201, await sharing.link(pool, created["link_id"]) or _gone())


async def _nothing(_pool: asyncpg.Pool, _caller: Caller, _data: Data, _outcome: Outcome) -> Made:
    return Made(204)


def _gone() -> Json:
    """What was just written is there, unless somebody else took it away in the same moment."""
    raise not_found()


PRESENTERS: Final[Mapping[str, Presenter]] = {
    "identity.update_profile": _person,
    "boards.create_board": _new_board,
    "boards.rename_board": _board,
    "boards.archive_board": _board,
    "boards.restore_board": _board,
    "boards.trash_board": _nothing,
    "boards.grant_role": _grant,
    "boards.revoke_role": _nothing,
    "boards.create_link": _new_link,
    "boards.revoke_link": _nothing,
}
