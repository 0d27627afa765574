from typing import Any

import pytest
from redis.exceptions import ConnectionError as NoRedis

from edge.actions.idempotency import Idempotency, Scope
from edge.actions.outcome import Outcome
from edge.errors import ApiError

SCOPE = Scope("u1", "key", "print", made_here=False)


class Store:
    """The few words of Redis that are needed; it can be away."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.away = False

    def _there(self) -> None:
        if self.away:
            raise NoRedis

    async def set(self, name: str, value: bytes, *, nx: bool = False, ex: int) -> bool | None:
        self._there()
        assert ex
        if nx and name in self.held:
            return None
        self.held[name] = value
        return True

    async def get(self, name: str) -> bytes | None:
        self._there()
        return self.held.get(name)

    async def delete(self, name: str) -> None:
        self._there()
        self.held.pop(name, None)


class Nothing:
    """No decider remembers anything."""

    async def find(self, _user_id: str, _key: str) -> None:
        return None


def guard(store: Store) -> Idempotency:
    unknown: Any = store
    nothing: Any = Nothing()
    return Idempotency(unknown, nothing)


async def fails_while_redis_goes(edge: Idempotency, store: Store) -> None:
    async def run() -> Outcome:
        store.away = True
        raise ApiError("outcome_unknown", "No answer in time.")

    with pytest.raises(ApiError, match="No answer"):
        await edge.once(SCOPE, run)
    store.away = False


async def done() -> Outcome:
    return Outcome(({"type": "t", "data": {}},))


async def test_what_ended_while_redis_was_away_can_be_tried_again_at_once() -> None:
    store = Store()
    edge = guard(store)
    await fails_while_redis_goes(edge, store)

    outcome = await edge.once(SCOPE, done)

    assert outcome.facts == ({"type": "t", "data": {}},)
    assert (await edge.once(SCOPE, fails_if_run)).facts == outcome.facts


async def test_what_another_edge_runs_is_still_running() -> None:
    store = Store()
    await fails_while_redis_goes(guard(store), store)

    with pytest.raises(ApiError, match="still running"):
        await guard(store).once(SCOPE, done)


async def fails_if_run() -> Outcome:
    raise AssertionError("it ran before")
