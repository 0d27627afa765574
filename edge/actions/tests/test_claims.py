"""Claims on a real Redis: whose they are, how long they stand, and what stands there afterwards."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from edge.actions.claims import Claims
from tests.kernel.harness import until
from tests.relay import Mode, Relay, by, relayed
from tests.stack import settings_from
from topics.runtime.connections import redis_client
from topics.runtime.settings import Settings

# Longer than any machine stands still.
LEASE_SECONDS = 60.0
AGED_MS = 30_000
AWAY: tuple[Mode, ...] = ("refused", "silent")


@dataclass(frozen=True, slots=True)
class Stage:
    """Redis, a name that nobody claimed yet, and the wire of an edge."""

    redis: Redis
    name: str
    wire: Relay
    settings: Settings

    def edge(self, lease_seconds: float = LEASE_SECONDS, renew_seconds: float = 0.01) -> Claims:
        """An edge that reaches Redis itself."""
        return Claims(self.redis, lease_seconds=lease_seconds, renew_seconds=renew_seconds)

    @asynccontextmanager
    async def wired(self) -> AsyncIterator[Claims]:
        """An edge that reaches Redis by the wire."""
        client = redis_client(self.settings.model_copy(update={"redis_url": by(self.wire, self.settings.redis_url)}))
        yield Claims(client, lease_seconds=LEASE_SECONDS, renew_seconds=0.01)
        await client.aclose()

    async def aged(self) -> None:
        """Let half of the time of a claim pass."""
        assert await self.redis.pexpire(self.name, AGED_MS)

    async def renewed(self) -> bool:
        """Whether more is left than that."""
        return bool(await self.redis.pttl(self.name) > AGED_MS)

    async def stands(self) -> bytes | None:
        """What stands there."""
        found: bytes | None = await self.redis.get(self.name)
        return found


@pytest.fixture
async def stage(stack_environment: dict[str, str]) -> AsyncIterator[Stage]:
    settings = settings_from(stack_environment, Settings)
    client = redis_client(settings)
    async with relayed(settings.redis_url) as wire:
        yield Stage(client, f"claims:{secrets.token_hex(8)}", wire, settings)
    await client.aclose()


@asynccontextmanager
async def renewing(claims: Claims) -> AsyncIterator[None]:
    """Claims that are renewed as a living edge does."""
    task = asyncio.create_task(claims.run())
    yield
    assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_dead_edges_claim_is_free_after_its_lease(stage: Stage) -> None:
    await stage.edge(lease_seconds=0.2).take(stage.name, b"dead")
    other = stage.edge()

    async def free() -> bool:
        return await other.take(stage.name, b"other") is None

    await until(free)
    assert await stage.stands() == b"other"


async def test_a_living_edge_keeps_its_claim_for_as_long_as_it_works(stage: Stage) -> None:
    living, other = stage.edge(), stage.edge()
    await living.take(stage.name, b"living")

    async with renewing(living):
        for _ in range(5):
            await stage.aged()
            await until(stage.renewed)

    assert await other.take(stage.name, b"other") == b"living"
    assert not other.holds(stage.name)


@pytest.mark.parametrize("record", [b"", b"done"])
async def test_the_end_of_the_work_ends_the_renewing(stage: Stage, record: bytes) -> None:
    claims = stage.edge()
    await claims.take(stage.name, b"mine")

    await claims.end(stage.name, record, seconds=3600)
    await claims.renew()

    assert (await stage.stands() or b"") == record
    assert not claims.holds(stage.name)


async def test_what_ends_while_it_is_renewed_is_not_claimed_again(stage: Stage) -> None:
    claims = stage.edge()
    await claims.take(stage.name, b"mine")
    # Whoever ends does not wait for a connection: Redis hears of the end first.
    await asyncio.gather(*(stage.redis.ping() for _ in range(4)))
    renewal = asyncio.create_task(claims.renew())
    await asyncio.sleep(0)

    await claims.end(stage.name)
    await renewal

    assert await stage.stands() is None


async def taken_by(stage: Stage, words: bytes) -> bool:
    return await stage.stands() == words


async def test_a_living_edges_claim_is_not_taken_renewed_or_ended_by_another(stage: Stage) -> None:
    first, other = stage.edge(), stage.edge()
    await other.take(stage.name, b"other")
    await stage.redis.delete(stage.name)
    await first.take(stage.name, b"first")
    await stage.aged()

    await other.renew()
    renewed = await stage.renewed()
    await other.end(stage.name, b"done by the other", seconds=60)

    assert not renewed
    assert await stage.stands() == b"first"


async def test_what_was_done_is_never_written_over(stage: Stage) -> None:
    first, late = stage.edge(), stage.edge()
    await late.take(stage.name, b"late")
    await stage.redis.delete(stage.name)
    await first.take(stage.name, b"first")
    await first.end(stage.name, b"done", seconds=60)

    await late.renew()
    await late.end(stage.name, b"done late", seconds=60)

    assert await stage.stands() == b"done"


async def test_the_renewing_goes_on_when_redis_was_away(stage: Stage) -> None:
    async with stage.wired() as claims, renewing(claims):
        await claims.take(stage.name, b"mine")
        for mode in AWAY:
            await stage.wire.set(mode)
            await stage.aged()
            await claims.renew()
            await stage.wire.set("open")
            await until(stage.renewed)

    assert await stage.stands() == b"mine"


async def test_the_renewing_ends_when_it_is_told_to_whatever_it_does_then(stage: Stage) -> None:
    claims = stage.edge(renew_seconds=0.0001)
    await claims.take(stage.name, b"mine")

    for turns in range(200):
        task = asyncio.create_task(claims.run())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=60)
        assert done


async def test_a_claim_that_redis_lost_is_taken_again_if_nobody_has_it(stage: Stage) -> None:
    claims = stage.edge()
    await claims.take(stage.name, b"mine")
    await stage.redis.delete(stage.name)

    async with renewing(claims):
        await until(lambda: taken_by(stage, b"mine"))


async def test_without_redis_everything_is_ours_and_is_told_when_it_is_back(stage: Stage) -> None:
    async with stage.wired() as claims:
        await stage.wire.set("refused")
        taken = await claims.take(stage.name, b"mine")
        held = claims.holds(stage.name)
        await claims.renew()
        await stage.wire.set("open")
        await claims.renew()

    assert taken is None
    assert held
    assert await stage.stands() == b"mine"


async def test_a_claim_that_ended_while_redis_was_away_is_its_edges_own(stage: Stage) -> None:
    async with stage.wired() as claims:
        await claims.take(stage.name, b"mine")
        await stage.wire.set("refused")
        await claims.end(stage.name)
        await stage.wire.set("open")

        assert await stage.stands() == b"mine"
        assert await claims.take(stage.name, b"mine") is None
