"""Names under which the edge's parts hang on the aiohttp application, each with its type."""

from typing import TYPE_CHECKING

from aiohttp import web

from edge.settings import EdgeSettings

if TYPE_CHECKING:
    # Only names for the type checker: the parts themselves import this module.
    import asyncpg

    from edge.actions.dispatch import Actions
    from edge.actions.importing import Importing
    from edge.actions.uploads import Uploads
    from edge.archive.past import Pasts
    from edge.auth.guesses import Guesses
    from edge.auth.oidc.party import Party
    from edge.auth.passwords import Passwords
    from edge.auth.rights import Rights
    from edge.auth.tokens import Tokens
    from edge.lanes.activity import ActivityLane
    from edge.lanes.ops import OpsLane
    from edge.limits import Limits
    from edge.queries.audit_reach import AuditReach
    from edge.rooms.cursor import Cursors
    from edge.rooms.hub import Rooms
    from edge.rooms.snapshot import Snapshots
    from edge.ws.sockets import Sockets
    from schemas.keyring import Keyring
    from topics.runtime.health import Health

SETTINGS: "web.AppKey[EdgeSettings]" = web.AppKey("settings")
TOKENS: "web.AppKey[Tokens]" = web.AppKey("tokens")
PASSWORDS: "web.AppKey[Passwords]" = web.AppKey("passwords")
LIMITS: "web.AppKey[Limits]" = web.AppKey("limits")
LOGINS: "web.AppKey[Guesses]" = web.AppKey("logins")
LINKS: "web.AppKey[Guesses]" = web.AppKey("links")
KEYRING: "web.AppKey[Keyring]" = web.AppKey("keyring")
POOL: "web.AppKey[asyncpg.Pool]" = web.AppKey("pool")
ACTIONS: "web.AppKey[Actions]" = web.AppKey("actions")
IMPORTING: "web.AppKey[Importing]" = web.AppKey("importing")
UPLOADS: "web.AppKey[Uploads]" = web.AppKey("uploads")
RIGHTS: "web.AppKey[Rights]" = web.AppKey("rights")
ACTIVITY: "web.AppKey[ActivityLane]" = web.AppKey("activity")
OPS: "web.AppKey[OpsLane]" = web.AppKey("ops")
ROOMS: "web.AppKey[Rooms]" = web.AppKey("rooms")
CURSORS: "web.AppKey[Cursors]" = web.AppKey("cursors")
SNAPSHOTS: "web.AppKey[Snapshots]" = web.AppKey("snapshots")
PASTS: "web.AppKey[Pasts]" = web.AppKey("pasts")
SOCKETS: "web.AppKey[Sockets]" = web.AppKey("sockets")
AUDIT_REACH: "web.AppKey[AuditReach]" = web.AppKey("audit_reach")
PARTY: "web.AppKey[Party | None]" = web.AppKey("party")
HEALTH: "web.AppKey[Health]" = web.AppKey("health")
