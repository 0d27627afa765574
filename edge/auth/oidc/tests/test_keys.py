"""The cache of a provider's keys."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from edge.auth.oidc.faults import ProviderAway, WordInvalid
from edge.auth.oidc.keys import AGAIN_SECONDS, KEEP_SECONDS, Keys
from edge.auth.oidc.tests.signer import Signer

OLD, NEW = Signer("old"), Signer("new")


class Provider:
    """A key set that changes, and how often it was asked for."""

    def __init__(self, *keys: Mapping[str, Any]) -> None:
        self.keys: list[Any] = list(keys)
        self.asked = 0
        self.away = False
        self.now = 0.0

    async def ask(self) -> Mapping[str, Any]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise ProviderAway("away")
        return {"keys": self.keys}

    def cache(self) -> Keys:
        return Keys(self.ask, lambda: self.now)


async def test_the_set_is_asked_for_once_an_hour() -> None:
    provider = Provider(OLD.jwk)
    keys = provider.cache()

    await asyncio.gather(*(keys.find("old", "RS256") for _ in range(20)))
    assert provider.asked == 1
    provider.now = KEEP_SECONDS + 1
    await keys.find("old", "RS256")
    assert provider.asked == 2


async def test_a_key_that_is_new_is_learnt_and_one_that_is_gone_forgotten() -> None:
    provider = Provider(OLD.jwk)
    keys = provider.cache()
    await keys.find("old", "RS256")
    provider.keys, provider.now = [NEW.jwk], AGAIN_SECONDS + 1

    assert (await keys.find("new", "RS256")).key_id == "new"
    with pytest.raises(WordInvalid):
        await keys.find("old", "RS256")


async def test_unknown_keys_are_no_flood_at_the_provider() -> None:
    provider = Provider(OLD.jwk)
    keys = provider.cache()
    await keys.find("old", "RS256")

    for second in range(30):
        provider.now = second
        for n in range(50):
            with pytest.raises(WordInvalid):
                await keys.find(f"no-{n}", "RS256")

    assert provider.asked <= 1 + 30 / AGAIN_SECONDS


async def test_the_known_keys_hold_while_the_provider_is_away() -> None:
    provider = Provider(OLD.jwk)
    keys = provider.cache()
    await keys.find("old", "RS256")
    provider.away, provider.now = True, AGAIN_SECONDS + 1

    assert await keys.find("old", "RS256")
    with pytest.raises(ProviderAway):
        await keys.find("new", "RS256")


async def test_without_a_key_id_one_candidate_is_taken_and_several_are_not() -> None:
    assert await Provider(OLD.jwk).cache().find(None, "RS256")
    with pytest.raises(WordInvalid):
        await Provider(OLD.jwk, NEW.jwk).cache().find(None, "RS256")


@pytest.mark.parametrize(
    "change",
    [{"use": "enc"}, {"kty": "oct", "k": "c2VjcmV0"}, {"alg": "RS512"}, {"n": "!"}, {"kty": "EC", "crv": "P-256"}],
    ids=str,
)
async def test_a_key_for_something_else_is_not_taken(change: dict[str, str]) -> None:
    with pytest.raises(WordInvalid):
        await Provider(OLD.jwk | change).cache().find("old", "RS256")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "", "rs256"])
async def test_only_what_a_public_key_checks_is_accepted(algorithm: str) -> None:
    with pytest.raises(WordInvalid):
        await Provider(OLD.jwk).cache().find("old", algorithm)


@pytest.mark.parametrize("keys", [None, {}, "x"])
async def test_a_set_without_keys_is_refused(keys: Any) -> None:
    provider = Provider()
    provider.keys = keys
    with pytest.raises(WordInvalid):
        await provider.cache().find("old", "RS256")
