"""What goes wrong at a service of somebody else's, told to a stand-in in advance."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Faults:
    """Faults that wait for the next requests, one each; and those that last until they are taken back.

    A fault is a status to answer without doing anything; `lost`: the work is done and the connection breaks; `hang`: the
    work is done and no answer comes, for as long as somebody waits.
    """

    next: deque[int | str] = field(default_factory=deque)
    lasting: int | None = None
    retry_after: str | None = None
    met: list[int | str] = field(default_factory=list)

    def take(self) -> int | str | None:
        """What happens to this request."""
        found = self.next.popleft() if self.next else self.lasting
        if found is not None:
            self.met.append(found)
        return found

    def refusal(self, status: int) -> web.Response:
        """An answer of somebody between us and the service, as often as not no JSON."""
        headers = {"Retry-After": self.retry_after} if self.retry_after is not None else {}
        return web.Response(status=status, text=f"<h1>{status}</h1>", headers=headers)


async def never_answered(request: web.Request, fault: int | str) -> web.StreamResponse:
    """Break the connection without an answer, or keep it so."""
    if fault == "hang":
        await asyncio.Event().wait()
    if request.transport is not None:
        request.transport.abort()
    await asyncio.sleep(0)
    raise web.HTTPInternalServerError
