"""How often a secret may be guessed, on a real Redis and without one."""

import secrets
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from edge.auth.guesses import LONGEST_WAIT_SECONDS, Guesses, Secret, guard_of_links, guard_of_logins
from edge.errors import ApiError
from edge.limits import Minutes
from tests.product import free_port


@pytest.fixture
async def redis(stack_environment: dict[str, str]) -> AsyncIterator[Redis]:
    client = Redis.from_url(stack_environment["DOSKA_REDIS_URL"])
    yield client
    await client.aclose()


def minutes(limit: int) -> Minutes:
    return Minutes(limit, time.monotonic, "wrong tries")


def an_edge(redis: Redis, limit: int = 3) -> Guesses:
    """Each with its own memory, as edges have, and the one Redis."""
    return guard_of_logins(limit, minutes(limit), redis)


async def guess(guesses: Guesses, whose: str, address: str, *, right: bool = False) -> float:
    """The seconds to wait; 0 when the try was let in."""
    try:
        async with guesses.attempt(whose, address) as wrong:
            if not right:
                wrong()
    except ApiError as error:
        return float(error.retry_after or 0) if error.code == "rate_limited" else -1.0
    return 0.0


def somebody() -> tuple[str, str]:
    return secrets.token_hex(8), f"198.51.100.{secrets.randbelow(250)}-{secrets.token_hex(4)}"


@pytest.mark.integration
async def test_wrong_tries_count_on_all_edges_together(redis: Redis) -> None:
    whose, address = somebody()
    first, second = an_edge(redis), an_edge(redis)

    let_in = [await guess(each, whose, address) for each in (first, second, first)]
    waits = [await guess(each, whose, address, right=True) for each in (first, second)]

    assert let_in == [0, 0, 0]
    assert all(50 <= wait <= 60 for wait in waits)


@pytest.mark.integration
async def test_an_account_is_guarded_wherever_the_guesser_is_but_open_to_who_is_known(redis: Redis) -> None:
    whose, home = somebody()
    edge = an_edge(redis)
    await guess(edge, whose, home, right=True)

    tries = [await guess(edge, whose, somebody()[1]) for _ in range(15)]

    assert tries == [0] * 15
    assert await guess(edge, whose, somebody()[1], right=True) > 0
    assert await guess(edge, whose, home, right=True) == 0


@pytest.mark.integration
async def test_an_address_is_guarded_whichever_the_account_is(redis: Redis) -> None:
    _, address = somebody()
    edge = an_edge(redis)

    tries = [await guess(edge, somebody()[0], address) for _ in range(15)]

    assert tries == [0] * 15
    assert await guess(edge, somebody()[0], address, right=True) > 0
    assert await guess(edge, somebody()[0], somebody()[1], right=True) == 0


@pytest.mark.integration
async def test_a_right_try_forgives_the_wrong_ones_before(redis: Redis) -> None:
    whose, address = somebody()

    for _ in range(4):
        # Each on an edge of its own: only what they share counts here.
        assert await guess(an_edge(redis), whose, address) == 0
        assert await guess(an_edge(redis), whose, address) == 0
        assert await guess(an_edge(redis), whose, address, right=True) == 0


@pytest.mark.integration
async def test_the_wait_grows_up_to_its_bound(redis: Redis) -> None:
    whose, address = somebody()
    edge = an_edge(redis)

    # Tries that were under way when the first of them was refused.
    waits = [await edge._note("wrong", Secret("login", whose, address)) for _ in range(9)]

    assert waits[:2] == [0, 0]
    assert 55 <= waits[2] <= 60 < waits[3] <= 120 < waits[4] <= 240
    assert waits[-1] == pytest.approx(LONGEST_WAIT_SECONDS, abs=1)


@pytest.mark.integration
async def test_a_link_has_its_tries_whoever_guesses(redis: Redis) -> None:
    whose, _ = somebody()
    links = [guard_of_links(3, minutes(3), redis) for _ in range(4)]

    assert [await guess(each, whose, somebody()[1]) for each in links] == [0, 0, 0, pytest.approx(60, abs=10)]


@pytest.mark.integration
async def test_redis_holds_no_address_of_a_person(redis: Redis) -> None:
    # Nothing that hexadecimal digits could spell by chance.
    await guess(an_edge(redis), "zora@example.org", somebody()[1])

    keys = [key async for key in redis.scan_iter("guesses:*")]

    assert keys
    assert not [key for key in keys if b"zora" in key or b"example" in key]


async def test_without_redis_an_edge_counts_alone_and_locks_nobody_out() -> None:
    away = Redis(port=free_port(), retry=Retry(NoBackoff(), 0))
    whose, address = somebody()
    edge = guard_of_logins(3, minutes(3), away)

    assert [await guess(edge, whose, address) for _ in range(3)] == [0, 0, 0]
    assert await guess(edge, whose, address, right=True) > 0
    assert await guess(guard_of_logins(3, minutes(3), away), whose, address, right=True) == 0
    await away.aclose()


async def test_no_limit_is_no_guard() -> None:
    away = Redis(port=free_port())
    edge = guard_of_logins(0, minutes(0), away)

    assert [await guess(edge, "ada", "home") for _ in range(30)] == [0] * 30
    await away.aclose()
