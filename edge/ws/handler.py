"""`GET /ws`: the handshake, and a connection from there."""

from aiohttp import web

from edge.auth.origins import allowed
from edge.errors import ApiError
from edge.keys import SETTINGS, SOCKETS
from edge.ws.close_codes import CloseCode
from edge.ws.connection import Connection
from edge.ws.wire import Wire
from schemas.ids import new_id


async def websocket(request: web.Request) -> web.StreamResponse:
    """Open a socket, which is served from there on without its request.

    Raises `ApiError`: `forbidden` for a page of another site, `unavailable` while the edge drains.
    """
    settings, sockets = request.app[SETTINGS], request.app[SOCKETS]
    origin = request.headers.get("Origin")
    if origin is not None and not allowed(settings, origin):
        raise ApiError("forbidden", "A page of this origin may not open a socket here.")
    if sockets.draining:
        raise ApiError("unavailable", "The server restarts.")
    limits = sockets.parts.limits
    wire = Wire(
        frame_bytes=limits.frame_bytes,
        queue_bytes=limits.queue_bytes,
        on_slow=lambda: connection.close(CloseCode.SLOW, "The client reads too slowly."),
    )
    connection = Connection(new_id(), wire, sockets.parts, sockets.know)
    response = await wire.open(request)
    sockets.serve(connection)
    return response
