"""What a consumer is built from."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog
from structlog.stdlib import BoundLogger

from topics.bus.generations import Generation, read_generations
from topics.bus.manifest import Manifest
from topics.bus.publish import Publisher
from topics.errors import Halt
from topics.runtime.health import Health
from topics.runtime.settings import Settings

WINDOW = (
    "the engine `window` comes with the extra `window` (quixstreams), which pins an older client library and owns its "
    "process's main thread: it cannot run beside other consumers and is not part of this release"
)


@dataclass(frozen=True, slots=True)
class ConsumerContext:
    """Given to `build(context)` of a consumer's app.py; what it opens it registers with `stack`.

    `group` is another consumer group than the one named after the consumer: for who reads beside the live one.
    """

    manifest: Manifest
    settings: Settings
    publisher: Publisher
    generations: Mapping[str, Generation]
    health: Health
    log: BoundLogger
    stack: AsyncExitStack
    group: str | None = None


async def open_context(
    manifest: Manifest, settings: Settings, health: Health, stack: AsyncExitStack
) -> ConsumerContext:
    """Read the generations and start a publisher; closing `stack` closes all.

    Raises Unavailable when Kafka is not there, Halt when the manifest asks for an engine that is not.
    """
    if manifest.engine == "window":
        raise Halt(WINDOW)
    generations = await read_generations(settings)
    publisher = await stack.enter_async_context(Publisher(settings, manifest.name))
    log: BoundLogger = structlog.get_logger(manifest.name).bind(consumer=manifest.name)
    return ConsumerContext(manifest, settings, publisher, generations, health, log, stack)
