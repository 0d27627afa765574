"""How the rooms of an edge are put together."""

import time

import asyncpg
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from edge.rooms.cursor import Cursors
from edge.rooms.hub import Rooms
from edge.rooms.moves import Moves, Send
from edge.rooms.replay import Limits
from edge.rooms.snapshot import PartitionEnds, Snapshots
from edge.rooms.stored import PostgresElements
from schemas.envelope import Envelope, to_headers
from schemas.ids import new_id
from schemas.registry import registry
from topics.bus.generations import Generation
from topics.bus.publish import Publisher
from topics.rooms.scripts import PATIENCE_SECONDS
from topics.runtime.settings import Settings

MOVED = "presence.moved"
CONNECTIONS = 16
CONNECT_SECONDS = 2


def rooms_redis(settings: Settings) -> Redis:
    """The client that rooms need: it fails at once, because waiting is the hub's business; close it at the end.

    One retry, because a connection of the pool may be dead since a restart. The pool is waited for: redis-py's own
    refuses the hundredth question at once, and a storm of joins would look like Redis being away. No `socket_timeout`:
    with one redis-py sends through `asyncio.wait_for`, which on Python 3.11 swallows a cancellation now and then.
    """
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=CONNECTIONS,
        timeout=PATIENCE_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis.from_pool(pool)


def presence_publisher(settings: Settings) -> Publisher:
    """A producer of its own, without guarantees: moves must never queue before ops. Start it, stop it."""
    return Publisher(settings, "edge-presence", acks=1, idempotent=False)


def open_rooms(
    settings: Settings, redis: Redis, pool: asyncpg.Pool, *, cursors: Cursors, presence: Publisher, edge: str
) -> Rooms:
    """The hub of one edge process; `edge` is a name that no process had before."""
    limits = Limits(settings.resume_events, settings.resume_seconds, settings.resume_bytes)
    moves = Moves(edge, _sender(presence, edge))
    return Rooms(redis, cursors, moves, PostgresElements(pool), edge=edge, limits=limits)


def open_snapshots(
    pool: asyncpg.Pool, redis: Redis, cursors: Cursors, generation: Generation, ends: PartitionEnds
) -> Snapshots:
    """The reader of boards; `generation` is that of boards.ops, `ends` a topics.bus.ends.Ends."""
    return Snapshots(pool, redis, cursors, generation, ends)


def _sender(presence: Publisher, edge: str) -> Send:
    mt = registry().get(MOVED)
    assert mt.topic is not None  # noqa: S101 - the type of a whole topic
    topic = mt.topic

    async def send(room: str, value: bytes) -> None:
        record = new_id()
        seconds = time.time()
        envelope = Envelope(
            id=record,
            type=mt.name,
            source=f"edge/{edge}",
            time=time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03d}Z",
            subject=room,
            dataschema=mt.dataschema,
            correlationid=record,
        )
        await (await presence.send(topic, room.encode(), value, to_headers(envelope)))

    return send
