"""What a process runs: something with a name that works until it is told to stop."""

import asyncio
from typing import Protocol


class Service(Protocol):
    """A long-running part of a process."""

    @property
    def name(self) -> str:
        """The name in logs, metrics and health."""
        ...

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set, then finish what was begun and return. Raises Halt to stay stopped."""
        ...
