"""What every engine does, on a real Kafka."""

import asyncio

import pytest
from aiokafka.structs import TopicPartition

from schemas.envelope import to_headers
from schemas.ids import new_id
from schemas.problems import Problem
from tests.kernel.engines import Engine
from tests.kernel.harness import LIMIT_SECONDS, TOPIC, Stage, envelope, until
from tests.kernel.places import ends, stand, standing
from topics.bus.message import Message
from topics.errors import Halt, Reject, Retry

pytestmark = pytest.mark.integration


class Bug(Exception):
    """Not one of the names of failure."""


async def test_a_message_is_handled_once_and_committed_after_its_effect(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine)
    async with stage.running(engine, manifest) as consumer:
        placed = await stage.say("one", "two", "three")

        await until(lambda: consumer.handled == ["one", "two", "three"])
        await until(lambda: stage.passed(manifest.name, placed[-1]))

    assert await stage.dead(manifest.name) == []


async def test_junk_becomes_a_dead_letter_with_its_reason_and_blocks_nothing(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine, dead_letter_limit={"consecutive": 100})
    board = stage.boards[0]
    good = to_headers(envelope(board))
    async with stage.running(engine, manifest) as consumer:
        await stage.say("before")
        junk = {
            "not JSON": await stage.send(b"{nope"),
            "not UTF-8": await stage.send(b'{"board_id":"\xff"}'),
            "no value": await stage.send(None),
            "a property missing": await stage.send(b'{"board_id":"%s"}' % board.encode()),
            "of no known type": await stage.send(
                stage.good("x"),
                headers=to_headers(envelope(board, type="boards.fly_away", dataschema="boards.fly_away/1")),
            ),
            "of no known version": await stage.send(
                stage.good("x"), headers=to_headers(envelope(board, dataschema="boards.rename_board/99"))
            ),
            "of another topic": await stage.send(
                stage.good("x"), headers=to_headers(envelope(board, type="boards.draw", dataschema="boards.draw/1"))
            ),
            "under a wrong key": await stage.send(stage.good("x"), key=new_id().encode()),
            "under no key": await stage.send(stage.good("x"), key=b""),
            "without headers": await stage.send(stage.good("x"), headers=[]),
            "without an id": await stage.send(stage.good("x"), headers=[each for each in good if each[0] != "ce_id"]),
            "with a header that is no text": await stage.send(
                stage.good("x"), headers=[each for each in good if each[0] != "ce_id"] + [("ce_id", b"\xff\xfe")]
            ),
            "with a foreign header that is no text": None,
        }
        # A header that is not ours may hold anything.
        await stage.send(stage.good("foreign header"), headers=[*good, ("x-other", b"\xff\xfe")])
        last = await stage.say("after")

        await until(lambda: {"before", "foreign header", "after"} <= set(consumer.handled))
        # Under other keys it stands in other partitions, which nobody reads in step with ours.
        await until(lambda: stage.passed(manifest.name, *last, *(each for each in junk.values() if each is not None)))

    assert sorted(consumer.handled) == ["after", "before", "foreign header"]
    letters = {(int(each["partition"]), int(each["offset"])): each for each in await stage.dead(manifest.name)}
    found = {why: letters.pop((placed.partition, placed.offset)) for why, placed in junk.items() if placed is not None}
    assert letters == {}
    for why, code, path, words in (
        ("not JSON", "malformed", "", "not JSON"),
        ("not UTF-8", "malformed", "", "not JSON"),
        ("no value", "malformed", "", "no value"),
        ("a property missing", "schema_invalid", "/title", "title"),
        ("of no known type", "schema_invalid", "", "boards.fly_away/1"),
        ("of no known version", "schema_invalid", "", "boards.rename_board/99"),
        ("of another topic", "schema_invalid", "", "boards.draw"),
        ("under a wrong key", "schema_invalid", "/board_id", "key"),
        ("under no key", "schema_invalid", "/board_id", "key"),
        ("without headers", "malformed", "ce_specversion", "ce_specversion"),
        ("without an id", "malformed", "ce_id", "ce_id"),
        ("with a header that is no text", "malformed", "ce_id", "UTF-8"),
    ):
        letter = found[why]
        assert (letter["code"], letter["path"]) == (code, path), why
        assert words in letter["reason"], why
        assert (letter["topic"], letter["consumer"]) == (TOPIC, manifest.name), why
        assert letter["generation"]
    assert found["not JSON"]["value"] == b"{nope"
    assert found["not JSON"]["key"] == board.encode()
    assert found["not JSON"]["headers"]["ce_type"] == b"boards.rename_board"


async def test_retry_waits_in_place_and_keeps_the_order(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine, attempts=2)
    tries, said = 0, ""

    async def not_yet(message: Message) -> None:
        nonlocal tries, said
        if message.data["title"] == "two" and tries < 7:
            said = consumer.health.not_ready().get(manifest.name, "")
            tries += 1
            raise Retry("the store is down")

    async with stage.running(engine, manifest, not_yet) as consumer:
        placed = await stage.say("one", "two", "three")

        await until(lambda: stage.passed(manifest.name, placed[-1]))
        ready_again = not consumer.health.not_ready()

    assert tries == 7, "Retry does not use up attempts"
    if engine.name in ("each", "batch"):
        assert (said, ready_again) == ("waits: the store is down", True)
    effects = [title for number, title in enumerate(consumer.handled) if title not in consumer.handled[:number]]
    assert effects == ["one", "two", "three"]
    assert await stage.dead(manifest.name) == []


async def test_a_bug_is_tried_a_bounded_number_of_times_and_then_buried(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine, attempts=3)
    tries = 0

    async def broken(message: Message) -> None:
        nonlocal tries
        if message.data["title"] == "bad":
            tries += 1
            raise Bug("index out of range")

    async with stage.running(engine, manifest, broken) as consumer:
        placed = await stage.say("one", "bad", "three")

        await until(lambda: stage.passed(manifest.name, placed[-1]))

    assert set(consumer.handled) == {"one", "three"}
    assert 3 <= tries <= 6, "three alone, and at most one in each bigger batch"
    (letter,) = await stage.dead(manifest.name)
    assert (letter["code"], letter["reason"]) == ("internal", "Bug: index out of range")
    assert int(letter["offset"]) == placed[1].offset


async def test_a_bug_that_passes_leaves_no_dead_letter(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine, attempts=3)
    tries = 0

    async def shaky(message: Message) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise Bug("once in a blue moon")

    async with stage.running(engine, manifest, shaky) as consumer:
        placed = await stage.say("one")

        await until(lambda: stage.passed(manifest.name, placed[-1]))

    assert consumer.handled == ["one"]
    assert await stage.dead(manifest.name) == []


async def test_what_is_rejected_is_buried_with_code_reason_and_path(stage: Stage, engine: Engine) -> None:
    if engine.name == "decide":
        pytest.skip("what a decider rejects is an answer, and no dead letter: its own tests do this")
    manifest = await stage.manifest(engine)

    async def refuse(message: Message) -> None:
        if message.data["title"] == "bad":
            raise Reject("conflict", "there is such a title", (Problem("/title", "is taken"),))

    async with stage.running(engine, manifest, refuse) as consumer:
        placed = await stage.say("one", "bad", "three")

        await until(lambda: stage.passed(manifest.name, placed[-1]))

    assert set(consumer.handled) == {"one", "three"}
    (letter,) = await stage.dead(manifest.name)
    assert (letter["code"], letter["reason"], letter["path"]) == ("conflict", "there is such a title", "/title")


async def test_halt_stops_only_the_consumer_that_raised_it(stage: Stage, engine: Engine) -> None:
    first, second = await stage.manifest(engine), await stage.manifest(engine)

    async def halt(message: Message) -> None:
        if message.data["title"] == "two":
            raise Halt("the disk is full")

    async with stage.running(engine, first, halt) as halting, stage.running(engine, second) as neighbour:
        placed = await stage.say("one", "two", "three")

        await until(lambda: halting.halted is not None)
        await until(lambda: neighbour.handled == ["one", "two", "three"])

    assert halting.halted == "the disk is full"
    assert "three" not in halting.handled
    assert not await stage.passed(first.name, placed[1])
    assert await stage.passed(second.name, placed[2])
    assert await stage.dead(first.name) == []


async def test_past_the_limit_of_dead_letters_it_stops_unmoved_and_goes_on_once_repaired(
    stage: Stage, engine: Engine
) -> None:
    manifest = await stage.manifest(engine, attempts=1, dead_letter_limit={"consecutive": 3})

    async def bad_deploy(message: Message) -> None:
        raise Bug("every message fails")

    titles = [f"title {number}" for number in range(10)]
    async with stage.running(engine, manifest, bad_deploy) as broken:
        placed = await stage.say(*titles)
        await until(lambda: broken.halted is not None)
    letters = await stage.dead(manifest.name)
    assert len(letters) <= 3
    assert "3 dead letters in a row" in str(broken.halted)
    assert not await stage.passed(manifest.name, placed[3]), "the record past the limit is still to be read"

    async with stage.running(engine, manifest) as repaired:
        await until(lambda: stage.passed(manifest.name, placed[-1]))

    buried = {int(each["offset"]) for each in letters}
    done = [title for title, place in zip(titles, placed, strict=True) if place.offset not in buried]
    assert [title for title in repaired.handled if title in done] == done, "nothing but dead letters is missing"


async def test_dead_letters_between_good_ones_stop_it_by_their_ratio(stage: Stage, engine: Engine) -> None:
    if engine.name == "decide":
        pytest.skip("what a decider rejects is an answer, and no dead letter: its own tests do this")
    limit = {"consecutive": 100, "ratio": 0.4, "window": 10}
    manifest = await stage.manifest(engine, attempts=1, dead_letter_limit=limit)

    async def every_other(message: Message) -> None:
        if message.data["title"].endswith("bad"):
            raise Reject("schema_invalid", "a bad one")

    async with stage.running(engine, manifest, every_other) as consumer:
        placed = await stage.say(*(f"{number} {'bad' if number % 2 else 'good'}" for number in range(30)))
        await until(lambda: consumer.halted is not None)

    assert "of the last 10 records are dead letters" in str(consumer.halted)
    assert not await stage.passed(manifest.name, placed[-1])


async def test_scattered_junk_is_no_reason_to_stop(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine, dead_letter_limit={"consecutive": 2, "ratio": 0.6, "window": 10})
    async with stage.running(engine, manifest) as consumer:
        for number in range(8):
            await stage.send(b"{nope")
            placed = await stage.say(f"good {number}")

        await until(lambda: stage.passed(manifest.name, placed[0]))

    assert consumer.handled == [f"good {number}" for number in range(8)]
    assert len(await stage.dead(manifest.name)) == 8


async def test_a_position_of_another_generation_halts_it(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine)
    places = {each: (end, new_id()) for each, end in (await ends(stage.settings, TOPIC)).items()}
    if engine.name == "decide":
        pytest.skip("its checkpoint is in PostgreSQL; its own tests do this")
    await stand(stage.settings, manifest.name, places)

    async with stage.running(engine, manifest, ready=False) as consumer:
        await until(lambda: consumer.halted is not None)

    assert "made anew" in str(consumer.halted)
    assert consumer.handled == []


async def test_stopping_finishes_what_is_in_work_commits_it_and_takes_no_more(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(message: Message) -> None:
        begun.set()
        await go_on.wait()

    async with stage.running(engine, manifest, slow) as consumer:
        placed = await stage.say("one")
        await begun.wait()
        consumer.stopping.set()
        await asyncio.sleep(0)
        later = await stage.say("later")
        go_on.set()
        await asyncio.wait_for(consumer.task, LIMIT_SECONDS)

    assert consumer.handled == ["one"]
    assert await stage.passed(manifest.name, placed[0])
    assert not await stage.passed(manifest.name, later[0])


async def test_stopping_gives_up_a_retry_and_leaves_the_record_for_later(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine)
    tried = asyncio.Event()

    async def down(message: Message) -> None:
        tried.set()
        raise Retry("the store is down", after=3600)

    async with stage.running(
        engine,
        manifest.model_copy(update={"on_failure": manifest.on_failure.model_copy(update={"backoff_max": 3600.0})}),
        down,
    ) as consumer:
        placed = await stage.say("one")
        await tried.wait()
        consumer.stopping.set()
        await asyncio.wait_for(consumer.task, LIMIT_SECONDS)
    assert not await stage.passed(manifest.name, placed[0])

    async with stage.running(engine, manifest) as again:
        await until(lambda: again.handled == ["one"])


async def test_partitions_move_to_a_second_replica_without_losing_or_reordering(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine)
    boards = [new_id() for _ in range(8)]
    seen: dict[str, list[str]] = {board: [] for board in boards}

    async def note(message: Message) -> None:
        await asyncio.sleep(0)
        seen[message.data["board_id"]].append(message.data["title"])

    async def talk(first: int, last: int) -> None:
        for number in range(first, last):
            for board in boards:
                await stage.say(str(number), board_id=board)

    async with stage.running(engine, manifest, note):
        await talk(0, 5)
        async with stage.running(engine, manifest, note, replica="1"):
            await talk(5, 15)
            last = {(placed.partition): placed for board in boards for placed in await stage.say("15", board_id=board)}
            for placed in last.values():
                await until(lambda placed=placed: stage.passed(manifest.name, placed))

    for titles in seen.values():
        first_time = [title for number, title in enumerate(titles) if title not in titles[:number]]
        assert first_time == [str(number) for number in range(16)]
    assert set(await standing(stage.settings, manifest.name)) <= {TopicPartition(TOPIC, number) for number in range(3)}
