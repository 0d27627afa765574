"""Wiring."""

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from consumers.room_fanout.fanout import Fanout
from consumers.room_fanout.handler import OPS_RECORD
from consumers.room_fanout.store import RoomStore, Window
from schemas.registry import registry
from topics.bus.batch import Batch, batch
from topics.bus.context import ConsumerContext
from topics.runtime.connections import redis_client
from topics.runtime.service import Service

# Offsets below a room's last are dropped by the script, so a commit only spares reading again after a restart.
COMMIT_SECONDS = 1.0


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    settings = context.settings
    # One retry at once: a connection of the pool may be dead since a restart. Longer waiting is the engine's business.
    redis = redis_client(settings, retry=Retry(NoBackoff(), 1))
    context.stack.push_async_callback(redis.aclose)
    window = Window(keep_events=settings.resume_events, keep_ms=settings.resume_seconds * 1000)
    ops = {mt.name: mt for mt in registry().types() if mt.within == OPS_RECORD}
    fanout = Fanout(RoomStore(redis, window), ops)

    async def on_batch(messages: Batch) -> None:
        await fanout.on_batch(messages, messages.polled_ns)

    return batch(context, on_batch, max_records=1000, commit_seconds=COMMIT_SECONDS)
