"""Who does a thing now: claims in Redis, each a lease that a living process renews and a dead one loses within seconds.

A claim spares work and settles nothing. A process that stood still for longer than its lease goes on like one that has
not: whatever a claim guards is decided once by somebody else.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

SCRIPT: Final = (Path(__file__).parent / "claims.lua").read_text()
# Two renewals may fail, and who asks again after a death waits no longer than this.
LEASE_SECONDS: Final = 10.0
RENEW_SECONDS: Final = 3.0
# Not the client's own timeout: on Python 3.11 that one swallows cancellations.
STORE_SECONDS: Final = 2.0
AWAY: Final = (RedisError, OSError, TimeoutError)

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Claim:
    """The words of whoever works under a name, and whether another's stand there instead."""

    name: str
    words: bytes
    lost: bool = False


class Claims:
    """The claims of one process: take one, work, end it. `run` renews them meanwhile.

    A claim that Redis lost while it was away is taken again by the next renewal, unless somebody else has it by then.
    """

    def __init__(
        self, store: redis.Redis, *, lease_seconds: float = LEASE_SECONDS, renew_seconds: float = RENEW_SECONDS
    ) -> None:
        self._store = store
        self._script = store.register_script(SCRIPT)
        self._lease_ms = round(lease_seconds * 1000)
        self._renew_seconds = renew_seconds
        self._held: dict[str, Claim] = {}

    def holds(self, name: str) -> bool:
        """Whether this process works under the name now."""
        return name in self._held

    async def take(self, name: str, words: bytes) -> bytes | None:
        """Claim a name that this process does not hold; what stands there if it is another's, None when it is ours.

        It is ours too while Redis is away. A claim in the same words is ours from before: it ended while Redis was away.
        """
        # Before it is asked for: what Redis did not answer in time it may have done.
        claim = self._held[name] = Claim(name, words)
        try:
            async with asyncio.timeout(STORE_SECONDS):
                found: bytes | None = await self._script(keys=(name,), args=(words, words, self._lease_ms))
        except AWAY as error:
            log.warning("claims are not told to others: no Redis", error=repr(error))
            return None
        except BaseException:
            await self.end(name)
            raise
        if found is not None:
            del self._held[claim.name]
        return found

    async def end(self, name: str, record: bytes = b"", *, seconds: float = 0) -> None:
        """The work under a name is over: leave a record there for so long, else nothing."""
        await self._leave(self._held.pop(name), record, seconds)

    async def run(self) -> None:
        """Renew what is held until cancelled."""
        task = asyncio.current_task()
        # A client whose connection is cut off by a cancellation may say that Redis is away, and nothing of the other.
        while task is not None and not task.cancelling():
            await asyncio.sleep(self._renew_seconds)
            await self.renew()

    async def renew(self) -> None:
        """Renew what is held, once."""
        claims = list(self._held.values())
        if not claims:
            return
        try:
            async with asyncio.timeout(STORE_SECONDS), self._store.pipeline(transaction=False) as together:
                for each in claims:
                    await self._script(
                        keys=(each.name,), args=(each.words, each.words, self._lease_ms), client=together
                    )
                found = await together.execute()
        except AWAY as error:
            log.warning("claims are not renewed: no Redis", error=repr(error), claims=len(claims))
            return
        for claim, others in zip(claims, found, strict=True):
            if others is not None and not claim.lost and self.holds(claim.name):
                log.warning("a claim was lost: another works under it, and one of the two is decided")
            claim.lost = others is not None
            if not self.holds(claim.name):
                # It ended while it was renewed, and may have been taken again after its end.
                await self._leave(claim)

    async def _leave(self, claim: Claim, record: bytes = b"", seconds: float = 0) -> None:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self._script(keys=(claim.name,), args=(claim.words, record, round(seconds * 1000)))
        except AWAY as error:
            log.warning("the end of a claim is not told to others: no Redis", error=repr(error))
