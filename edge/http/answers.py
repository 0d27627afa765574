"""Makes HTTP answers of JSON."""

from typing import Any

import orjson
from aiohttp import web

from edge.actions.outcome import Made


def json_answer(value: Any, status: int = 200) -> web.Response:
    """An answer with a JSON body."""
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


def made_answer(made: Made) -> web.Response:
    """The answer of a write."""
    return web.Response(status=made.status) if made.body is None else json_answer(made.body, made.status)
