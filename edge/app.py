"""Wires an edge: its parts into an aiohttp application with all its routes."""

from aiohttp import web

from edge import keys
from edge.http import client_files, router
from edge.http.documents import documented
from edge.http.headers import protect
from edge.http.measure import measure
from edge.http.problems import problems
from edge.http.routes import routes
from edge.parts import Parts
from edge.settings import EdgeSettings
from edge.ws.handler import websocket
from topics.runtime.health import Health


def build(settings: EdgeSettings, parts: Parts, health: Health) -> web.Application:
    """The application that serves HTTP and sockets with these parts."""
    app = web.Application(middlewares=[measure, problems])
    app[keys.SETTINGS] = settings
    app[keys.HEALTH] = health
    app[keys.TOKENS] = parts.tokens
    app[keys.PASSWORDS] = parts.passwords
    app[keys.LIMITS] = parts.limits
    app[keys.LOGINS] = parts.logins
    app[keys.LINKS] = parts.links
    app[keys.KEYRING] = parts.keyring
    app[keys.POOL] = parts.pool
    app[keys.ACTIONS] = parts.actions
    app[keys.IMPORTING] = parts.importing
    app[keys.UPLOADS] = parts.uploads
    app[keys.RIGHTS] = parts.rights
    app[keys.OPS] = parts.ops
    app[keys.ACTIVITY] = parts.activity
    app[keys.ROOMS] = parts.rooms
    app[keys.CURSORS] = parts.cursors
    app[keys.SNAPSHOTS] = parts.snapshots
    app[keys.PASTS] = parts.pasts
    app[keys.SOCKETS] = parts.sockets
    app[keys.AUDIT_REACH] = parts.audit_reach
    app[keys.PARTY] = parts.party
    router.install(app, documented(routes(), settings.address))
    app.router.add_get("/ws", websocket)
    client_files.install(app)
    app.on_response_prepare.append(protect)
    app.on_shutdown.append(_close_sockets)
    return app


async def _close_sockets(app: web.Application) -> None:
    """Send clients to another edge, or back to this one when it is up again."""
    await app[keys.SOCKETS].close_all()
