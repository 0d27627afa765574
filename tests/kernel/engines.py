"""The engines under the behaviour suite: how each runs one handler of one message."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.kernel.places import stand_at_end
from topics.bus.batch import Batch, batch
from topics.bus.context import ConsumerContext
from topics.bus.each import each
from topics.bus.manifest import Manifest
from topics.bus.message import Message
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


ENGINES = {
    "each": Engine("each", _each, stand_at_end),
    "batch": Engine("batch", _batch, stand_at_end),
}
