"""A consumer as a process of its own, to be killed: `python -m tests.kernel.victim ENGINE MANIFEST EFFECTS`.

Each effect is a line in the file EFFECTS, written before the message is done; a title that begins with `hang` is
written and then never done, so that a test can kill the process between the effect and the commit. One that begins
with `later` is postponed at its first attempt and hangs at no other; `twice` is postponed, and hangs when it comes back.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from tests.kernel.engines import ENGINES
from topics.bus.context import open_context
from topics.bus.manifest import Manifest
from topics.bus.message import Message
from topics.errors import Postpone
from topics.runtime.health import Health
from topics.runtime.lifespan import run_service
from topics.runtime.service import Service
from topics.runtime.settings import Settings
from topics.runtime.supervisor import supervise


def main() -> None:
    """Run until stopped or killed."""
    engine, manifest, effects = ENGINES[sys.argv[1]], Manifest(**json.loads(sys.argv[2])), Path(sys.argv[3])

    def write(title: str) -> None:
        with effects.open("a", encoding="utf-8") as file:
            file.write(title + "\n")

    async def handle(message: Message) -> None:
        write(message.data["title"])
        title, again = message.data["title"], message.attempt > 1
        if title.startswith("hang") or (again and title == "twice"):
            await asyncio.Event().wait()
        if not again and (title == "twice" or title.startswith("later")):
            raise Postpone("not yet", after=0.05 if title == "twice" else 2.0)

    async def live(stopping: asyncio.Event) -> None:
        health = Health()

        async def build(stack: AsyncExitStack) -> Service:
            return await engine.build(await open_context(manifest, Settings(), health, stack), handle)

        await supervise(manifest.name, build, stopping, health)

    run_service(live)


if __name__ == "__main__":
    main()
