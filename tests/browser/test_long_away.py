"""Pages that were away for long, asleep, or whose clock was wrong: nothing is lost on either side, and nothing waits."""

from datetime import UTC, datetime, timedelta

from tests.browser.conftest import Visits
from tests.browser.visitor import CANVAS, show_the_same, until


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
