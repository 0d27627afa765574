"""Dead letters are found, told why, and put back so that they are done once, on a real Kafka."""

import pytest

from tests.kernel.engines import ENGINES, Engine
from tests.kernel.harness import TOPIC, TYPE, Stage, until
from topics.bus.letters import Letter, drop, letters, replay, settlements
from topics.bus.manifest import Manifest
from topics.bus.message import Message
from topics.errors import Reject

pytestmark = pytest.mark.integration


class Bug(Exception):
    pass


async def bad_deploy(message: Message) -> None:
    if message.data["title"].startswith("bad"):
        raise Bug("it cannot take this")


async def buried(stage: Stage, manifest: Manifest) -> list[Letter]:
    return [each async for each in letters(stage.settings, [manifest])]


async def test_a_record_that_died_of_a_bug_is_done_once_after_the_repair(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine)
    async with stage.running(engine, manifest, bad_deploy):
        placed = await stage.say("good", "bad one", "good too")
        await until(lambda: stage.passed(manifest.name, placed[-1]))
    [letter] = await buried(stage, manifest)
    assert (letter.code, letter.type, letter.topic, letter.offset) == ("internal", TYPE, TOPIC, placed[1].offset)
    assert "it cannot take this" in letter.reason
    done: list[tuple[str, str]] = []

    async def note(message: Message) -> None:
        done.append((message.envelope.id, message.data["title"]))

    async with stage.running(engine, manifest, note):
        assert await replay(stage.publisher, manifest, letter, "tests") == TOPIC
        await until(lambda: bool(done))
        await replay(stage.publisher, manifest, letter, "tests")
        [after] = await stage.say("after")
        await until(lambda: stage.passed(manifest.name, after))

    # The same id each time: who remembers ids, as a decider does, takes it once; others meet it again.
    once = [(letter.record_id, "bad one")]
    assert [each for each in done if each[1] == "bad one"] == (once if engine.name == "decide" else once * 2)
    assert len(await buried(stage, manifest)) == 1
    settled = (await settlements(stage.settings))[letter.place]
    assert (settled.kind, settled.operator) == ("replayed", "tests")


@pytest.mark.parametrize("name", ["each", "batch"])
async def test_where_there_is_a_retry_topic_nobody_else_meets_a_record_again(stage: Stage, name: str) -> None:
    engine = ENGINES[name]
    manifest, other = await stage.manifest(engine, retry={}), await stage.manifest(engine)
    async with stage.running(engine, manifest, bad_deploy):
        [placed] = await stage.say("bad one")
        await until(lambda: stage.passed(manifest.name, placed))
    [letter] = await buried(stage, manifest)
    places: list[tuple[str, int, int]] = []

    async def note(message: Message) -> None:
        places.append((message.topic, message.partition, message.offset))

    async with stage.running(engine, other) as neighbour, stage.running(engine, manifest, note) as repaired:
        assert await replay(stage.publisher, manifest, letter, "tests") == f"{manifest.name}.retry"
        await until(lambda: "bad one" in repaired.handled)
        [after] = await stage.say("after")
        await until(lambda: stage.passed(other.name, after))

    assert neighbour.handled == ["bad one", "after"]
    assert places[0] == (TOPIC, placed.partition, placed.offset)


async def test_junk_is_shown_with_its_path_and_comes_back_as_it_was(stage: Stage) -> None:
    engine = ENGINES["batch"]
    manifest = await stage.manifest(engine)
    async with stage.running(engine, manifest):
        junk = await stage.send(b'{"board_id":"%s","title":7}' % stage.boards[0].encode())
        [good] = await stage.say("good")
        await until(lambda: stage.passed(manifest.name, good))
        [letter] = await buried(stage, manifest)
        assert [each.path for each in letter.errors] == ["/title"]
        await replay(stage.publisher, manifest, letter, "tests")
        [good] = await stage.say("good")
        await until(lambda: stage.passed(manifest.name, good))

    first, second = await buried(stage, manifest)
    assert (first.offset, first.key, first.value, first.headers) == (
        junk.offset,
        letter.key,
        letter.value,
        letter.headers,
    )
    assert (second.key, second.value, second.headers) == (letter.key, letter.value, letter.headers)
    assert second.offset > first.offset


async def test_what_is_dropped_is_settled_and_what_holds_no_record_cannot_be_replayed(stage: Stage) -> None:
    engine = ENGINES["each"]
    manifest = await stage.manifest(engine)
    headers = [("dead_truncated", b"too large"), ("dead_topic", TOPIC.encode()), ("dead_code", b"too_large")]
    await stage.send(b"", key=b"", headers=headers, topic=manifest.dead_letters)
    await stage.send(b"", key=b"", headers=[("by", b"a stranger")], topic=manifest.dead_letters)
    truncated, strange = await buried(stage, manifest)

    with pytest.raises(Reject, match="holds no record"):
        await replay(stage.publisher, manifest, truncated, "tests")
    with pytest.raises(Reject, match="no dead letter of ours"):
        await replay(stage.publisher, manifest, strange, "tests")
    assert (strange.code, strange.errors, strange.record_id) == ("unknown", (), None)
    await drop(stage.publisher, truncated, "tests")

    found = await settlements(stage.settings)
    assert found[truncated.place].kind == "dropped"
    assert strange.place not in found
