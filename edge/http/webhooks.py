"""The webhooks of a workspace and their deliveries; for its admins. What changes them are actions."""

from typing import Final

from aiohttp import web

from edge.actions.outcome import Json
from edge.errors import not_found
from edge.http.allowed import allowed_workspace
from edge.http.answers import json_answer
from edge.http.requests import page
from edge.http.route import LIST_QUERY, Answer, Route, listed
from edge.keys import POOL
from edge.queries import webhooks as stored
from schemas.ids import is_id

PERMISSION: Final = "workspace.webhooks"
TIME: Final[Json] = {"type": ["string", "null"], "format": "date-time"}
WEBHOOK: Final[Json] = {
    "type": "object",
    "properties": {
        "subscription_id": {"type": "string", "format": "uuid"},
        "url": {"type": "string"},
        "types": {"type": "array", "items": {"type": "string"}},
        "boards": {"type": "array", "items": {"type": "string", "format": "uuid"}},
        "paused": {"enum": [None, "asked", "failing", "gone"], "description": "Why it gets nothing, if so."},
        "paused_at": TIME,
        "failing_since": {**TIME, "description": "Nothing has arrived since then."},
        "previous_secret_until": {**TIME, "description": "Until then deliveries are signed with an old secret too."},
        "created_at": {"type": "string", "format": "date-time"},
    },
}
DELIVERY: Final[Json] = {
    "type": "object",
    "properties": {
        "delivery_id": {"type": "string", "format": "uuid", "description": "What stands in `webhook-id`."},
        "fact_id": {"type": "string", "format": "uuid"},
        "type": {"type": "string"},
        "fact_time": {"type": "string", "format": "date-time"},
        "state": {"enum": ["pending", "delivered", "failed"]},
        "attempts": {"type": "integer"},
        "status": {"type": ["integer", "null"], "description": "Of the last attempt; null when there was no answer."},
        "latency_ms": {"type": ["integer", "null"]},
        "error": {"type": ["string", "null"], "description": "Why it did not arrive: status, redirect, no_answer, …"},
        "tried_at": TIME,
        "next_at": TIME,
        "created_at": {"type": "string", "format": "date-time"},
    },
}


async def webhooks(request: web.Request) -> web.Response:
    """The webhooks of a workspace."""
    wanted, workspace_id = page(request, "webhooks"), await allowed_workspace(request, PERMISSION)
    return json_answer(await stored.webhooks(request.app[POOL], workspace_id, wanted))


async def webhook(request: web.Request) -> web.Response:
    """One of them."""
    return json_answer(await _named(request))


async def deliveries(request: web.Request) -> web.Response:
    """What was delivered to one of them."""
    wanted = page(request, "deliveries")
    found = await _named(request)
    workspace_id, subscription_id = request.match_info["workspace_id"], str(found["subscription_id"])
    return json_answer(await stored.deliveries(request.app[POOL], workspace_id, subscription_id, wanted))


async def _named(request: web.Request) -> Json:
    workspace_id = await allowed_workspace(request, PERMISSION)
    subscription_id = request.match_info["subscription_id"]
    found = await stored.webhook(request.app[POOL], workspace_id, subscription_id) if is_id(subscription_id) else None
    if found is None:
        raise not_found()
    return found


ROUTES: Final = (
    Route(
        "GET",
        "/api/workspaces/{workspace_id}/webhooks",
        webhooks,
        "The webhooks of a workspace, without their secrets; for its admins.",
        "webhooks",
        "account",
        {200: Answer("A page of webhooks.", listed(WEBHOOK))},
        query=LIST_QUERY,
        codes=("forbidden", "not_found", "unavailable"),
    ),
    Route(
        "GET",
        "/api/workspaces/{workspace_id}/webhooks/{subscription_id}",
        webhook,
        "One of them.",
        "webhooks",
        "account",
        {200: Answer("The webhook.", WEBHOOK)},
        codes=("forbidden", "not_found", "unavailable"),
    ),
    Route(
        "GET",
        "/api/workspaces/{workspace_id}/webhooks/{subscription_id}/deliveries",
        deliveries,
        "What was delivered to a webhook, what waits, and what came of it.",
        "webhooks",
        "account",
        {200: Answer("A page of deliveries.", listed(DELIVERY))},
        query=LIST_QUERY,
        codes=("forbidden", "not_found", "unavailable"),
    ),
)
