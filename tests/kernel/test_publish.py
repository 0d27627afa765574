"""What a publisher promises: placed, or nothing happened, or nobody knows."""

import asyncio
import contextlib

import pytest
from aiokafka.structs import TopicPartition

from compose.embedded.stack import Stack
from schemas.envelope import to_headers
from schemas.ids import new_id
from schemas.problems import DataInvalid
from tests.kernel.harness import LIMIT_SECONDS, TOPIC, Stage, envelope, until
from topics.bus.catalog import catalog
from topics.bus.clients import reader
from topics.bus.cluster import cluster
from topics.bus.generations import read_generations
from topics.bus.publish import Placed, Publisher, partition_for
from topics.errors import Reject, Unavailable, Unconfirmed
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration


async def test_a_record_is_placed_where_its_key_belongs(stage: Stage) -> None:
    partitions = (await read_generations(stage.settings))[TOPIC].partitions
    for _ in range(20):
        board = new_id()

        (placed,) = await stage.say("a title", board_id=board)

        assert placed.partition == partition_for(board.encode(), partitions)
        assert placed.timestamp_ms > 0


async def test_records_of_one_key_stand_in_the_order_they_were_sent(stage: Stage) -> None:
    board = stage.boards[0].encode()
    headers = to_headers(envelope(stage.boards[0]))

    sent = [await stage.publisher.send(TOPIC, board, stage.good(str(number)), headers) for number in range(500)]
    offsets = [(await each).offset for each in sent]

    assert offsets == sorted(offsets)
    assert len(set(offsets)) == 500


async def test_data_that_breaks_its_schema_is_not_published(stage: Stage) -> None:
    with pytest.raises(DataInvalid, match="title"):
        await stage.publisher.publish(envelope(stage.boards[0]), {"board_id": stage.boards[0], "title": ""})


async def test_a_subject_that_is_not_the_key_is_not_published(stage: Stage) -> None:
    with pytest.raises(ValueError, match="subject"):
        await stage.publisher.publish(envelope(new_id()), {"board_id": stage.boards[0], "title": "x"})


async def test_a_topic_that_does_not_exist_is_unavailable_and_is_not_made(own_settings: Settings) -> None:
    # Longer than the client asks about a topic that it does not know.
    async with Publisher(own_settings, "tests", enqueue_seconds=LIMIT_SECONDS) as publisher:
        with pytest.raises(Unavailable, match="doska topics apply"):
            await publisher.send("boards.nowhere", b"key", b"{}", [])

    async with cluster(own_settings) as kafka:
        assert await kafka.topics(["boards.nowhere"]) == {}


async def test_a_record_larger_than_its_topic_takes_is_too_large(stage: Stage) -> None:
    with pytest.raises(Reject) as refused:
        await stage.publisher.send(TOPIC, b"key", b"x" * 1024**2, [])

    assert refused.value.code == "too_large"


async def test_a_producer_whose_sequence_broke_is_replaced(own_settings: Settings, stage: Stage) -> None:
    key, headers = stage.boards[0].encode(), to_headers(envelope(stage.boards[0]))
    await stage.say("the first number")

    async def refused() -> bool:
        try:
            await (await stage.publisher.send(TOPIC, key, b"x" * 100_000, headers))
        except Reject:
            return True
        return False

    async with cluster(own_settings) as kafka:
        # The broker refuses a record that the producer has numbered already: the next number can never be right.
        await kafka.configure(TOPIC, {"max.message.bytes": "2000"})
        try:
            await until(refused)  # the broker takes a moment to learn of its setting
        finally:
            await kafka.configure(TOPIC, catalog()[TOPIC].configs(own_settings))

    await until(lambda: stage.publisher.healthy)
    placed = [await (await stage.publisher.send(TOPIC, key, stage.good(str(n)), headers)) for n in range(3)]

    assert [each.offset for each in placed] == list(range(placed[0].offset, placed[0].offset + 3))


async def test_without_a_broker_what_is_enqueued_is_unconfirmed_and_lands_once_it_is_back(
    own_settings: Settings, own_stack: Stack, stage: Stage
) -> None:
    key, headers = stage.boards[0].encode(), to_headers(envelope(stage.boards[0]))
    async with Publisher(own_settings, "tests", deadline_seconds=1.0, enqueue_seconds=1.0) as publisher:
        first = await placed_at_last(publisher, key, stage.good("first"))
        await own_stack.kill9("kafka")
        try:
            lost = await publisher.send(TOPIC, key, stage.good("unconfirmed"), headers)
            with pytest.raises(Unconfirmed):
                await lost
            assert not publisher.healthy

            with pytest.raises(Unavailable):
                await fill(publisher, key)
        finally:
            await own_stack.restart("kafka")

        await until(lambda: publisher.healthy)
        last = await placed_at_last(publisher, key, stage.good("last"))

    assert last.partition == first.partition
    values = await values_of(own_settings, first, last)
    assert stage.good("unconfirmed") in values, "the unconfirmed record is in the log after all"


async def placed_at_last(publisher: Publisher, key: bytes, value: bytes) -> Placed:
    """Send a record until it is acknowledged in time: the deadline of this publisher is short, and brokers may be slow."""
    headers = to_headers(envelope(key.decode()))
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            with contextlib.suppress(Unavailable, Unconfirmed):
                return await (await publisher.send(TOPIC, key, value, headers))


async def values_of(settings: Settings, first: Placed, last: Placed) -> list[bytes | None]:
    """What stands between two records of a partition."""
    place = TopicPartition(first.topic, first.partition)
    values: list[bytes | None] = []
    async with reader(settings, "tests") as client:
        client.assign([place])
        client.seek(place, first.offset)
        while await client.position(place) <= last.offset:
            values += [each.value for each in (await client.getmany(place, timeout_ms=200)).get(place, ())]
    return values


async def fill(publisher: Publisher, key: bytes) -> None:
    """Send until there is no room left for records of this partition."""
    while True:
        (await publisher.send(TOPIC, key, b"x" * 8000, [])).add_done_callback(asyncio.Future.exception)


async def test_a_publisher_that_cannot_connect_says_where_it_tried() -> None:
    settings = Settings(kafka_bootstrap="127.0.0.1:1")

    with pytest.raises(Unavailable, match="is not there"):
        await Publisher(settings, "tests").start()


async def test_presence_needs_no_sequence(own_settings: Settings, stage: Stage) -> None:
    async with Publisher(own_settings, "presence", acks=1, idempotent=False) as publisher:
        headers = to_headers(envelope(stage.boards[0]))

        placed = await (await publisher.send(TOPIC, stage.boards[0].encode(), stage.good("x"), headers))

    assert placed.offset >= 0


async def test_a_partition_that_is_not_there_is_rejected(stage: Stage) -> None:
    with pytest.raises(Reject, match="no partition 999"):
        await stage.publisher.send(TOPIC, b"key", b"{}", [], partition=999)


async def test_stopping_without_a_broker_gives_up_what_is_pending_and_leaves_nothing_running(
    own_settings: Settings, own_stack: Stack
) -> None:
    before = asyncio.all_tasks()
    publisher = Publisher(own_settings, "tests", enqueue_seconds=60, deadline_seconds=60)
    await publisher.start()
    await (await publisher.send(TOPIC, b"key", b"{}", []))
    await own_stack.kill9("kafka")
    try:
        pending = await publisher.send(TOPIC, b"key", b"{}", [])

        await asyncio.wait_for(publisher.stop(), 30)

        with pytest.raises(Unconfirmed):
            await pending
    finally:
        await own_stack.restart("kafka")
    left = {task for task in asyncio.all_tasks() - before if not task.done()}
    ours = [text for text in map(repr, left) if "aiokafka" in text or "publish" in text]
    # Consumers of the whole session are in this loop too, and ask the broker that came back.
    assert [text for text in ours if "aiokafka/consumer" not in text] == []
