"""What is postponed comes back from the retry topic and holds nobody up, on a real Kafka."""

import asyncio
import time
from pathlib import Path

import pytest
from aiokafka.structs import TopicPartition

from compose.embedded.stack import Stack
from tests.kernel.engines import ENGINES, Engine, OnMessage
from tests.kernel.harness import Stage, until
from tests.kernel.places import ends, stand_at_end, standing
from tests.kernel.test_kill import lines, victim
from topics.bus.batch import Batch, batch
from topics.bus.context import ConsumerContext
from topics.bus.message import Message
from topics.errors import Halt, PartlyFailed, Postpone, Reject, Retry
from topics.runtime.service import Service

pytestmark = pytest.mark.integration
RETRY = {"attempts": 4, "backoff": 0.05, "backoff_max": 0.2}


@pytest.fixture(params=["batch", "each"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


async def waiting(stage: Stage, name: str) -> int:
    """Records on the retry topic that its group has not passed."""
    reached, done = await ends(stage.settings, f"{name}.retry"), await standing(stage.settings, f"{name}.retry")
    return sum(end - done.get(each, 0) for each, end in reached.items())


async def test_it_comes_back_with_its_attempt_and_holds_nobody_up(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine, retry=RETRY)
    seen: list[tuple[str, int, int, str, str | None]] = []
    free = asyncio.Event()

    async def busy(message: Message) -> None:
        title = message.data["title"]
        seen.append((title, message.attempt, message.offset, message.topic, message.note))
        if title == "two" and message.attempt > 1:
            # However long the others take: what came back is not done before them.
            await free.wait()
        if title == "two" and message.attempt < 3:
            raise Postpone("busy", after=0.05, note=f"after {message.attempt}")

    async with stage.running(engine, manifest, busy) as consumer:
        placed = await stage.say("one", "two", "three")
        await until(lambda: stage.passed(manifest.name, placed[-1]))
        assert consumer.handled[-1] == "three"
        free.set()

        await until(lambda: "two" in consumer.handled)
        await until(lambda: _nothing_waits(stage, manifest.name))

    mine = [each for each in seen if each[0] == "two"]
    place = (placed[1].offset, placed[1].topic)
    firsts = [each for number, each in enumerate(mine) if each not in mine[:number]]
    assert firsts == [("two", 1, *place, None), ("two", 2, *place, "after 1"), ("two", 3, *place, "after 2")]
    assert await stage.dead(manifest.name) == []


async def _nothing_waits(stage: Stage, name: str) -> bool:
    return await waiting(stage, name) == 0


async def test_it_does_not_come_before_it_is_due_and_a_longer_wait_does_not_hold_up_a_shorter(
    stage: Stage, engine: Engine
) -> None:
    manifest = await stage.manifest(engine, retry=RETRY)
    back: dict[str, float] = {}

    async def later(message: Message) -> None:
        if message.attempt == 1:
            raise Postpone("later", after=3600 if message.data["title"] == "long" else 1.0)
        back[message.data["title"]] = time.time()

    async with stage.running(engine, manifest, later):
        said = time.time()
        await stage.say("long", "short")
        await until(lambda: "short" in back)

    assert back["short"] - said >= 1.0
    assert "long" not in back
    assert await waiting(stage, manifest.name) == 1


async def test_out_of_attempts_it_is_a_dead_letter_that_stands_where_it_stood_first(
    stage: Stage, engine: Engine
) -> None:
    limit = {"consecutive": 1, "ratio": 0.1, "window": 2}
    manifest = await stage.manifest(engine, retry=RETRY, dead_letter_limit=limit)

    async def busy(message: Message) -> None:
        if message.data["title"].startswith("never"):
            raise Postpone("still busy")

    async with stage.running(engine, manifest, busy) as consumer:
        placed = await stage.say("never 1", "never 2", "never 3", "good")
        await until(lambda: _are_dead(stage, manifest.name, 3))
        assert consumer.halted is None, "records that had their time are no sign of a bad deploy"

    letters = {int(each["offset"]): each for each in await stage.dead(manifest.name)}
    assert set(letters) == {each.offset for each in placed[:3]}
    first = letters[placed[0].offset]
    assert (first["code"], first["topic"]) == ("unavailable", placed[0].topic)
    assert first["reason"].startswith("given up after 4 attempts in ")
    assert first["reason"].endswith("still busy")
    assert first["value"] == stage.good("never 1")
    assert not [name for name in first["headers"] if name.startswith("retry_")]


async def _are_dead(stage: Stage, name: str, count: int) -> bool:
    return len(await stage.dead(name)) == count


async def test_what_comes_back_may_be_rejected_and_may_halt(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine, retry=RETRY)

    async def judge(message: Message) -> None:
        if message.attempt == 1:
            raise Postpone("first", after=0.01)
        if message.data["title"] == "bad":
            raise Reject("schema_invalid", "the destination refuses it")
        raise Halt("the credentials are revoked")

    async with stage.running(engine, manifest, judge) as consumer:
        await stage.say("bad")
        await until(lambda: _are_dead(stage, manifest.name, 1))
        await stage.say("stop")
        await until(lambda: consumer.halted is not None)

    assert consumer.halted == "the credentials are revoked"
    assert [each["reason"] for each in await stage.dead(manifest.name)] == ["the destination refuses it"]
    assert await waiting(stage, manifest.name) == 1, "what halted it is still to be read"


async def test_what_comes_back_is_tried_in_place_while_a_store_is_down(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine, retry=RETRY)
    tries = 0

    async def down(message: Message) -> None:
        nonlocal tries
        if message.attempt == 1:
            raise Postpone("first", after=0.01)
        tries += 1
        if tries < 8:
            raise Retry("the store is down")

    async with stage.running(engine, manifest, down) as consumer:
        await stage.say("one")
        await until(lambda: consumer.handled == ["one"])

    assert tries == 8
    assert await stage.dead(manifest.name) == []


async def test_each_message_of_a_batch_has_its_own_fate(stage: Stage) -> None:
    done: list[str] = []
    notes: list[str | None] = []

    async def on_batch(messages: Batch) -> None:
        fates: dict[int, Reject | list[Postpone]] = {}
        for number, message in enumerate(messages):
            title = message.data["title"]
            if message.note is not None:
                notes.append(message.note)
            elif title == "bad":
                fates[number] = Reject("schema_invalid", "refused")
            elif title == "busy":
                fates[number] = [Postpone("a is down", 0.01, "a"), Postpone("b is down", 0.01, "b")]
            else:
                done.append(title)
        if fates:
            raise PartlyFailed(fates)

    async def build(context: ConsumerContext, _: OnMessage) -> Service:
        return batch(context, on_batch)

    engine = Engine("batch", build, stand_at_end)
    manifest = await stage.manifest(engine, retry=RETRY)
    # All of them are there when it begins, so that they mostly come in one batch; in any batches their fates are these.
    placed = await stage.say("good", "bad", "busy")

    async with stage.running(engine, manifest):
        await until(lambda: stage.passed(manifest.name, placed[-1]))
        await until(lambda: len(notes) == 2)

    assert sorted(notes) == ["a", "b"]
    assert done == ["good"]
    assert [int(each["offset"]) for each in await stage.dead(manifest.name)] == [placed[1].offset]


async def test_killed_while_it_postpones_nothing_is_lost_and_what_came_after_is_done(
    stage: Stage, own_stack: Stack, engine: Engine, tmp_path: Path
) -> None:
    manifest, effects = await stage.manifest(engine, retry=RETRY), tmp_path / "effects"
    async with victim(stage, own_stack, engine, manifest, effects) as process:
        first = await stage.say("later 1", "one")
        await until(lambda: stage.passed(manifest.name, first[-1]))
        hung = await stage.say("later 2", "hang", "two")
        await until(lambda: "hang" in lines(effects))
        process.kill()
        await process.wait()
    assert not await stage.passed(manifest.name, hung[1])

    async with stage.running(engine, manifest) as again:
        await until(lambda: {"hang", "two"} <= set(again.handled))
        await until(lambda: all([*again.handled, *lines(effects)].count(f"later {number}") >= 2 for number in (1, 2)))
        await until(lambda: stage.passed(manifest.name, hung[-1]))
        await until(lambda: _nothing_waits(stage, manifest.name))

    assert await stage.dead(manifest.name) == []


async def test_killed_between_coming_back_and_its_commit_it_comes_back_again(
    stage: Stage, own_stack: Stack, engine: Engine, tmp_path: Path
) -> None:
    manifest, effects = await stage.manifest(engine, retry=RETRY), tmp_path / "effects"
    async with victim(stage, own_stack, engine, manifest, effects) as process:
        [placed] = await stage.say("twice")
        await until(lambda: lines(effects).count("twice") == 2)
        # It may come back before its first place is committed.
        await until(lambda: stage.passed(manifest.name, placed))
        process.kill()
        await process.wait()
    assert await waiting(stage, manifest.name) == 1

    async with stage.running(engine, manifest) as again:
        await until(lambda: again.handled == ["twice"])
        await until(lambda: _nothing_waits(stage, manifest.name))

    places = await standing(stage.settings, manifest.name)
    assert all(each.topic == "boards.actions" for each in places), "two groups, each with its own places"
    assert TopicPartition(f"{manifest.name}.retry", 0) in await standing(stage.settings, f"{manifest.name}.retry")
