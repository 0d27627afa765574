"""What an exporter is to those who run it: the engine, the backfill, the preview."""

from collections.abc import Sequence
from typing import Any, Protocol

from topics.bus.message import Message


class Exporter(Protocol):
    """Brings facts to one destination."""

    async def send(self, messages: Sequence[Message], *, history: bool = False) -> None:
        """Bring facts there; returns when the destination has accepted all that leave.

        `history`: these are of the past, and nothing should be triggered by them. Raises PartlyFailed with each
        message's own failure, Retry when none can be sent now, Halt when a person has to look.
        """
        ...

    async def preview(self, message: Message) -> Sequence[Any]:
        """The requests that `send` would make for one fact, without credentials; nothing is sent."""
        ...
