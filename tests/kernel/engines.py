"""The engines under the behaviour suite: how each runs one handler of one message."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tests.kernel.places import stand_at_end, stand_decider_at_end
from topics.bus.batch import Batch, batch
from topics.bus.context import ConsumerContext
from topics.bus.decide import decide
from topics.bus.each import each
from topics.bus.manifest import Manifest
from topics.bus.message import Message
from topics.decisions import Decision
from topics.migrations import migrate
from topics.runtime.service import Service
from topics.runtime.settings import Settings

OnMessage = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine of the suite.

    `build` makes a service whose effect of each message is `on_message`; `prepare` makes a consumer that never ran
    stand at the end of what it reads, so that a test sees its own records only.
    """

    name: str
    build: Callable[[ConsumerContext, OnMessage], Awaitable[Service]]
    prepare: Callable[[Settings, Manifest], Awaitable[None]]


async def _each(context: ConsumerContext, on_message: OnMessage) -> Service:
    return each(context, on_message)


async def _batch(context: ConsumerContext, on_message: OnMessage) -> Service:
    async def on_batch(messages: Batch) -> None:
        for message in messages:
            await on_message(message)

    return batch(context, on_batch)


class _Effect:
    """A decider that says nothing: its effect is `on_message`."""

    handles = frozenset({"boards.rename_board"})

    def __init__(self, on_message: OnMessage) -> None:
        self._on_message = on_message

    def locks(self, _action: Message) -> list[str]:
        return []

    async def load(self, _connection: asyncpg.Connection, _action: Message) -> None:
        return None

    def decide(self, _action: Message, _state: None) -> Decision:
        return Decision()

    async def apply(self, _connection: asyncpg.Connection, action: Message, _state: None, _decision: Decision) -> None:
        await self._on_message(action)


async def _decide(context: ConsumerContext, on_message: OnMessage) -> Service:
    return decide(
        context,
        _Effect(on_message),
        abandoned_after={"idle_in_transaction_session_timeout": "60s", "transaction_timeout": "120s"},
    )


async def _window(context: ConsumerContext, on_message: OnMessage) -> Service:
    from topics.bus.window import window
    from topics.bus.window_settling import Windows
    from topics.bus.window_stream import Shape, Timed

    messages: dict[str, Message] = {}

    def split(message: Message) -> list[Timed]:
        messages[message.envelope.id] = message
        return [Timed(message.timestamp_ms, [message.envelope.id])]

    async def on_windows(windows: Windows) -> None:
        for gathered in windows.windows:
            for message_id in gathered.value:
                await on_message(messages[message_id])

    return window(context, split, Shape(60_000, 1000, lambda held, new: held + new), on_windows, checkpoint_seconds=0.1)


async def _tables_at_end(settings: Settings, manifest: Manifest) -> None:
    deciding = manifest.model_copy(update={"stores": ("postgres",)})
    await migrate(settings, {manifest.name: deciding}, Path("/nowhere"))
    await stand_decider_at_end(settings, manifest)


ENGINES = {
    "each": Engine("each", _each, stand_at_end),
    "batch": Engine("batch", _batch, stand_at_end),
    "decide": Engine("decide", _decide, _tables_at_end),
    "window": Engine("window", _window, stand_at_end),
}
