"""A long stroke drawn by mouse: others see every point, and it costs bytes by its length."""

import asyncio
import math
import os
import time

import aiohttp
import pytest
from aiokafka import AIOKafkaConsumer

from tests.browser.conftest import Visits
from tests.browser.visitor import Json, Visitor, show_the_same, until
from tests.edge.client import Api, connected
from tests.product import Product

TOPIC = "boards.ops"
# The promise for a stroke of a thousand points as a hand draws it, sixty a second: all that stands in the log for it. What
# is drawn more slowly is shown in more pieces, and a busy machine moves a mouse slowly.
MOST_BYTES, HAND_SECONDS = 150_000, 1000 / 60


async def stroke(visitor: Visitor, points: int, pause: float) -> None:
    """A spiral, a point for each frame of the screen."""
    await visitor.tool("freedraw")
    await visitor.page.mouse.move(640, 400)
    await visitor.page.mouse.down()
    for step in range(points):
        turn, reach = step / 25, 10 + step / 4
        await visitor.page.mouse.move(640 + reach * math.cos(turn), 400 + reach * math.sin(turn))
        await asyncio.sleep(pause)
    await visitor.page.mouse.up()


async def records(bootstrap: str, board_id: str) -> list[bytes]:
    """All that the log holds of a board: key, value and headers of each record."""
    found = []
    async with AIOKafkaConsumer(
        TOPIC, bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    ) as consumer:
        places = list(consumer.assignment())
        assert places
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                for record in batch:
                    if record.key == board_id.encode():
                        headers = b"".join(name.encode() + value for name, value in record.headers)
                        found.append(record.key + record.value + headers)
    return found


async def test_a_long_stroke_appears_point_for_point_also_where_only_whole_elements_are_taken(
    visit: Visits, base_url: str
) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("A spiral")
    await boris.come_by(await anna.make_link("editor"), "Boris")

    async with aiohttp.ClientSession() as http, connected(Api(base_url, http), anna.token) as plain:
        await plain.join(board_id)
        await stroke(anna, 200, 0.01)
        await anna.saved()
        await until(boris.count, lambda count: count == 1)
        [held] = await show_the_same(board_id, anna, boris)

        def shown() -> list[Json]:
            return [element for event in plain.events(board_id) for element in event["data"].get("elements", ())]

        async def newest() -> Json:
            return max(shown(), key=lambda element: int(element["version"]), default={})

        assert await until(newest, lambda element: element == held) == held
        assert {event["type"] for event in plain.events(board_id)} == {"boards.draw"}
    assert len(held["points"]) >= 150
    assert await boris_points(boris, board_id) == held["points"]


async def boris_points(boris: Visitor, board_id: str) -> list[list[float]]:
    """The points that another's browser holds: it copies the stroke, and the server tells what it drew."""
    await boris.page.keyboard.press("Escape")
    await boris.tool("selection")
    await boris.page.keyboard.press("Control+a")
    await boris.page.keyboard.press("Control+d")
    elements = await until(lambda: boris.elements(board_id), lambda found: len(found) == 2)
    return list(max(elements, key=lambda element: str(element["index"]))["points"])


@pytest.mark.skipif("DOSKA_TEST_URL" in os.environ, reason="the log of another deployment is not ours to read")
async def test_a_stroke_of_a_thousand_points_weighs_what_its_points_do(visit: Visits, product: Product) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("A thousand points")

    begun = time.monotonic()
    await stroke(anna, 1000, 1 / 60)
    slowness = max(1.0, (time.monotonic() - begun) / HAND_SECONDS)
    await anna.saved()

    [held] = await show_the_same(board_id, anna)
    found = await records(product.environment["DOSKA_KAFKA_BOOTSTRAP"], board_id)
    appends = sum(record.count(b'"type":"boards.append_points"') for record in found)
    total = sum(map(len, found))
    print(f"\n{len(held['points'])} points: {len(found)} records, {appends} appends, {total} bytes in the log")  # noqa: T201 - for people who read the log
    assert len(held["points"]) >= 900
    assert appends > 10
    assert total <= MOST_BYTES * slowness
