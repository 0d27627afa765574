"""Serves the documents of the interfaces: for machines and as a page."""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final

import orjson
from aiohttp import web

from edge.http.asyncapi import asyncapi
from edge.http.docs_page import docs_page
from edge.http.openapi import openapi
from edge.http.route import Answer, Handler, Route
from topics.bus.catalog import catalog
from topics.graph.flow import flow, manifests_in
from topics.graph.svg import svg

# Read as data: the edge knows no consumer, and what it shows of them is what their manifests say.
CONSUMERS: Final = Path(__file__).parents[2] / "consumers"


def documented(routes: Iterable[Route], address: str) -> tuple[Route, ...]:
    """The routes, with those of their own documents."""
    table = list(routes)
    # Made once at the first question: the table does not change while the process lives.
    made: dict[str, bytes] = {}

    def document(name: str) -> bytes:
        if not made:
            release = version("doska")
            found = flow(manifests_in(CONSUMERS), catalog())
            http, log = openapi(table, address, release), asyncapi(address, release, found)
            page = docs_page(http, log, svg(found))
            made.update(openapi=orjson.dumps(http), asyncapi=orjson.dumps(log), docs=page.encode())
        return made[name]

    def handler(name: str, media_type: str) -> Handler:
        async def handle(_request: web.Request) -> web.StreamResponse:
            response = web.Response(body=document(name), content_type=media_type)
            response.headers["Cache-Control"] = "no-cache"
            response.enable_compression()
            return response

        return handle

    table += [
        Route(
            "GET",
            path,
            handler(name, media_type),
            about,
            "documents",
            "anyone",
            {200: Answer(about, {"type": "object"} if media_type == "application/json" else None)},
        )
        for path, name, media_type, about in (
            ("/openapi.json", "openapi", "application/json", "The HTTP interface."),
            ("/asyncapi.json", "asyncapi", "application/json", "The topics and the socket."),
            ("/docs", "docs", "text/html", "Both as a page."),
        )
    ]
    return tuple(table)
