"""Two services that are one to whoever runs them."""

import asyncio

from topics.runtime.lifespan import end
from topics.runtime.service import Service


class Beside:
    """Runs services side by side, each at its own pace; when one ends or fails the others are stopped in order."""

    def __init__(self, first: Service, *others: Service) -> None:
        self.name = first.name
        self._services = (first, *others)

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set. Raises what the first that failed has raised."""
        over = asyncio.Event()
        tasks = [asyncio.create_task(each.run(over)) for each in self._services]
        stop = asyncio.create_task(stopping.wait())
        try:
            ended, _ = await asyncio.wait({stop, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            over.set()
            await asyncio.wait(tasks)
        finally:
            await end(stop, *tasks)
        for task in sorted(tasks, key=lambda each: each not in ended):
            task.result()
