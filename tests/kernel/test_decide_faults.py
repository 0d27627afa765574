"""A decider that is killed or paused at every step: the effect once, the same facts, the answer."""

import asyncio
import signal

import pytest

from compose.embedded.stack import Stack
from schemas.ids import fact_id, new_id
from tests.kernel.deciding import Desk, desk
from tests.kernel.harness import LIMIT_SECONDS

__all__ = ["desk"]
pytestmark = pytest.mark.integration

STEPS = ("begun", "decided", "committed", "published", "marked")


async def reached(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(LIMIT_SECONDS):
        assert await process.stdout.readline() == b"reached\n"


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at(step: str, desk: Desk, own_stack: Stack) -> None:
    board_id = new_id()
    sent = [await desk.rename(f"title {number}", board_id) for number in range(3)]
    refused = await desk.rename("never mind", board_id)

    async with desk.process(own_stack.environment(), step, signal.SIGKILL) as process:
        await reached(process)
        assert await asyncio.wait_for(process.wait(), LIMIT_SECONDS) == -signal.SIGKILL
    left = await desk.connection.fetchval("select count(*) from outbox where published_at is null")
    assert (left > 0) is (step in {"committed", "published"}), "what follows is in the outbox from the commit on"
    async with desk.running():
        # What was decided and not published comes without any new action.
        answers = [await desk.answer(each) for each in [*sent, refused]]
        last = await desk.rename("last", board_id)
        await desk.answer(last)
        await desk.log.settled()

    assert [answer["status"] for answer in answers] == ["accepted"] * 3 + ["rejected"]
    told = [(envelope.id, data["title"], data["revision"]) for envelope, data in desk.log.facts(board_id)]
    expected = [(fact_id(each.id, 0), f"title {number}", number + 1) for number, each in enumerate(sent)]
    expected.append((fact_id(last.id, 0), "last", 4))
    if step == "published":
        # Nobody could know that they were published: the same facts, under the same ids, once more.
        assert list(dict.fromkeys(told)) == expected
    else:
        assert told == expected
    assert await desk.connection.fetchval("select runs from boards where board_id = $1", board_id) == 4
    assert await desk.connection.fetchval("select count(*) from outbox where published_at is null") == 0


@pytest.mark.parametrize("step", ["prepared", "decided", "committed"])
async def test_paused_at(step: str, desk: Desk, own_stack: Stack) -> None:
    """The group gives the partitions of a silent owner to another; the old one wakes up and must change nothing."""
    sent = [await desk.rename(f"prepared {number}") for number in range(8)]

    async with desk.process(own_stack.environment(), step, signal.SIGSTOP, DOSKA_REPLICA="paused") as process:
        await reached(process)
        async with desk.running(replica="other"):
            for each in sent:
                assert (await desk.answer(each))["status"] == "accepted"
            process.send_signal(signal.SIGCONT)
            more = [await desk.rename(f"more {number}") for number in range(8)]
            for each in more:
                assert (await desk.answer(each))["status"] == "accepted"
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), LIMIT_SECONDS) == 0
    await desk.log.settled()

    for each in [*sent, *more]:
        told = {(envelope.id, data["revision"]) for envelope, data in desk.log.facts(each.subject)}
        assert told == {(fact_id(each.id, 0), 1)}
    assert await desk.connection.fetchval("select count(*) from boards where runs = 1") == 16


async def test_a_decider_outlives_its_database_and_begins_without_it(desk: Desk, own_stack: Stack) -> None:
    async with desk.running():
        sent = [await desk.rename("before")]
        await desk.answer(sent[0])
        await own_stack.kill9("postgres")
        sent.append(await desk.rename("while it is down"))
        await own_stack.restart("postgres")
        sent.append(await desk.rename("after"))
        for each in sent:
            assert (await desk.answer(each))["status"] == "accepted"
        await own_stack.kill9("postgres")
    async with desk.running():
        sent.append(await desk.rename("to one that begins without it"))
        await own_stack.restart("postgres")
        assert (await desk.answer(sent[-1]))["status"] == "accepted"
    await desk.log.settled()

    for each in sent:
        assert {envelope.id for envelope, _ in desk.log.facts(each.subject)} == {fact_id(each.id, 0)}
