"""Passwords: right, wrong, unknown, and too many at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from argon2 import PasswordHasher

from edge.auth import passwords
from edge.auth.passwords import Passwords
from edge.errors import ApiError


@pytest.fixture
async def quick() -> AsyncIterator[Passwords]:
    found = Passwords(2, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    yield found
    found.close()


async def test_only_the_right_password_is_right(quick: Passwords) -> None:
    known = await quick.hash("пароль 😀 long enough")

    assert known.startswith("$argon2id$")
    assert await quick.verify("пароль 😀 long enough", known)
    assert not await quick.verify("пароль 😀 long enough ", known)


async def test_nobody_has_no_password(quick: Passwords) -> None:
    assert not await quick.verify("anything", None)
    assert not await quick.verify("", None)
    assert not await quick.verify("anything", "not a hash")


async def test_an_unknown_account_takes_the_same_work(quick: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    monkeypatch.setattr(quick, "_check", lambda _password, known: checked.append(known) or False)

    await quick.verify("x", await quick.hash("y"))
    await quick.verify("x", None)

    parameters = {known.rsplit("$", 2)[0] for known in checked}
    assert len(checked) == 2
    assert len(parameters) == 1


async def test_a_hash_of_other_parameters_is_outdated(quick: Passwords) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=64, parallelism=1).hash("x")

    assert quick.is_outdated(old)
    assert not quick.is_outdated(await quick.hash("x"))


async def test_too_many_at_once_are_told_so(quick: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MAX_WAITING", 3)

    outcomes = await asyncio.gather(*(quick.hash("x") for _ in range(10)), return_exceptions=True)

    refused = [outcome for outcome in outcomes if isinstance(outcome, ApiError)]
    assert {error.code for error in refused} == {"unavailable"}
    assert len(refused) == 7
