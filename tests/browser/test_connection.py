"""A connection that comes and goes."""

import json
import random
import re
import string

from playwright.async_api import expect

from tests.browser.conftest import Visits
from tests.browser.visitor import CANVAS, Json, Visitor, show_the_same, until

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


LARGE, EACH_CHARS = 32, 200_000

# The newest edits lie in localStorage, the bulk in IndexedDB: how many characters, how many elements.
KEPT = """async () => {
    const texts = Object.entries(localStorage).filter(([key]) => key.startsWith("doska.unsaved."));
    const opened = (request) => new Promise((done, fail) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => fail(request.error);
    });
    const database = await opened(indexedDB.open("doska", 1));
    const count = await opened(database.transaction("unsaved").objectStore("unsaved").count());
    database.close();
    return [texts.reduce((sum, [, text]) => sum + text.length, 0), count];
}"""
PASTE = """(text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""


def large_drawing() -> str:
    """More than localStorage holds, as the editor copies it; what weighs is what a program noted on each element."""
    chance = random.Random(6)
    elements: list[Json] = [
        {
            "id": f"large-{number}",
            "type": "rectangle",
            "x": 40 * (number % 8),
            "y": 40 * (number // 8),
            "width": 30,
            "height": 30,
            "customData": {"noted": "".join(chance.choices(string.ascii_letters, k=EACH_CHARS))},
        }
        for number in range(LARGE)
    ]
    return json.dumps({"type": "excalidraw/clipboard", "elements": elements, "files": {}})


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


async def test_more_than_localstorage_holds_is_drawn_offline_and_outlives_the_tab(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Expedition")
    await boris.come_by(await anna.make_link("viewer"), "Boris")
    await take_the_network(anna)
    await anna.page.mouse.click(640, 400)
    await anna.page.locator(CANVAS).focus()
    await anna.page.evaluate(PASTE, large_drawing())
    offline = anna.page.locator("[data-status=offline]")
    await expect(offline).to_contain_text(f"{LARGE} changes kept")
    await until(lambda: anna.page.evaluate(KEPT), lambda kept: kept[0] < EACH_CHARS and kept[1] == LARGE)

    await anna.page.close(run_before_unload=False)
    await anna.context.set_offline(False)
    anna.page = await anna.context.new_page()
    await anna.open(f"/b/{board_id}")
    await anna.ready()
    await anna.saved()

    await until(boris.count, lambda count: count == LARGE)
    elements = await show_the_same(board_id, anna, boris)
    assert {len(element["customData"]["noted"]) for element in elements} == {EACH_CHARS}
    await until(lambda: anna.page.evaluate(KEPT), lambda kept: kept == [0, 0])
    forgive_the_network(anna)
