"""Requests under one key at one edge and at two, on a real Redis; no decider remembers any of them."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from redis.asyncio import Redis

from edge.actions.claims import Claims
from edge.actions.idempotency import Idempotency, Scope
from edge.actions.outcome import Outcome
from edge.errors import ApiError
from tests.kernel.harness import until
from tests.relay import Relay, by, relayed

DONE = Outcome(({"type": "t", "data": {}},))


class Nothing:
    """No decider remembers anything."""

    async def find(self, _user_id: str, _key: str) -> None:
        return None


@pytest.fixture
async def wire(stack_environment: dict[str, str]) -> AsyncIterator[Relay]:
    async with relayed(stack_environment["DOSKA_REDIS_URL"]) as relay:
        yield relay


@pytest.fixture
async def redis(wire: Relay, stack_environment: dict[str, str]) -> AsyncIterator[Redis]:
    client = Redis.from_url(by(wire, stack_environment["DOSKA_REDIS_URL"]))
    yield client
    await client.aclose()


@pytest.fixture
def scope() -> Scope:
    return Scope("u1", secrets.token_hex(8), "print", made_here=False)


def edge(redis: Redis, lease_seconds: float = 60) -> Idempotency:
    nothing: Any = Nothing()
    return Idempotency(Claims(redis, lease_seconds=lease_seconds), nothing)


async def fails_while_redis_goes(guard: Idempotency, scope: Scope, wire: Relay) -> None:
    async def run() -> Outcome:
        await wire.set("refused")
        raise ApiError("outcome_unknown", "No answer in time.")

    with pytest.raises(ApiError, match="No answer"):
        await guard.once(scope, run)
    await wire.set("open")


async def done() -> Outcome:
    return DONE


async def fails_if_run() -> Outcome:
    raise AssertionError("it ran before")


async def test_what_ended_while_redis_was_away_can_be_tried_again_at_once(
    redis: Redis, wire: Relay, scope: Scope
) -> None:
    guard = edge(redis)
    await fails_while_redis_goes(guard, scope, wire)

    outcome = await guard.once(scope, done)

    assert outcome.facts == DONE.facts
    assert (await guard.once(scope, fails_if_run)).facts == DONE.facts
    assert (await edge(redis).once(scope, fails_if_run)).facts == DONE.facts


async def test_what_another_edge_runs_is_still_running(redis: Redis, wire: Relay, scope: Scope) -> None:
    await fails_while_redis_goes(edge(redis), scope, wire)

    with pytest.raises(ApiError, match="still running") as refused:
        await edge(redis).once(scope, done)

    assert refused.value.retry_after == 1


async def test_what_died_with_another_edge_can_be_tried_again_after_its_lease(
    redis: Redis, wire: Relay, scope: Scope
) -> None:
    await fails_while_redis_goes(edge(redis, lease_seconds=0.2), scope, wire)
    outcomes = []

    async def tried() -> bool:
        with suppress(ApiError):
            outcomes.append(await edge(redis).once(scope, done))
        return bool(outcomes)

    await until(tried)
    assert outcomes == [DONE]


async def test_an_edge_that_was_overtaken_answers_for_itself_and_leaves_the_first_answer(
    redis: Redis, scope: Scope
) -> None:
    paused, going_on = asyncio.Event(), asyncio.Event()

    async def slow() -> Outcome:
        paused.set()
        await going_on.wait()
        raise ApiError("unavailable", "Not now.")

    late = asyncio.create_task(edge(redis).once(scope, slow))
    await paused.wait()
    async for name in redis.scan_iter("idempotency:u1:*"):
        await redis.delete(name)
    first = await edge(redis).once(scope, done)
    going_on.set()

    with pytest.raises(ApiError, match="Not now"):
        await late
    assert first == await edge(redis).once(scope, fails_if_run)


async def test_a_request_that_is_given_up_leaves_nothing_behind(redis: Redis, scope: Scope) -> None:
    begun = asyncio.Event()

    async def endless() -> Outcome:
        begun.set()
        await asyncio.Event().wait()
        return DONE

    request = asyncio.create_task(edge(redis).once(scope, endless))
    await begun.wait()
    request.cancel()
    await asyncio.wait([request])

    assert await edge(redis).once(scope, done) == DONE


async def test_another_request_under_the_key_of_one_that_runs_is_a_conflict(redis: Redis, scope: Scope) -> None:
    other = Scope(scope.user_id, scope.key, "another print", made_here=False)

    async def asks_another() -> Outcome:
        with pytest.raises(ApiError, match="another request"):
            await edge(redis).once(other, fails_if_run)
        return DONE

    assert await edge(redis).once(scope, asks_another) == DONE
