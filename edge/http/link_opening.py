"""Opens a link: a guest gets a token for its board alone, somebody with an account keeps it."""

import dataclasses
import time
from typing import Final

import structlog
from aiohttp import web

from edge.actions.asking import Asker
from edge.actions.outcome import Json
from edge.auth.callers import Caller
from edge.errors import ApiError, at, not_found
from edge.http.answers import json_answer
from edge.http.bodies import Body, property_of, read_object
from edge.http.requests import CALLER, bearer, traceparent
from edge.http.route import Answer, Route
from edge.http.sessions_opened import address_of
from edge.http.signing_in import language
from edge.keys import ACTIONS, LIMITS, LINKS, PASSWORDS, POOL, RIGHTS, TOKENS
from edge.queries import sharing
from edge.queries.sharing import Door
from schemas.ids import new_id

# How long a guest who comes back with his old token is still himself.
RETURN_SECONDS: Final = 30 * 24 * 3600
log = structlog.get_logger(__name__)
NAME: Final = "Guest"
COLORS: Final = ("#1971c2", "#e03131", "#2f9e44", "#f08c00", "#9c36b5", "#0c8599", "#c2255c", "#6741d9")
OPENING: Final = Body(
    (),
    {"name": property_of("identity.register_user", "name"), "password": property_of("boards.create_link", "password")},
)
OPENED: Final[Json] = {
    "type": "object",
    "required": ["board_id", "role", "access_token", "expires_in"],
    "properties": {
        "board_id": {"type": "string", "format": "uuid"},
        "role": {"enum": ["owner", "editor", "commenter", "viewer"]},
        "access_token": {"type": "string"},
        "expires_in": {"type": "integer", "description": "Seconds."},
    },
}


async def open_link(request: web.Request) -> web.Response:
    """Open the link of the token in the path."""
    now = time.time()
    visitor = await _visitor(request, now)
    body = await read_object(request, OPENING)
    said = await _place(request)
    door = await sharing.door(request.app[POOL], *said)
    if door is None:
        raise not_found()
    if not door.valid:
        raise ApiError("gone", "This link is revoked or expired.")
    board_id, link_id = said
    await _unlock(request, link_id, door, body.get("password"))
    if visitor is not None and not visitor.guest:
        request[CALLER] = visitor
        return await _with_account(request, visitor, board_id, link_id, now)
    guest = _guest(request, visitor, body.get("name"), said, _end(request, door, now))
    await _count(request, guest)
    return _as_guest(request, guest, door, now)


async def _place(request: web.Request) -> tuple[str, str]:
    """The board and link of the token in the path. Raises `ApiError` `not_found`, `rate_limited` after too many guesses."""
    async with request.app[LIMITS].token_guesses.attempt(address_of(request)) as failed:
        said = request.app[TOKENS].parse_link(request.match_info["token"])
        if said is None:
            failed()
            raise not_found()
    return said


async def _visitor(request: web.Request, now: float) -> Caller | None:
    """Who comes: an account that is logged in, a guest who was here before, or None for somebody new."""
    token = bearer(request)
    if token is None:
        return None
    tokens = request.app[TOKENS]
    known = tokens.verify_access(token, now, expired_for_seconds=float("inf"))
    if known.guest:
        return known if now < known.expires_at + RETURN_SECONDS else None
    caller = tokens.verify_access(token, now)
    await request.app[RIGHTS].ensure_alive(caller)
    request.app[LIMITS].take_write(caller.user_id)
    return caller


async def _unlock(request: web.Request, link_id: str, door: Door, password: str | None) -> None:
    """Raises `ApiError` `forbidden` at `/password`, `rate_limited` after too many wrong ones."""
    if door.password_hash is None:
        return
    if password is None:
        raise at("forbidden", "/password", "This link wants a password.")
    async with request.app[LINKS].attempt(link_id, address_of(request)) as failed:
        if not await request.app[PASSWORDS].verify(password, door.password_hash):
            failed()
            raise at("forbidden", "/password", "The password is wrong.")


async def _with_account(request: web.Request, caller: Caller, board_id: str, link_id: str, now: float) -> web.Response:
    data = {"board_id": board_id, "link_id": link_id, "user_id": caller.user_id}
    asker = Asker(caller.user_id, traceparent=traceparent(request), session_id=caller.session_id)
    await request.app[ACTIONS].ask("boards.open_link", data, asker)
    role = await request.app[RIGHTS].role(caller, board_id)
    if role is None:
        raise ApiError("gone", "This link is revoked or expired.")
    tokens = request.app[TOKENS]
    renewed = dataclasses.replace(caller, expires_at=now + tokens.access_seconds)
    return _answer(board_id, role, tokens.mint_access(renewed, now), tokens.access_seconds)


async def _count(request: web.Request, guest: Caller) -> None:
    """Count a guest and tell his name. Whoever cannot be counted now comes in all the same. Raises `ApiError` `gone`."""
    data = {"board_id": guest.board_id, "link_id": guest.link_id, "user_id": guest.user_id}
    if guest.name != NAME:
        data["guest_name"] = guest.name
    asker = Asker(guest.user_id, guest.link_id, traceparent=traceparent(request))
    try:
        await request.app[ACTIONS].ask("boards.welcome_guest", data, asker)
    except ApiError as error:
        if error.code not in ("unavailable", "outcome_unknown"):
            raise
        log.warning("a guest is not counted", link_id=guest.link_id, reason=error.detail)


def _end(request: web.Request, door: Door, now: float) -> float:
    """When a guest's token ends: with the link at the latest."""
    end = now + request.app[TOKENS].access_seconds
    return end if door.expires_at is None else min(end, door.expires_at.timestamp())


def _guest(request: web.Request, before: Caller | None, name: str | None, place: tuple[str, str], end: float) -> Caller:
    board_id, link_id = place
    user_id = before.user_id if before else new_id()
    return Caller(
        user_id=user_id,
        session_id=None,
        name=name or (before.name if before else NAME),
        color=before.color if before else COLORS[int(user_id[-2:], 16) % len(COLORS)],
        guest=True,
        link_id=link_id,
        board_id=board_id,
        expires_at=end,
        locale=before.locale if before else language(request),
    )


def _as_guest(request: web.Request, guest: Caller, door: Door, now: float) -> web.Response:
    token = request.app[TOKENS].mint_access(guest, now)
    return _answer(str(guest.board_id), door.role, token, max(0, int(guest.expires_at - now)))


def _answer(board_id: str, role: str, token: str, seconds: int) -> web.Response:
    return json_answer({"board_id": board_id, "role": role, "access_token": token, "expires_in": seconds})


ROUTES: Final = (
    Route(
        "POST",
        "/api/links/{token}/open",
        open_link,
        "Open a link. A guest who shows his old token, also an expired one, stays himself.",
        "links",
        "anyone",
        {200: Answer("What the link opens, and a token for it.", OPENED)},
        body=OPENING.schema,
        codes=("unauthenticated", "forbidden", "not_found", "gone", "rate_limited", "unavailable", "outcome_unknown"),
    ),
)
