"""How often a secret may be guessed: per account and address, per account, per address, with a growing wait.

Counted in Redis, for all edges at once. While Redis is away each edge counts for itself, account and address together:
nobody is locked out by that, and a guesser gains the number of edges.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from edge.errors import ApiError
from edge.limits import Minutes
from topics.runtime import metrics

SCRIPT: Final = (Path(__file__).parent / "guesses.lua").read_text()
WIDER: Final = 5
LONGEST_WAIT_SECONDS: Final = 900
KNOWN_PLACE_SECONDS: Final = 30 * 24 * 3600
# A login waits no longer for a count than for its hash.
REDIS_SECONDS: Final = 0.5

log = structlog.get_logger(__name__)
Happened = Literal["try", "wrong", "right"]


@dataclass(frozen=True, slots=True)
class Secret:
    """What is guessed: of a login or a link, whose, and from where."""

    kind: str
    whose: str
    address: str

    def keys(self) -> tuple[str, str, str, str]:
        """The keys of the script: hashed, so that Redis holds no address of a person."""
        account = hashlib.sha256(self.whose.encode()).hexdigest()[:32]
        # One slot of a cluster each kind: the script touches all four.
        start = f"guesses:{{{self.kind}}}:"
        return (
            f"{start}pair:{account}:{self.address}",
            f"{start}account:{account}",
            f"{start}address:{self.address}",
            f"{start}known:{account}",
        )


@dataclass(frozen=True, slots=True)
class Bounds:
    """Wrong tries a minute: of one guesser at one account, at one account from everywhere, of one guesser at all."""

    pair: int
    account: int
    address: int


class Guesses:
    """Guards the secrets of one kind. A `local` without a limit is no guard at all."""

    def __init__(self, kind: str, bounds: Bounds, local: Minutes, redis: Redis) -> None:
        self._kind = kind
        self._bounds = bounds
        self._local = local
        self._script = redis.register_script(SCRIPT)

    @asynccontextmanager
    async def attempt(self, whose: str, address: str) -> AsyncIterator[Callable[[], None]]:
        """Try a secret: call the given function when it was wrong.

        Raises `ApiError` `rate_limited` with the time to wait.
        """
        if self._local.limit == 0:
            yield lambda: None
            return
        secret = Secret(self._kind, whose, address)
        await self._tell("try", secret)
        wrong = False
        try:
            one_place = self._bounds.pair < self._bounds.account
            async with self._local.attempt(f"{whose} {address}" if one_place else whose) as failed:

                def was_wrong() -> None:
                    nonlocal wrong
                    wrong = True
                    failed()

                yield was_wrong
        except ApiError:
            if wrong:
                await self._note("wrong", secret)
            raise
        await self._note("wrong" if wrong else "right", secret)

    async def _tell(self, happened: Happened, secret: Secret) -> None:
        wait = await self._note(happened, secret)
        if wait > 0:
            raise ApiError("rate_limited", "Too many wrong tries: wait, and try again.", retry_after=wait)

    async def _note(self, happened: Happened, secret: Secret) -> float:
        bounds = (self._bounds.pair, self._bounds.account, self._bounds.address)
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                said = await self._script(
                    keys=secret.keys(),
                    args=(happened, *bounds, LONGEST_WAIT_SECONDS, KNOWN_PLACE_SECONDS, secret.address),
                )
        except (RedisError, OSError, TimeoutError) as error:
            metrics.GUESSES_UNSHARED.inc()
            log.warning("wrong tries are counted by this edge alone", error=repr(error))
            return 0.0
        return float(said)


def guard_of_logins(limit: int, local: Minutes, redis: Redis) -> Guesses:
    """Passwords of accounts. Many people share an office's address, and many places an account."""
    return Guesses("login", Bounds(limit, WIDER * limit, WIDER * limit), local, redis)


def guard_of_links(limit: int, local: Minutes, redis: Redis) -> Guesses:
    """Passwords of links: so many a minute from wherever they come."""
    return Guesses("link", Bounds(limit, limit, WIDER * limit), local, redis)
