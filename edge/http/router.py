"""Puts the rows of the HTTP table into the application, with what each row implies: a caller, a rate, a key."""

import time
from collections.abc import Iterable
from typing import Final

from aiohttp import web

from edge.actions.authority import guests_may_not
from edge.http.requests import CALLER, bearer, identify, take_key
from edge.http.route import Handler, Route
from edge.keys import LIMITS

# What a login or logout answered is remembered by nothing; links are opened by anyone, who has no keys.
UNREMEMBERED: Final = "/api/auth/"


def install(app: web.Application, routes: Iterable[Route]) -> None:
    """Add every route. A fixed path stands before one with parameters, whatever the order here."""
    for route in sorted(routes, key=lambda each: (each.path.count("{"), each.path)):
        handler = guarded(route)
        if route.method == "GET":
            app.router.add_get(route.path, handler)
        else:
            app.router.add_route(route.method, route.path, handler)


def guarded(route: Route) -> Handler:
    """The handler of a row, behind what the row asks of a caller."""
    writes = route.method not in ("GET", "HEAD")
    keyed = is_keyed(route)

    async def handle(request: web.Request) -> web.StreamResponse:
        if route.who in ("account", "caller") or (route.who == "either" and bearer(request) is not None):
            caller = request[CALLER] = await identify(request, time.time())
            if caller.guest and route.who == "account":
                raise guests_may_not()
            if writes:
                request.app[LIMITS].take_write(caller.user_id)
        if keyed:
            take_key(request)
        return await route.handler(request)

    return handle


def is_keyed(route: Route) -> bool:
    """Whether an Idempotency-Key guards the route."""
    return route.method != "GET" and route.who in ("account", "caller") and not route.path.startswith(UNREMEMBERED)
