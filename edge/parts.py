"""Opens everything an edge works with, and closes it in order."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import asyncpg
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from edge.actions.asking import Asking
from edge.actions.branching import Branching
from edge.actions.claims import Claims
from edge.actions.dispatch import Actions
from edge.actions.drawing import Drawing
from edge.actions.duplicating import Duplicating
from edge.actions.ends import BoardEnds
from edge.actions.filling import Filling
from edge.actions.idempotency import Idempotency
from edge.actions.importing import Importing
from edge.actions.in_turn import InTurn
from edge.actions.replies import TOPIC as REPLIES
from edge.actions.replies import Replies
from edge.actions.restoring import Restoring
from edge.actions.uploads import Uploads
from edge.actions.versioning import Versioning
from edge.archive.kept import Kept
from edge.archive.past import Pasts
from edge.auth.freshness import Freshness
from edge.auth.guesses import Guesses, guard_of_links, guard_of_logins
from edge.auth.oidc.outside import Outside
from edge.auth.oidc.party import Party, Registration
from edge.auth.passwords import Passwords, hasher
from edge.auth.rights import Rights
from edge.auth.seen import Seen
from edge.auth.sessions import Sessions
from edge.auth.standing_store import PostgresStandings
from edge.auth.tail import RightsTail
from edge.auth.tokens import Tokens
from edge.lanes.activity import ActivityLane
from edge.lanes.ops import TOPIC as OPS
from edge.lanes.ops import OpsLane
from edge.limits import LINK_FAILURES_PER_MINUTE, Limits, limits
from edge.queries import people
from edge.queries.audit_reach import AuditReach
from edge.queries.decided import Decisions
from edge.rooms.contents import Contents
from edge.rooms.cursor import Cursors
from edge.rooms.hub import Rooms
from edge.rooms.snapshot import Snapshots
from edge.rooms.wiring import open_rooms, open_snapshots, presence_publisher, rooms_redis
from edge.settings import EdgeSettings
from edge.ws.connection import Parts as SocketParts
from edge.ws.limits import socket_limits
from edge.ws.rates import PersonRates
from edge.ws.sockets import Sockets
from schemas.ids import new_id
from schemas.keyring import Keyring
from topics.bus.ends import Ends
from topics.bus.generations import read_generations
from topics.bus.publish import Publisher
from topics.runtime.connections import postgres_pool, redis_client
from topics.runtime.health import Health
from topics.runtime.object_store import ObjectStore
from topics.runtime.patience import Patience

ROLE: Final = "doska_edge"
CONNECTIONS: Final = 10
QUERY_SECONDS: Final = 10
# A person waits, and for the past many may: they have threads of their own, not to keep uploads waiting.
PROMPT: Final = Patience(connect_seconds=2, silent_seconds=8, attempts=2)
AT_ONCE_OR_LATER: Final = Patience(connect_seconds=2, silent_seconds=7, attempts=1)


@dataclass(frozen=True, slots=True)
class Parts:
    """The open parts of an edge, each by its name."""

    tokens: Tokens
    passwords: Passwords
    limits: Limits
    logins: Guesses
    links: Guesses
    seen: Seen
    pool: asyncpg.Pool
    actions: Actions
    importing: Importing
    uploads: Uploads
    rights: Rights
    ops: OpsLane
    activity: ActivityLane
    rooms: Rooms
    cursors: Cursors
    snapshots: Snapshots
    pasts: Pasts
    sockets: Sockets
    party: Party | None
    audit_reach: AuditReach
    keyring: Keyring


@asynccontextmanager
async def open_parts(settings: EdgeSettings, health: Health) -> AsyncIterator[Parts]:
    """The parts of one edge, at work until the context ends; a part that breaks ends it with an error.

    Raises `topics.errors.Unavailable` when Kafka is not there.
    """
    async with AsyncExitStack() as stack:
        keyring = _keyring(settings)
        generations = await read_generations(settings)
        pool = await postgres_pool(settings, ROLE, max_size=CONNECTIONS, command_timeout=QUERY_SECONDS)
        stack.push_async_callback(pool.close)
        redis = redis_client(settings, retry=Retry(NoBackoff(), 1))
        stack.push_async_callback(redis.aclose)
        publisher = await stack.enter_async_context(Publisher(settings, "edge"))
        presence = await stack.enter_async_context(presence_publisher(settings))
        rooms_store = rooms_redis(settings)
        stack.push_async_callback(rooms_store.aclose)
        ends = Ends(settings, "edge")
        stack.push_async_callback(ends.close)
        objects, archive = [
            await stack.enter_async_context(ObjectStore(settings, patience=each)) for each in (PROMPT, AT_ONCE_OR_LATER)
        ]
        passwords = Passwords(settings.password_hash_threads, hasher(settings))
        stack.callback(passwords.close)

        party = _party(settings)
        if party is not None:
            stack.push_async_callback(party.close)

        loop = asyncio.get_running_loop()
        tokens, cursors = Tokens(keyring, settings.access_token_seconds), Cursors(keyring)
        rights = Rights(PostgresStandings(pool, loop.time), Sessions(settings.access_token_seconds), Freshness())
        tail, replies = (
            RightsTail(settings, rights),
            Replies(settings, random.randrange(generations[REPLIES].partitions)),
        )
        ops = OpsLane(settings, publisher, generations[OPS], source="edge")
        rooms = open_rooms(settings, rooms_store, pool, cursors=cursors, presence=presence, edge=new_id())
        snapshots = open_snapshots(pool, rooms_store, cursors, generations[OPS], ends)
        pasts = Pasts(pool, archive, generations[OPS], ends)
        asking = Asking(publisher, replies, rights)
        uploads = Uploads(asking=asking, rights=rights, pool=pool, objects=objects, cdn_url=settings.cdn_url)
        counted = limits(settings, time.monotonic)
        filling = Filling(
            asking=asking, ops=ops, snapshots=snapshots, cursors=cursors, pool=pool, spend=counted.take_copied
        )
        drawing = Drawing(ops, rights, pool, cursors)
        now, past, hosts = BoardEnds(ends, snapshots, generations[OPS]), Kept(pasts, cursors), settings.embed_hosts
        claims = Claims(redis)
        actions = Actions(
            asking=asking,
            idempotency=Idempotency(claims, Decisions(pool)),
            rights=rights,
            passwords=passwords,
            pool=pool,
            keyring=keyring,
            compositions={
                "boards.draw": drawing,
                "boards.append_points": drawing,
                "boards.duplicate_board": InTurn(
                    counted.copies,
                    Duplicating(
                        asking=asking,
                        filling=filling,
                        snapshots=snapshots,
                        now=now,
                        rights=rights,
                        pool=pool,
                        uploads=uploads,
                    ),
                ),
                "boards.branch_board": InTurn(
                    counted.copies,
                    Branching(
                        asking=asking,
                        filling=filling,
                        past=past,
                        rights=rights,
                        pool=pool,
                        embed_hosts=hosts,
                        uploads=uploads,
                    ),
                ),
                "boards.save_version": InTurn(
                    counted.past,
                    Versioning(asking=asking, now=now, past=past, rights=rights, pool=pool, cursors=cursors),
                ),
                "boards.restore_version": InTurn(
                    counted.copies,
                    Restoring(
                        asking=asking,
                        filling=filling,
                        now=now,
                        past=past,
                        contents=Contents(pool, generations[OPS]),
                        rights=rights,
                        pool=pool,
                        cursors=cursors,
                        embed_hosts=hosts,
                    ),
                ),
            },
        )
        seen = Seen(actions, time.monotonic)
        told = socket_limits(settings)
        sockets = Sockets(
            SocketParts(
                limits=told,
                tokens=tokens,
                rights=rights,
                rooms=rooms,
                cursors=cursors,
                lane=ops,
                actions=actions,
                persons=PersonRates(told, loop.time),
                people=partial(people.person, pool),
                seen=seen,
            )
        )
        _watch(health, tail, replies, rooms, publisher)

        stopping = asyncio.Event()
        async with asyncio.TaskGroup() as services:
            running = [
                services.create_task(tail.run(stopping), name="edge: rights"),
                services.create_task(replies.run(stopping), name="edge: replies"),
            ]
            endless = [
                services.create_task(ops.run(), name="edge: ops"),
                services.create_task(rooms.run(), name="edge: rooms"),
                services.create_task(seen.run(), name="edge: seen"),
                services.create_task(claims.run(), name="edge: claims"),
            ]
            yield Parts(
                tokens=tokens,
                passwords=passwords,
                limits=counted,
                logins=guard_of_logins(settings.limit_login_failures_per_minute, counted.login_failures, redis),
                links=guard_of_links(LINK_FAILURES_PER_MINUTE, counted.link_failures, redis),
                seen=seen,
                pool=pool,
                actions=actions,
                importing=Importing(asking=asking, filling=filling, rights=rights, pool=pool, uploads=uploads),
                uploads=uploads,
                rights=rights,
                ops=ops,
                # With the moves: neither may ever stand before an op.
                activity=ActivityLane(settings, presence, rights),
                rooms=rooms,
                cursors=cursors,
                snapshots=snapshots,
                pasts=pasts,
                sockets=sockets,
                party=party,
                audit_reach=AuditReach(pool, ends, generations),
                keyring=keyring,
            )
            await ops.settle()
            stopping.set()
            for task in endless:
                task.cancel()
            await asyncio.wait([*running, *endless])


def _watch(health: Health, tail: RightsTail, replies: Replies, rooms: Rooms, publisher: Publisher) -> None:
    health.watch("rights", tail.not_ready)
    health.watch("answers", lambda: None if replies.fresh else "the deciders' answers are not read up to now")
    health.watch("log", lambda: None if publisher.healthy else "Kafka takes no records now")
    health.watch_optional("rooms", lambda: None if rooms.heard else "Redis is away: nobody joins a room or hears it")


def _keyring(settings: EdgeSettings) -> Keyring:
    """The deployment's keys; the first process of a new installation makes them."""
    path = settings.keyring_file
    return Keyring.load(path) if path.exists() else Keyring.create(path)


def _party(settings: EdgeSettings) -> Party | None:
    """The identity provider and we, where one is configured. Nothing is asked of it yet: it may come up later."""
    if not settings.oidc_issuer:
        return None
    registration = Registration(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        scopes=settings.oidc_scopes,
        name=settings.oidc_name,
    )
    return Party(registration, Outside(settings.oidc_issuer))
