"""The same request under the same key, however often and wherever it comes: one decision."""

import asyncio
import json
from datetime import datetime, timedelta

import asyncpg
import pytest

from schemas.ids import new_id
from tests.kernel.deciding import Desk, desk
from tests.kernel.harness import until
from topics.bus.decide_locks import lock

__all__ = ["desk"]
pytestmark = pytest.mark.integration


def earlier(time: str, delta: timedelta) -> str:
    moment = datetime.fromisoformat(time) - delta
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_the_same_request_again_gets_the_first_answer(desk: Desk) -> None:
    guard = {"actor": new_id(), "idempotencykey": "k", "fingerprint": "f"}
    async with desk.running():
        first = await desk.rename("Plane", **guard)
        before = await desk.answer(first)
        again = await desk.rename("Plane", **guard)
        after = await desk.answer(again)
        await desk.log.settled()

    assert {**after, "action_id": first.id} == before
    assert desk.log.facts(again.subject) == []


async def test_another_request_under_the_same_key_is_a_conflict(desk: Desk) -> None:
    guard = {"actor": new_id(), "idempotencykey": "k"}
    async with desk.running():
        await desk.answer(await desk.rename("Plane", **guard, fingerprint="f"))
        other = await desk.answer(await desk.rename("Line", **guard, fingerprint="g"))
        again = await desk.answer(await desk.rename("Plane", **guard, fingerprint="f"))

    assert (other["status"], other["code"]) == ("rejected", "conflict")
    assert again["status"] == "accepted"


async def test_a_key_is_one_persons_own(desk: Desk) -> None:
    async with desk.running():
        one = await desk.rename("Plane", actor=new_id(), idempotencykey="k", fingerprint="f")
        other = await desk.rename("Line", actor=new_id(), idempotencykey="k", fingerprint="g")
        answers = [await desk.answer(each) for each in (one, other)]

    assert [answer["status"] for answer in answers] == ["accepted", "accepted"]


@pytest.mark.parametrize(("title", "remembered"), [("never again", True), ("no way", False)])
async def test_only_a_refusal_that_stays_is_remembered(desk: Desk, title: str, remembered: bool) -> None:
    guard = {"actor": new_id(), "idempotencykey": "k", "fingerprint": "f"}
    async with desk.running():
        assert (await desk.answer(await desk.rename(title, **guard)))["status"] == "rejected"
        # The fingerprint is the edge's word that it is the same request; only the state has changed.
        again = await desk.answer(await desk.rename("Plane", **guard))

    assert again["status"] == ("rejected" if remembered else "accepted")


async def test_after_a_day_the_key_is_free_again(desk: Desk) -> None:
    guard = {"actor": new_id(), "idempotencykey": "k"}
    async with desk.running():
        now = (await desk.rename("probe")).time
        old = await desk.rename("Plane", **guard, fingerprint="f", time=earlier(now, timedelta(hours=24)))
        await desk.answer(old)
        almost = await desk.rename("Line", **guard, fingerprint="g", time=earlier(now, timedelta(minutes=1)))
        assert (await desk.answer(almost))["code"] == "conflict"
        later = await desk.answer(await desk.rename("Line", **guard, fingerprint="g"))

    assert later["status"] == "accepted"


async def test_of_twenty_at_once_one_is_decided_and_all_hear_of_it(desk: Desk) -> None:
    guard = {"actor": new_id(), "idempotencykey": "k", "fingerprint": "f"}
    async with desk.running(replica="a") as first, desk.running(replica="b") as second:
        await until(lambda: not first.health.not_ready() and not second.health.not_ready())
        # Each names another board, as an edge does that makes a new id: they stand in different partitions.
        sent = await asyncio.gather(*(desk.rename("Plane", **guard) for _ in range(20)))
        answers = [await desk.answer(each) for each in sent]
        await desk.log.settled()

    assert {answer["status"] for answer in answers} == {"accepted"}
    assert len({answer["facts"][0]["data"]["board_id"] for answer in answers}) == 1
    assert sum(len(desk.log.facts(each.subject)) for each in sent) == 1
    assert await desk.connection.fetchval("select count(*) from boards") == 1


async def test_the_same_key_in_two_partitions_is_decided_one_after_the_other(desk: Desk) -> None:
    actor = new_id()
    guard = {"actor": actor, "idempotencykey": "k", "fingerprint": "f"}
    remembered = {"status": "accepted", "facts": []}
    waiting = "select count(*) > 0 from pg_locks where locktype = 'advisory' and not granted"
    other = await asyncpg.connect(desk.settings.postgres_dsn, server_settings={"search_path": desk.name})
    async with desk.running():
        async with other.transaction():
            # Another partition's transaction, which has decided this request and is not committed yet.
            await lock(other, [f"request:{desk.name}:{actor}:k"])
            sent = await desk.rename("Plane", **guard)
            await until(lambda: desk.connection.fetchval(waiting), "the second to wait")
            await other.execute(
                "insert into idempotency values ($1, 'k', 'f', $2, 'accepted', $3, now())",
                actor,
                new_id(),
                json.dumps(remembered),
            )
        answer = await desk.answer(sent)
        await desk.log.settled()
    await other.close()

    assert answer == {"action_id": sent.id, **remembered}
    assert desk.log.facts(sent.subject) == []
