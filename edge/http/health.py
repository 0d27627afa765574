"""Whether the edge lives and whether it may be given work."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from edge.http.answers import json_answer
from edge.http.route import Answer, Route
from edge.keys import HEALTH

STATE: Final = {"type": "object", "properties": {"reasons": {"type": "object"}, "impaired": {"type": "object"}}}


async def live(request: web.Request) -> web.Response:
    """Whether the process should go on."""
    return _answer("live", request.app[HEALTH].not_live())


async def ready(request: web.Request) -> web.Response:
    """Whether the process may be given work, and what of it does not work for now.

    Without Redis an edge is still given work: it is away for all edges alike, and drawing needs none.
    """
    health = request.app[HEALTH]
    return _answer("ready", health.not_ready(), impaired=dict(health.impaired()))


def _answer(word: str, reasons: Mapping[str, str], **more: Mapping[str, str]) -> web.Response:
    return json_answer({word: not reasons, "reasons": dict(reasons), **more}, 503 if reasons else 200)


ROUTES: Final = (
    Route(
        "GET",
        "/healthz",
        live,
        "Whether the process lives.",
        "health",
        "anyone",
        {200: Answer("It does.", STATE), 503: Answer("It should be restarted, and why.", STATE)},
    ),
    Route(
        "GET",
        "/readyz",
        ready,
        "Whether the process may be given work.",
        "health",
        "anyone",
        {200: Answer("It may.", STATE), 503: Answer("Not now, and why.", STATE)},
    ),
)
