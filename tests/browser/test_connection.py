"""A connection that comes and goes."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Visits
from tests.browser.visitor import Visitor, show_the_same, until

NO_NETWORK = re.compile(r"ERR_INTERNET_DISCONNECTED|WebSocket connection to .* failed")


def forgive_the_network(*visitors: Visitor) -> None:
    """The browser itself complains about a network that was taken away on purpose."""
    for visitor in visitors:
        visitor.complaints[:] = [text for text in visitor.complaints if not NO_NETWORK.search(text)]


async def take_the_network(visitor: Visitor, *others: Visitor) -> None:
    """Cut the network of a browser with these tabs, and wait until each says so."""
    await visitor.context.set_offline(True)
    for tab in (visitor, *others):
        await tab.page.evaluate("window.dispatchEvent(new Event('offline'))")
        await expect(tab.page.locator("[data-status=offline]")).to_be_visible(timeout=60_000)


async def test_what_is_drawn_offline_is_kept_counted_and_sent(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Tunnel")
    await boris.come_by(await anna.make_link("editor"), "Boris")

    await take_the_network(boris)
    await boris.tool("rectangle")
    await boris.drag((400, 300), (520, 380))
    await boris.tool("ellipse")
    await boris.drag((600, 300), (720, 380))
    await expect(boris.page.locator("[data-status=offline]")).to_contain_text("2")
    await anna.draw("diamond", (400, 500), (520, 600))
    assert await anna.count() == 1

    await boris.context.set_offline(False)
    await boris.saved()
    await until(anna.count, lambda count: count == 3)
    await until(boris.count, lambda count: count == 3)
    await show_the_same(board_id, anna, boris)
    forgive_the_network(boris)


async def test_what_is_drawn_offline_outlives_the_page(visit: Visits) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Closed lid")
    await take_the_network(anna)
    await anna.tool("rectangle")
    await anna.drag((400, 300), (520, 380))
    await expect(anna.page.locator("[data-status=offline]")).to_contain_text("1")

    # The page dies without a word; the same browser comes again.
    await anna.page.close(run_before_unload=False)
    await anna.context.set_offline(False)
    anna.page = await anna.context.new_page()
    await anna.open(f"/b/{board_id}")
    await anna.ready()
    await anna.saved()

    assert [element["type"] for element in await show_the_same(board_id, anna)] == ["rectangle"]
    forgive_the_network(anna)
