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


async def test_two_tabs_of_one_person_draw_offline_and_one_of_them_dies(visit: Visits) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Twins")
    second = Visitor(anna.context, await anna.context.new_page(), anna.base_url, token=anna.token)
    await second.open(f"/b/{board_id}")
    await second.ready()
    await take_the_network(anna, second)
    for tab, tool, left in ((anna, "rectangle", 400), (second, "ellipse", 600)):
        await tab.page.bring_to_front()
        await tab.tool(tool)
        await tab.drag((left, 300), (left + 120, 380))
        await expect(tab.page.locator("[data-status=offline]")).to_contain_text("1")

    # One dies without a word, the other stays; a third takes over what the dead one left.
    await anna.page.close(run_before_unload=False)
    await anna.context.set_offline(False)
    await second.saved()
    anna.page = await anna.context.new_page()
    await anna.open(f"/b/{board_id}")
    await anna.ready()
    await anna.saved()

    await until(second.count, lambda count: count == 2)
    elements = await show_the_same(board_id, anna, second)
    assert sorted(element["type"] for element in elements) == ["ellipse", "rectangle"]
    forgive_the_network(anna)
