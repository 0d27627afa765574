"""What a consumer is built from."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.util import find_spec

import structlog
from structlog.stdlib import BoundLogger

from topics.bus.generations import Generation, read_generations
from topics.bus.manifest import Manifest
from topics.bus.publish import Publisher
from topics.errors import Halt
from topics.runtime.health import Health
from topics.runtime.settings import Settings

WINDOW = (
    "the engine `window` needs quixstreams, and it is not installed here: make this environment anew with `make up`, or "
    "install the package with its extra `window`"
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

    Raises Unavailable when Kafka is not there, Halt when the manifest asks for an engine that is not installed.
    """
    if manifest.engine == "window" and find_spec("quixstreams") is None:
        raise Halt(WINDOW)
    generations = await read_generations(settings)
    publisher = await stack.enter_async_context(Publisher(settings, manifest.name))
    log: BoundLogger = structlog.get_logger(manifest.name).bind(consumer=manifest.name)
    return ConsumerContext(manifest, settings, publisher, generations, health, log, stack)
