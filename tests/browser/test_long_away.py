"""Pages that were away for long, asleep, or whose clock was wrong: nothing is lost on either side, and nothing waits."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect
from redis.asyncio import Redis

from tests.browser.conftest import Visits
from tests.browser.test_connection import forgive_the_network, take_the_network
from tests.browser.visitor import CANVAS, Visitor, show_the_same, until
from topics.rooms import keys

WEEK_MS = 7 * 24 * 3600 * 1000


async def remove(visitor: Visitor, *, at: tuple[float, float]) -> None:
    """Take a shape by its outline and delete it."""
    before = await visitor.count()
    await visitor.tool("selection")
    await visitor.page.mouse.click(*at)
    await visitor.page.keyboard.press("Delete")
    await until(visitor.count, lambda count: count == before - 1)


async def forget_the_room(redis_url: str, board_id: str) -> None:
    """What is known of a room ends a day after the last who was in it left: no cursor of it means anything then."""
    room = f"board:{board_id}"
    async with Redis.from_url(redis_url) as redis:
        assert await redis.delete(keys.state(room), keys.window(room), keys.members(room)) > 1


@pytest.mark.skipif("DOSKA_TEST_URL" in os.environ, reason="takes a room out of the product's Redis")
async def test_after_a_week_away_both_sides_hold_all_that_was_done(
    visit: Visits, request: pytest.FixtureRequest
) -> None:
    anna, boris = await visit(), await visit()
    await boris.page.clock.install()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Holidays")
    await boris.come_by(await anna.make_link("editor"), "Boris")
    await anna.draw("rectangle", (300, 300), (400, 380))
    await anna.draw("ellipse", (500, 300), (600, 380))
    await show_the_same(board_id, anna, boris)

    # Boris draws one, takes one away and does not know that Anna takes the other away.
    await take_the_network(boris)
    await boris.tool("diamond")
    await boris.drag((700, 300), (800, 380))
    await remove(boris, at=(500, 340))
    await expect(boris.page.locator("[data-status=offline]")).to_contain_text("2")
    await remove(anna, at=(300, 340))
    await anna.draw("rectangle", (300, 500), (400, 580))
    await anna.saved()
    await forget_the_room(request.getfixturevalue("prepared_environment")["DOSKA_REDIS_URL"], board_id)
    await boris.page.clock.fast_forward(WEEK_MS)
    await expect(boris.page.locator("[data-status=offline]")).to_contain_text("2")
    assert await boris.count() == 2
    await boris.context.set_offline(False)

    await boris.saved()
    await until(anna.count, lambda count: count == 2)
    held = await show_the_same(board_id, anna, boris)
    assert sorted(element["type"] for element in held) == ["diamond", "rectangle"]
    await boris.draw("ellipse", (700, 500), (800, 580))
    await until(anna.count, lambda count: count == 3)
    await show_the_same(board_id, anna, boris)
    forgive_the_network(boris)


async def test_a_page_that_sleeps_and_a_clock_that_is_put_back_hold_nothing_up(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    await anna.page.clock.install()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Winter time")
    await boris.come_by(await anna.make_link("editor"), "Boris")
    await anna.draw("rectangle", (300, 300), (400, 380))

    await anna.page.clock.set_system_time(datetime.now(UTC) - timedelta(hours=1))
    await anna.draw("ellipse", (500, 300), (600, 380))
    await until(boris.count, lambda count: count == 2)

    # The browser stops the page in the middle of a stroke, as under a closed lid.
    life = await anna.context.new_cdp_session(anna.page)
    await anna.tool("freedraw")
    await anna.page.mouse.move(700, 300)
    await anna.page.mouse.down()
    await anna.page.mouse.move(800, 380, steps=10)
    await life.send("Page.setWebLifecycleState", {"state": "frozen"})
    await boris.draw("diamond", (300, 500), (400, 580))
    await life.send("Page.setWebLifecycleState", {"state": "active"})
    await anna.page.clock.fast_forward("09:00:00")
    await anna.page.mouse.up()

    await until(anna.count, lambda count: count == 4)
    await anna.saved()
    await until(boris.count, lambda count: count == 4)
    await anna.page.locator(CANVAS).hover()
    held = await show_the_same(board_id, anna, boris)
    assert sorted(element["type"] for element in held) == ["diamond", "ellipse", "freedraw", "rectangle"]
