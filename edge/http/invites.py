"""Invites to a workspace: the list for those who may invite, and accepting one by its token."""

from typing import Final

from aiohttp import web

from edge.actions.asking import Asker
from edge.actions.outcome import Json, Made, Outcome
from edge.auth.callers import Caller
from edge.auth.invitations import Invitation
from edge.errors import not_found
from edge.http.allowed import allowed_workspace
from edge.http.answers import json_answer, made_answer
from edge.http.boards import BOARD
from edge.http.bodies import Body, read_object
from edge.http.requests import CALLER, page, scope, traceparent
from edge.http.route import LIST_QUERY, Answer, Route, listed
from edge.http.sessions_opened import address_of
from edge.http.workspaces import WORKSPACE
from edge.keys import ACTIONS, LIMITS, POOL, TOKENS
from edge.queries import boards
from edge.queries import workspaces as stored

INVITE: Final[Json] = {
    "type": "object",
    "properties": {
        "invite_id": {"type": "string", "format": "uuid"},
        "role": {"enum": ["admin", "manager", "agent", "user"]},
        "email": {"type": ["string", "null"], "description": "Whose account alone may accept it."},
        "created_at": {"type": "string", "format": "date-time"},
        "expires_at": {"type": "string", "format": "date-time"},
    },
}
NOTHING: Final = Body((), {})


async def invites(request: web.Request) -> web.Response:
    """The invites of a workspace that may still be accepted, without their tokens."""
    wanted, workspace_id = page(request, "invites"), await allowed_workspace(request, "workspace.invite")
    return json_answer(await stored.invites(request.app[POOL], workspace_id, wanted))


async def accept(request: web.Request) -> web.Response:
    """Come in by an invite."""
    body = await read_object(request, NOTHING)
    invitation = await _invitation(request)
    caller, actions = request[CALLER], request.app[ACTIONS]
    guard = scope(request, body)

    async def run() -> Outcome:
        data = {invitation.field: invitation.resource_id, "invite_id": invitation.invite_id, "user_id": caller.user_id}
        asker = Asker(caller.user_id, None, guard.key, guard.fingerprint, traceparent(request))
        outcome = await actions.ask(invitation.action, data, asker)
        return Outcome(outcome.facts, await _shown(request, caller, invitation))

    outcome = await actions.once(guard, run)
    return made_answer(outcome.made or await _shown(request, caller, invitation))


async def _invitation(request: web.Request) -> Invitation:
    """What the token in the path invites to. Raises `ApiError` `not_found`, `rate_limited` after too many guesses."""
    async with request.app[LIMITS].token_guesses.attempt(address_of(request)) as failed:
        invitation = request.app[TOKENS].parse_invite(request.match_info["token"])
        if invitation is None:
            failed()
            raise not_found()
    return invitation


async def _shown(request: web.Request, caller: Caller, invitation: Invitation) -> Made:
    pool = request.app[POOL]
    if invitation.to == "board":
        shown = await boards.board(pool, caller, invitation.resource_id)
    else:
        shown = await stored.workspace(pool, caller.user_id, invitation.resource_id)
    if shown is None:
        raise not_found()
    return Made(200, shown)


ROUTES: Final = (
    Route(
        "GET",
        "/api/workspaces/{workspace_id}/invites",
        invites,
        "The invites of a workspace that may still be accepted; their tokens were told once, when they were made.",
        "workspaces",
        "account",
        {200: Answer("A page of invites.", listed(INVITE))},
        query=LIST_QUERY,
        codes=("forbidden", "not_found"),
    ),
    Route(
        "POST",
        "/api/invites/{token}/accept",
        accept,
        "Come in by an invite: into a workspace, or onto a board.",
        "workspaces",
        "account",
        {200: Answer("The workspace, or the board.", {"anyOf": [WORKSPACE, BOARD]})},
        body=NOTHING.schema,
        codes=("forbidden", "not_found", "conflict", "gone", "rate_limited", "unavailable", "outcome_unknown"),
    ),
)
