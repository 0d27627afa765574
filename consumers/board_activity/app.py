"""Wiring."""

from datetime import timedelta

from consumers.board_activity.handler import MINUTE_MS, joined, sayings
from consumers.board_activity.settings import ActivitySettings
from consumers.board_activity.store import ActivityStore
from topics.bus.checkpoint_table import reached
from topics.bus.context import ConsumerContext
from topics.bus.message import Message
from topics.bus.window import window
from topics.bus.window_settling import Windows
from topics.bus.window_stream import Shape, Timed
from topics.runtime.connections import postgres_pool
from topics.runtime.service import Service

# What comes later than this is counted all the same, and counted as late: people whose line was gone for a while.
GRACE_MS = 5 * MINUTE_MS
CHECKPOINT_SECONDS = 1.0


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    pool = await postgres_pool(context.settings, f"doska_{context.manifest.name}", min_size=0, max_size=2)
    context.stack.push_async_callback(pool.close)
    kept = timedelta(days=ActivitySettings().activity_minutes_days)
    store = ActivityStore(pool, kept)

    def split(message: Message) -> list[Timed]:
        return [Timed(at, saying) for at, saying in sayings(message.type.name, message.envelope, message.data)]

    async def on_windows(windows: Windows) -> None:
        ends = reached(context.generations, windows.next)
        await store.write([(each.start_ms, each.value) for each in windows.windows], ends)

    return window(
        context,
        split,
        Shape(MINUTE_MS, GRACE_MS, joined),
        on_windows,
        checkpoints=store.checkpoints,
        checkpoint_seconds=CHECKPOINT_SECONDS,
    )
